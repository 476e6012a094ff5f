namespace RobotWorldModel.Drivers.Samples;

/// <summary>A value with its times. All host times are CLOCK_MONOTONIC ns.</summary>
/// <param name="Value">What was measured.</param>
/// <param name="OriginatingNs">When it was true in the world, host clock: the device's stamp mapped, or the arrival, less the known
/// delay.</param>
/// <param name="DeviceNs">The device's own stamp on its own clock, ns; <see cref="NoDeviceTime"/> where it has none.</param>
/// <param name="ArrivalNs">When its last byte was read on this host.</param>
/// <param name="Sequence">Counts the device's samples; a step above 1 is a loss. From the device where it counts, else from the
/// reader.</param>
public readonly record struct Sample<T>(T Value, long OriginatingNs, long DeviceNs, long ArrivalNs, long Sequence)
{
    public const long NoDeviceTime = long.MinValue;
}

/// <summary>A value shared between threads by counting its holders; the last release gives its memory back.</summary>
public interface IReferenceCounted
{
    void AddReference();

    void Release();
}
