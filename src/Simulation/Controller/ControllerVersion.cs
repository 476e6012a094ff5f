using System.Buffers.Binary;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The software that the simulated controller behaves like.</summary>
internal static class ControllerVersion
{
    public const int Major = 5, Minor = 12, Bugfix = 4, Build = 1101661;

    public const string Short = "5.12.4.1101661", Polyscope = "URSoftware 5.12.4.1101661 (Dec 14 2022)";
    public const string BuildDate = "14-12-2022, 12:00:00";

    /// <summary>RTDE's answer: four uint32.</summary>
    public static void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteInt32BigEndian(into, Major);
        BinaryPrimitives.WriteInt32BigEndian(into[4..], Minor);
        BinaryPrimitives.WriteInt32BigEndian(into[8..], Bugfix);
        BinaryPrimitives.WriteInt32BigEndian(into[12..], Build);
    }
}
