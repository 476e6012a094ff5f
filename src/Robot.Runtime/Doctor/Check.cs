namespace RobotWorldModel.Runtime.Doctor;

/// <summary>How something that was looked at stands.</summary>
public enum CheckState
{
    Ok,

    /// <summary>It works, and could work better or will not for long.</summary>
    Warning,

    /// <summary>What the config asks for does not work.</summary>
    Fault,

    /// <summary>It does not apply here, or could not be looked at; says why.</summary>
    Skipped,
}

/// <param name="Section">computer, disk, arm …: <see cref="Sections"/>.</param>
/// <param name="Name">What was looked at, a word or two.</param>
/// <param name="Found">What there is, for a person.</param>
/// <param name="Advice">Why it matters and what to do; empty where nothing is to be done.</param>
internal sealed record Check(string Section, string Name, CheckState State, string Found, string Advice = "");

/// <summary>The report's parts, in their order.</summary>
internal static class Sections
{
    public const string Config = "config", Computer = "computer", Disk = "disk", Arm = "arm", Force = "force", Gripper = "gripper",
        Cameras = "cameras", Teleoperation = "teleoperation", Service = "service";

    public static List<string> All { get; } = [Config, Computer, Disk, Arm, Force, Gripper, Cameras, Teleoperation, Service];
}

/// <summary>All checks so far.</summary>
internal sealed class Checks
{
    private readonly List<Check> _all = [];

    /// <summary>Section by section; in each as they were made.</summary>
    public IReadOnlyList<Check> All => [.. _all.OrderBy(c => Sections.All.IndexOf(c.Section))];

    public Section In(string section) => new(section, _all);
}

/// <summary>Makes the checks of one section.</summary>
internal sealed class Section(string name, List<Check> checks)
{
    public string Name => name;

    public void Ok(string what, string found, string note = "") => Add(what, CheckState.Ok, found, note);

    public void Warn(string what, string found, string advice) => Add(what, CheckState.Warning, found, advice);

    public void Fault(string what, string found, string advice) => Add(what, CheckState.Fault, found, advice);

    public void Skip(string what, string why) => Add(what, CheckState.Skipped, why, "");

    /// <summary>Ok where there is nothing to do.</summary>
    public void Judge(string what, string found, CheckState otherwise, string? advice) =>
        Add(what, advice is null ? CheckState.Ok : otherwise, found, advice ?? "");

    private void Add(string what, CheckState state, string found, string advice) => checks.Add(new(name, what, state, found, advice));
}
