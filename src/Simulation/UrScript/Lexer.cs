using System.Globalization;

namespace RobotWorldModel.Simulation.UrScript;

internal enum TokenKind { Name, Keyword, Int, Float, String, Symbol, PoseOpen, Newline, EndOfText }

/// <param name="Text">As written; without quotes for a string.</param>
/// <param name="Number">Of <see cref="TokenKind.Int"/> and <see cref="TokenKind.Float"/>.</param>
internal readonly record struct Token(TokenKind Kind, string Text, double Number, int Line, int Column)
{
    public bool Is(string symbolOrKeyword) => Kind is TokenKind.Symbol or TokenKind.Keyword && Text == symbolOrKeyword;
}

/// <summary>
/// Splits URScript text into tokens. A newline ends a statement, except inside brackets and after an operator that needs another
/// operand; <c>#</c> starts a comment; lines that start with <c>$</c> are PolyScope's program labels and carry no code.
/// </summary>
internal sealed class Lexer
{
    private static readonly HashSet<string> s_keywords =
    [
        "def", "end", "thread", "sec", "while", "if", "elif", "else", "break", "continue", "return", "halt", "local", "global", "run",
        "join", "kill", "True", "False", "and", "or", "not", "xor", "enter_critical", "exit_critical", "pass",
    ];

    private static readonly string[] s_symbols =
        ["==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ":", "."];

    private static readonly HashSet<string> s_goOn =
        ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "and", "or", "xor", "not"];

    private readonly string[] _lines;
    private readonly List<Token> _tokens = [];
    private int _line, _at, _brackets;

    private Lexer(string text) => _lines = SplitLines(text);

    public static string[] SplitLines(string text) => text.ReplaceLineEndings("\n").Split('\n');

    /// <exception cref="ScriptCompileException">A character that the language does not have, or a string without an end.</exception>
    public static List<Token> Read(string text)
    {
        var lexer = new Lexer(text);
        for (; lexer._line < lexer._lines.Length; lexer._line++)
            lexer.ReadLine();
        lexer.Add(TokenKind.EndOfText, "", 0, lexer._lines.Length - 1, lexer._lines[^1].Length);
        return lexer._tokens;
    }

    private void ReadLine()
    {
        string line = _lines[_line];
        if (line.TrimStart().StartsWith('$'))
            return;
        for (_at = 0; _at < line.Length && line[_at] != '#';)
        {
            char c = line[_at];
            if (char.IsWhiteSpace(c))
                _at++;
            else if (char.IsAsciiLetter(c) || c == '_')
                ReadName(line);
            else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < line.Length && char.IsAsciiDigit(line[_at + 1])))
                ReadNumber(line);
            else if (c == '"')
                ReadString(line);
            else
                ReadSymbol(line);
        }
        if (_brackets == 0 && _tokens.Count > 0 && _tokens[^1].Kind != TokenKind.Newline && !GoesOn(_tokens[^1]))
            Add(TokenKind.Newline, "", 0, _line, line.Length);
    }

    private static bool GoesOn(in Token last) => last.Kind is TokenKind.Symbol or TokenKind.Keyword && s_goOn.Contains(last.Text);

    private void ReadName(string line)
    {
        int start = _at;
        while (_at < line.Length && (char.IsAsciiLetterOrDigit(line[_at]) || line[_at] == '_'))
            _at++;
        string name = line[start.._at];
        if (name == "p" && _at < line.Length && line[_at] == '[')
        {
            _at++;
            _brackets++;
            Add(TokenKind.PoseOpen, "p[", 0, _line, start);
        }
        else
        {
            Add(s_keywords.Contains(name) ? TokenKind.Keyword : TokenKind.Name, name, 0, _line, start);
        }
    }

    private void ReadNumber(string line)
    {
        int start = _at;
        bool isFloat = false;
        while (_at < line.Length && (char.IsAsciiDigit(line[_at]) || line[_at] == '.'))
            isFloat |= line[_at++] == '.';
        if (_at < line.Length && line[_at] is 'e' or 'E')
        {
            isFloat = true;
            _at++;
            if (_at < line.Length && line[_at] is '+' or '-')
                _at++;
            while (_at < line.Length && char.IsAsciiDigit(line[_at]))
                _at++;
        }
        string text = line[start.._at];
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            throw SyntaxError(_line, start);
        Add(isFloat || Math.Abs(value) > int.MaxValue ? TokenKind.Float : TokenKind.Int, text, value, _line, start);
    }

    private void ReadString(string line)
    {
        int close = line.IndexOf('"', _at + 1);
        if (close < 0)
            throw SyntaxError(_line, _at);
        Add(TokenKind.String, line[(_at + 1)..close], 0, _line, _at);
        _at = close + 1;
    }

    private void ReadSymbol(string line)
    {
        foreach (string symbol in s_symbols)
        {
            if (string.CompareOrdinal(line, _at, symbol, 0, symbol.Length) != 0)
                continue;
            _brackets += symbol is "(" or "[" ? 1 : symbol is ")" or "]" ? -1 : 0;
            Add(TokenKind.Symbol, symbol, 0, _line, _at);
            _at += symbol.Length;
            return;
        }
        throw SyntaxError(_line, _at);
    }

    private void Add(TokenKind kind, string text, double number, int line, int column) =>
        _tokens.Add(new(kind, text, number, line + 1, column + 1));

    private ScriptCompileException SyntaxError(int line, int column) => SyntaxError(_lines, line + 1, column + 1);

    /// <summary>As the controller words it: the line's number and the line.</summary>
    public static ScriptCompileException SyntaxError(string[] lines, int line, int column) =>
        new($"syntax_error_on_line:{line}:{lines[Math.Min(line, lines.Length) - 1]}:", line, column);
}
