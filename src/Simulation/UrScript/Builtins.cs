namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// What a built-in does. It may make its thread wait (<see cref="ScriptThread.WaitCycles"/>); its value is there when the thread goes on.
/// </summary>
/// <exception cref="ScriptFaultException">Ends the program.</exception>
public delegate Value BuiltinFunction(ScriptThread thread, ReadOnlySpan<Value> arguments);

/// <summary>A function that the language brings along.</summary>
/// <param name="Parameters">In order.</param>
/// <param name="Defaults">One for each parameter; null where it must be given.</param>
internal sealed record Builtin(string Name, IReadOnlyList<string> Parameters, IReadOnlyList<Value?> Defaults, BuiltinFunction Function);

/// <summary>The functions that a script may call. Filled once, then only read.</summary>
public sealed class BuiltinLibrary
{
    private readonly Dictionary<string, Builtin> _builtins = [];

    internal Builtin? Find(string name) => _builtins.GetValueOrDefault(name);

    /// <param name="signature"><c>name(a, b=0.5, c=True)</c>; a parameter without a value must be given; <c>x=None</c> may be left
    /// out.</param>
    public void Add(string signature, BuiltinFunction function)
    {
        int open = signature.IndexOf('(');
        string name = signature[..open];
        var names = new List<string>();
        var defaults = new List<Value?>();
        foreach (string parameter in signature[(open + 1)..^1].Split(
                ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = parameter.Split('=');
            names.Add(parts[0]);
            defaults.Add(parts.Length == 1 ? null : ParseDefault(parts[1]));
        }
        _builtins.Add(name, new(name, names, defaults, function));
    }

    private static Value ParseDefault(string text) => text switch
    {
        "None" => Value.None,
        "True" or "False" => Value.Bool(text == "True"),
        _ when text.StartsWith('\'') => Value.String(text.Trim('\'')),
        _ when int.TryParse(text, out int i) => Value.Int(i),
        _ => Value.Float(double.Parse(text)),
    };
}
