namespace RobotWorldModel.Simulation.UrScript;

/// <summary>A script that the controller refuses to run; the message is the text that goes on the wire.</summary>
/// <param name="line">1 is the line of <c>def</c>.</param>
/// <param name="column">1 is the first letter of the line.</param>
public sealed class ScriptCompileException(string message, int line, int column) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    internal static ScriptCompileException NameNotFound(string name, Token at) =>
        new($"compile_error_name_not_found:{name}:", at.Line, at.Column);
}

/// <summary>What ends a running program: a type error, an index out of range, a division by zero.</summary>
public sealed class ScriptFaultException(string message) : Exception(message)
{
    public int Line { get; internal set; }

    public int Column { get; internal set; }
}
