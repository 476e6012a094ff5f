namespace RobotWorldModel.Simulation.UrScript;

internal abstract record Expression(Token At);

internal sealed record Literal(Token At, Value Value) : Expression(At);

internal sealed record Variable(Token At) : Expression(At);

internal sealed record ListLiteral(Token At, IReadOnlyList<Expression> Items, bool IsPose) : Expression(At);

/// <summary>One index, or two for a matrix.</summary>
internal sealed record IndexOf(Token At, Expression Of, IReadOnlyList<Expression> Indices) : Expression(At);

/// <summary><c>name.member</c>; <see cref="Expression.At"/> is the member.</summary>
internal sealed record MemberOf(Token At, Expression Of) : Expression(At);

internal sealed record Unary(Token At, Expression Operand) : Expression(At);

internal sealed record Binary(Token At, Expression Left, Expression Right) : Expression(At);

/// <param name="Keyword">Null for an argument by position.</param>
internal readonly record struct Argument(Token? Keyword, Expression Value);

internal sealed record Call(Token At, IReadOnlyList<Argument> Arguments) : Expression(At);

/// <summary><c>run name()</c>; <see cref="Expression.At"/> is the thread's name.</summary>
internal sealed record RunThread(Token At) : Expression(At);

internal abstract record Statement(Token At);

internal enum Scope { Free, Local, Global }

internal sealed record Assign(Token At, Scope Scope, Expression Value) : Statement(At);

/// <summary><see cref="Statement.At"/> is the variable.</summary>
internal sealed record AssignIndex(Token At, IReadOnlyList<Expression> Indices, Expression Value) : Statement(At);

/// <summary><c>name.member = value</c>; <see cref="Statement.At"/> is the variable.</summary>
internal sealed record AssignMember(Token At, Token Member, Expression Value) : Statement(At);

internal sealed record Evaluate(Token At, Expression Value) : Statement(At);

internal sealed record If(
    Token At, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else)
    : Statement(At);

internal sealed record While(Token At, Expression Condition, IReadOnlyList<Statement> Body) : Statement(At);

internal sealed record Return(Token At, Expression? Value) : Statement(At);

/// <summary>A keyword that stands alone: break, continue, halt, enter_critical, exit_critical, pass.</summary>
internal sealed record Simple(Token At) : Statement(At);

/// <summary>join or kill.</summary>
internal sealed record ThreadControl(Token At, Expression Thread) : Statement(At);

internal sealed record Parameter(Token At, Expression? Default);

internal enum FunctionKind { Program, Secondary, Function, Thread }

internal sealed record Function(Token At, FunctionKind Kind, IReadOnlyList<Parameter> Parameters, IReadOnlyList<Statement> Body)
    : Statement(At);
