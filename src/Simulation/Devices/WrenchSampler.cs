using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// What a simulated force-torque sensor's converter reads, on the grid of its own clock, between the cell's cycles: the physics' wrench,
/// its bias and its noise. For the cell's loop.
/// </summary>
/// <param name="resolution">A count, N: a converter's last bit is never at rest.</param>
internal sealed class WrenchSampler(ICellPhysics physics, DeviceClock clock, double rateHz, double resolution, int seed)
{
    private const long FarBehindNs = 1_000_000_000; // a step this late follows others that were let go
    private readonly Random _noise = new(seed);
    private readonly double[] _values = new double[6];
    private Wrench _before, _now;
    private long _beforeNs = long.MinValue, _nowNs, _deviceNow, _firstDeviceNs;

    /// <summary>Standard deviation of each force (N) and torque (N·m).</summary>
    public double NoiseForceN { get; set; }

    public double NoiseTorqueNm { get; set; }

    /// <summary>What an unloaded sensor reads: Fx, Fy, Fz (N), Mx, My, Mz (N·m).</summary>
    public double[] Bias { get; init; } = new double[6];

    /// <summary>The converter stands still: it repeats what it read last.</summary>
    public bool Frozen { get; set; }

    /// <summary>Fx, Fy, Fz (N), Mx, My, Mz (N·m) of the newest sample, in the sensor's frame.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Samples since it was switched on, from 0; -1 before the first.</summary>
    public long Sample { get; private set; } = -1;

    /// <summary>Switched on again: it counts from 0.</summary>
    public void Restart() => (Sample, _beforeNs) = (-1, long.MinValue);

    /// <summary>One cycle of the cell; then <see cref="TryNext"/> until it says no.</summary>
    public void Step(long nowNs)
    {
        _beforeNs = _beforeNs == long.MinValue ? long.MinValue : _nowNs;
        (_before, _now) = (_now, physics.SensorWrench);
        (_nowNs, _deviceNow) = (nowNs, clock.ToDevice(nowNs));
        if (_beforeNs == long.MinValue)
            (_before, _beforeNs, _firstDeviceNs) = (_now, nowNs, _deviceNow);
        if (nowNs - _beforeNs >= FarBehindNs) // the cell has let cycles go: what would have been sent is over
            Sample = (long)((_deviceNow - _firstDeviceNs) * 1e-9 * rateHz) - 1;
    }

    /// <summary>The next sample of this cycle.</summary>
    /// <param name="trueNs">When it was true, host clock.</param>
    /// <param name="deviceNs">The same by the sensor's own clock.</param>
    public bool TryNext(out long trueNs, out long deviceNs)
    {
        deviceNs = _firstDeviceNs + (long)((Sample + 1) * 1e9 / rateHz);
        trueNs = _nowNs - (long)((_deviceNow - deviceNs) / (1 + clock.DriftPpm * 1e-6));
        if (deviceNs > _deviceNow)
            return false;
        Sample++;
        if (!Frozen)
            Measure(_nowNs > _beforeNs ? Math.Clamp((double)(trueNs - _beforeNs) / (_nowNs - _beforeNs), 0, 1) : 1);
        return true;
    }

    /// <summary>What the sensor reads between the last two cycles; linear, as forces are smooth at 500 Hz.</summary>
    private void Measure(double share)
    {
        ReadOnlySpan<double> a = [_before.Fx, _before.Fy, _before.Fz, _before.Tx, _before.Ty, _before.Tz];
        ReadOnlySpan<double> b = [_now.Fx, _now.Fy, _now.Fz, _now.Tx, _now.Ty, _now.Tz];
        for (int i = 0; i < 6; i++)
            _values[i] = a[i] + (b[i] - a[i]) * share + Bias[i] + Gaussian() * (i < 3 ? NoiseForceN : NoiseTorqueNm);
        _values[0] += (Sample & 1) * resolution;
    }

    private double Gaussian() => Math.Sqrt(-2 * Math.Log(1 - _noise.NextDouble())) * Math.Cos(2 * Math.PI * _noise.NextDouble());
}
