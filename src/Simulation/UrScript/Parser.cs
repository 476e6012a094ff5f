namespace RobotWorldModel.Simulation.UrScript;

/// <summary>Recursive descent over the tokens of one script: <c>def</c> or <c>sec</c> with its <c>end</c>, or bare lines.</summary>
internal sealed class Parser
{
    private readonly string[] _lines;
    private readonly List<Token> _tokens;
    private int _at;

    private Parser(string text)
    {
        _lines = Lexer.SplitLines(text);
        _tokens = Lexer.Read(text);
    }

    private Token Next => _tokens[_at];

    /// <summary>The program; bare lines become the body of one without a name.</summary>
    /// <exception cref="ScriptCompileException">Not the language; line, column and text as the controller reports them.</exception>
    public static Function Parse(string text)
    {
        var parser = new Parser(text);
        Function program = parser.ParseProgram();
        return parser.Next.Kind == TokenKind.EndOfText ? program : throw parser.Unexpected();
    }

    private Function ParseProgram()
    {
        SkipNewlines();
        if (Next.Is("def"))
            return ParseFunction(FunctionKind.Program);
        if (Next.Is("sec"))
            return ParseFunction(FunctionKind.Secondary);
        Token start = Next;
        return new(start with { Text = "unnamed" }, FunctionKind.Program, [], ParseBlock());
    }

    private Function ParseFunction(FunctionKind kind)
    {
        _at++; // def, sec or thread
        Token name = Expect(TokenKind.Name);
        Expect("(");
        var parameters = new List<Parameter>();
        while (!Next.Is(")"))
        {
            Token parameter = Expect(TokenKind.Name);
            parameters.Add(new(parameter, Accept("=") ? ParseExpression() : null));
            if (!Next.Is(")"))
                Expect(",");
        }
        if (kind != FunctionKind.Function && parameters.Count > 0)
            throw SyntaxError(parameters[0].At); // programs and threads take none
        Expect(")");
        Expect(":");
        Expect(TokenKind.Newline);
        IReadOnlyList<Statement> body = ParseBlock();
        Expect("end");
        EndStatement();
        return new(name, kind, parameters, body);
    }

    // Up to end, elif, else or the end of the text, which the caller looks at.
    private List<Statement> ParseBlock()
    {
        var body = new List<Statement>();
        for (SkipNewlines(); !(Next.Is("end") || Next.Is("elif") || Next.Is("else") || Next.Kind == TokenKind.EndOfText); SkipNewlines())
            body.Add(ParseStatement());
        return body;
    }

    private Statement ParseStatement()
    {
        Token at = Next;
        if (at.Kind != TokenKind.Keyword)
            return ParseAssignmentOrCall(Scope.Free);
        switch (at.Text)
        {
            case "def":
                return ParseFunction(FunctionKind.Function);
            case "thread":
                return ParseFunction(FunctionKind.Thread);
            case "if":
                return ParseIf();
            case "while":
                _at++;
                Expression condition = ParseCondition();
                var loop = new While(at, condition, ParseBlock());
                Expect("end");
                EndStatement();
                return loop;
            case "local" or "global":
                _at++;
                return Next.Kind == TokenKind.Name && _tokens[_at + 1].Is("=")
                    ? ParseAssignmentOrCall(at.Text == "local" ? Scope.Local : Scope.Global)
                    : throw Unexpected();
            case "run":
                return ParseAssignmentOrCall(Scope.Free);
        }
        _at++;
        Statement statement = at.Text switch
        {
            "break" or "continue" or "halt" or "enter_critical" or "exit_critical" or "pass" => new Simple(at),
            "return" => new Return(at, Next.Kind == TokenKind.Newline ? null : ParseExpression()),
            "join" or "kill" => new ThreadControl(at, ParseExpression()),
            _ => throw SyntaxError(at),
        };
        EndStatement();
        return statement;
    }

    private If ParseIf()
    {
        Token at = Next;
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        IReadOnlyList<Statement> otherwise = [];
        do
        {
            _at++; // if or elif
            Expression condition = ParseCondition();
            branches.Add((condition, ParseBlock()));
        }
        while (Next.Is("elif"));
        if (Accept("else"))
        {
            Expect(":");
            Expect(TokenKind.Newline);
            otherwise = ParseBlock();
        }
        Expect("end");
        EndStatement();
        return new(at, branches, otherwise);
    }

    private Expression ParseCondition()
    {
        Expression condition = ParseExpression();
        Expect(":");
        Expect(TokenKind.Newline);
        return condition;
    }

    private Statement ParseAssignmentOrCall(Scope scope)
    {
        Token at = Next.Kind == TokenKind.PoseOpen ? Next with { Kind = TokenKind.Name, Text = "p" } : Next; // p[0] = …
        Expression target = ParseExpression();
        Statement statement;
        if (Accept("="))
        {
            Expression value = ParseExpression();
            statement = target switch
            {
                Variable => new Assign(at, scope, value),
                IndexOf { Of: Variable } index => new AssignIndex(at, index.Indices, value),
                MemberOf { Of: Variable } member => new AssignMember(at, member.At, value),
                IndexOf { Of: IndexOf { Of: Variable, Indices.Count: 1 } row, Indices.Count: 1 } column =>
                    new AssignIndex(at, [row.Indices[0], column.Indices[0]], value),
                _ => throw SyntaxError(at),
            };
        }
        else
        {
            statement = target is Call or RunThread ? new Evaluate(at, target) : throw Unexpected();
        }
        EndStatement();
        return statement;
    }

