using System.Text;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// Cuts the text that arrives on a script port into scripts: a <c>def</c> or <c>sec</c> up to the <c>end</c> that closes it, or else a
/// single line. A script is whole when the newline after it has come.
/// </summary>
internal sealed class ScriptFraming
{
    private const int MaxBytes = 4 << 20;
    private static readonly string[] s_openers = ["def", "sec", "thread", "while", "if"];

    private readonly StringBuilder _script = new(), _line = new();
    private int _depth;

    /// <summary>Takes in some text; each whole script goes to <paramref name="found"/>. False when a script grows beyond 4 MB.</summary>
    public bool Add(ReadOnlySpan<byte> text, Action<string> found)
    {
        foreach (byte b in text)
        {
            _line.Append((char)b);
            if (b == '\n')
                EndLine(found);
        }
        return _script.Length + _line.Length <= MaxBytes;
    }

    /// <summary>The client has gone: what is left, whole or not, is its last script.</summary>
    public void End(Action<string> found)
    {
        if (_line.Length > 0)
            EndLine(found);
        if (_script.Length > 0)
            Finish(found);
    }

    private void EndLine(Action<string> found)
    {
        string line = _line.ToString();
        _line.Clear();
        string word = FirstWord(line);
        if (_script.Length == 0 && word.Length == 0)
            return; // blank lines and comments in front
        _script.Append(line);
        if (Array.IndexOf(s_openers, word) >= 0)
            _depth++;
        else if (word == "end")
            _depth--;
        if (_depth <= 0)
            Finish(found);
    }

    private void Finish(Action<string> found)
    {
        string script = _script.ToString();
        _script.Clear();
        _depth = 0;
        found(script);
    }

    private static string FirstWord(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().TrimStart();
        int length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_'))
            length++;
        return length == 0 && (text.IsEmpty || text[0] == '#') ? "" : length == 0 ? "?" : text[..length].ToString();
    }
}
