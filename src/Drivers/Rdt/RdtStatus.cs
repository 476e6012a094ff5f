namespace RobotWorldModel.Drivers.Rdt;

/// <summary>
/// The status word of a record. Bit 16 says that a threshold which somebody set on the sensor was passed, and is no error (the Net F/T
/// sets bit 31 with it, the Axia does not). Everything else means that the counts may be wrong, the Axia's "busy" and "simulated error"
/// among it. The words are the Ethernet Axia's (manual 9610-05-Ethernet Axia-09, table 4.7); other sensors give their bits other meanings,
/// so the number is always said with them.
/// </summary>
public static class RdtStatus
{
    public const uint Error = 1u << 31, MonitorCondition = 1u << 16;

    private static readonly (int Bit, string Word)[] s_axia =
    [
        (0, "temperature out of range"), (1, "supply voltage out of range"), (2, "a strain gage is broken"),
        (3, "busy: a setting is being changed"), (5, "a fault that it does not name"), (7, "calibration not readable"),
        (27, "a strain gage is out of range"), (28, "simulated error"), (29, "the calibration's checksum is wrong"),
        (30, "force or torque out of range"),
    ];

    /// <summary>Whether the counts of a record with this status are to be believed.</summary>
    public static bool IsValid(uint status) => (status & ~(Error | MonitorCondition)) == 0 && status != Error;

    /// <summary>In hexadecimal, and in an Axia's words.</summary>
    public static string Describe(uint status)
    {
        string words = string.Join(", ", s_axia.Where(b => (status >> b.Bit & 1) != 0).Select(b => b.Word));
        return $"0x{status:X8} ({(words.Length > 0 ? $"of an Axia: {words}; else " : "")}see 'status code' in the sensor's manual)";
    }
}