    private Expression ParseExpression() => ParseBinary(0);

    private static readonly string[][] s_precedence =
        [["or"], ["xor"], ["and"], ["not"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]];

    private Expression ParseBinary(int level)
    {
        if (level == s_precedence.Length)
            return ParseUnary();
        if (s_precedence[level][0] == "not")
            return ParseNot(level);
        Expression left = ParseBinary(level + 1);
        while (Next.Kind is TokenKind.Symbol or TokenKind.Keyword && s_precedence[level].Contains(Next.Text))
        {
            Token op = Next;
            _at++;
            left = new Binary(op, left, ParseBinary(level + 1));
        }
        return left;
    }

    private Expression ParseNot(int level)
    {
        Token at = Next;
        return Accept("not") ? new Unary(at, ParseNot(level)) : ParseBinary(level + 1);
    }

    private Expression ParseUnary()
    {
        Token at = Next;
        if (Accept("+"))
            return ParseUnary();
        if (!Accept("-"))
            return ParsePostfix();
        Expression operand = ParseUnary();
        return operand is Literal { Value.IsNumber: true } number ? new Literal(at, number.Value.Negated) : new Unary(at, operand);
    }

    private Expression ParsePostfix()
    {
        Expression value = ParsePrimary();
        while (Next.Is("[") || Next.Is("."))
        {
            Token at = Next;
            _at++;
            if (at.Text == ".")
            {
                value = new MemberOf(Expect(TokenKind.Name), value);
                continue;
            }
            List<Expression> indices = ParseList("]");
            value = indices.Count is 1 or 2 ? new IndexOf(at, value, indices) : throw SyntaxError(at);
        }
        return value;
    }

    private Expression ParsePrimary()
    {
        Token at = Next;
        _at++;
        switch (at.Kind)
        {
            case TokenKind.Int:
                return new Literal(at, Value.Int((int)at.Number));
            case TokenKind.Float:
                return new Literal(at, Value.Float(at.Number));
            case TokenKind.String:
                return new Literal(at, Value.String(at.Text));
            case TokenKind.Name:
                return Next.Is("(") ? new Call(at, ParseArguments()) : new Variable(at);
            case TokenKind.PoseOpen:
                // p is a name like any other: with one item or two between the brackets it is a variable and its index.
                List<Expression> items = ParseList("]");
                return items.Count switch
                {
                    6 => new ListLiteral(at, items, true),
                    1 or 2 => new IndexOf(at, new Variable(at with { Kind = TokenKind.Name, Text = "p" }), items),
                    _ => throw SyntaxError(at),
                };
            case TokenKind.Symbol when at.Text == "[":
                return new ListLiteral(at, ParseList("]"), false);
            case TokenKind.Symbol when at.Text == "(":
                Expression inner = ParseExpression();
                Expect(")");
                return inner;
            case TokenKind.Keyword when at.Text is "True" or "False":
                return new Literal(at, Value.Bool(at.Text == "True"));
            case TokenKind.Keyword when at.Text == "run":
                Token thread = Expect(TokenKind.Name);
                Expect("(");
                Expect(")");
                return new RunThread(thread);
            default:
                throw SyntaxError(at);
        }
    }

    private List<Expression> ParseList(string close)
    {
        var items = new List<Expression>();
        while (!Next.Is(close))
        {
            items.Add(ParseExpression());
            if (!Next.Is(close))
                Expect(",");
        }
        _at++;
        return items;
    }

    private List<Argument> ParseArguments()
    {
        Expect("(");
        var arguments = new List<Argument>();
        while (!Next.Is(")"))
        {
            bool byKeyword = Next.Kind == TokenKind.Name && _tokens[_at + 1].Is("=");
            if (!byKeyword && arguments.Count > 0 && arguments[^1].Keyword != null)
                throw Unexpected(); // a position after a keyword
            Token? keyword = byKeyword ? Next : null;
            _at += byKeyword ? 2 : 0;
            arguments.Add(new(keyword, ParseExpression()));
            if (!Next.Is(")"))
                Expect(",");
        }
        _at++;
        return arguments;
    }

    private void SkipNewlines()
    {
        while (Next.Kind == TokenKind.Newline)
            _at++;
    }

    private void EndStatement()
    {
        if (Next.Kind == TokenKind.EndOfText)
            return;
        Expect(TokenKind.Newline);
    }

    private bool Accept(string text)
    {
        bool found = Next.Is(text);
        _at += found ? 1 : 0;
        return found;
    }

    private void Expect(string text)
    {
        if (!Accept(text))
            throw Unexpected();
    }

    private Token Expect(TokenKind kind)
    {
        Token token = Next;
        if (token.Kind != kind)
            throw Unexpected();
        _at++;
        return token;
    }

    private ScriptCompileException Unexpected() => SyntaxError(Next);

    private ScriptCompileException SyntaxError(Token at) => Lexer.SyntaxError(_lines, at.Line, at.Column);
}
