using System.Buffers.Binary;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The software that the simulated controller behaves like: 3.x on a CB3, 5.x on an e-Series, 10.x is PolyScope X.</summary>
internal sealed record ControllerVersion(int Major, int Minor, int Bugfix, int Build)
{
    /// <summary>Told with every version: the simulation does not know when UR built which.</summary>
    public const string BuildDate = "14-12-2022, 12:00:00";

    /// <summary>A CB3 controls at 125 Hz, has neither remote control nor a force sensor in its flange.</summary>
    public bool IsCb3 => Major == 3;

    /// <summary>It has no dashboard server.</summary>
    public bool IsPolyScopeX => Major >= 10;

    /// <summary>As the dashboard gives it.</summary>
    public string Polyscope => $"URSoftware {this} (Dec 14 2022)";

    /// <summary>The version that a config names, or what is usual on a model.</summary>
    /// <param name="text">major.minor.bugfix or major.minor.bugfix.build; empty for the model's default.</param>
    /// <param name="isCb3">The model's generation, which the major number must be of.</param>
    /// <exception cref="ArgumentException">No version, or one that does not run on this generation.</exception>
    public static ControllerVersion Of(string text, bool isCb3)
    {
        if (text.Length == 0)
            return isCb3 ? new(3, 15, 8, 106339) : new(5, 12, 4, 1101661);
        if (!Version.TryParse(text, out Version? parsed) || parsed.Build < 0)
            throw new ArgumentException($"software: '{text}' is not a version such as 5.12.4 or 3.15.8.106339");
        bool fits = isCb3 ? parsed.Major == 3 : parsed.Major is 5 or 10;
        if (!fits)
            throw new ArgumentException($"software: {text} does not run on this generation; "
                + (isCb3 ? "a CB3 arm (UR3, UR5, UR10) has 3.x" : "an e-Series arm has 5.x or 10.x (PolyScope X)"));
        return new(parsed.Major, parsed.Minor, parsed.Build, Math.Max(0, parsed.Revision));
    }

    /// <summary>Whether this version has something that came with another.</summary>
    public bool Has(in Since since) => IsPolyScopeX || (IsCb3
        ? (Minor, Bugfix).CompareTo((since.Cb3Minor, since.Cb3Bugfix)) >= 0
        : (Minor, Bugfix).CompareTo((since.ESeriesMinor, since.ESeriesBugfix)) >= 0);

    /// <summary>RTDE's answer: four uint32.</summary>
    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteInt32BigEndian(into, Major);
        BinaryPrimitives.WriteInt32BigEndian(into[4..], Minor);
        BinaryPrimitives.WriteInt32BigEndian(into[8..], Bugfix);
        BinaryPrimitives.WriteInt32BigEndian(into[12..], Build);
    }

    public override string ToString() => $"{Major}.{Minor}.{Bugfix}.{Build}";
}

/// <summary>
/// The versions 3.x and 5.x that something came with; the default is "always there". PolyScope X has whatever the newest 5.x has.
/// </summary>
internal readonly record struct Since(int Cb3Minor, int Cb3Bugfix, int ESeriesMinor, int ESeriesBugfix)
{
    private const int Never = int.MaxValue;

    public static Since Both(int cb3Minor, int eSeriesMinor) => new(cb3Minor, 0, eSeriesMinor, 0);

    /// <summary>Never on a CB3.</summary>
    public static Since ESeries(int minor) => new(Never, 0, minor, 0);

    /// <summary>On a CB3 alone.</summary>
    public static Since Cb3(int minor) => new(minor, 0, Never, 0);
}
