namespace RobotWorldModel.Drivers.Modbus;

internal enum ModbusFailure
{
    /// <summary>Nothing, or not enough, came in time.</summary>
    NoAnswer,

    /// <summary>What came is no answer to the request: a wrong sum, unit, function or length.</summary>
    Garbage,

    /// <summary>The device answered with an exception code.</summary>
    Refused,
}

/// <summary>A request was not answered as it should be. The connection may be used on: the next request begins after a silence.</summary>
/// <param name="code">The exception code of a refusal; else 0.</param>
internal sealed class ModbusException(ModbusFailure failure, string message, int code = 0) : IOException(message)
{
    public ModbusFailure Failure { get; } = failure;

    public int Code { get; } = code;

    /// <summary>In words, after the Modbus Application Protocol, section 7.</summary>
    internal static string Describe(int code) => code switch
    {
        1 => "illegal function",
        2 => "illegal address",
        3 => "illegal value",
        4 => "device failure",
        5 => "acknowledged, not done yet",
        6 => "busy",
        8 => "memory parity error",
        10 => "the gateway has no path to it",
        11 => "nothing answered the gateway",
        _ => "not in the specification",
    };
}
