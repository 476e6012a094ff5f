using System.Globalization;
using System.Net.Sockets;

namespace RobotWorldModel.Drivers.Rdt;

public sealed class OnRobotHexOptions
{
    public string Name { get; set; } = "force";

    /// <summary>The sensor's Ethernet converter, or the Compute Box.</summary>
    public string Host { get; set; } = "";

    public int Port { get; set; } = RdtWire.DefaultPort;

    /// <summary>Records a second that it is told to send: 1000 by a whole number, 4 at least.</summary>
    public double RateHz { get; set; } = 1000;

    /// <summary>Its low pass, Hz: 500, 150, 50, 15, 5, 1.5, or 0 for none.</summary>
    public double FilterHz { get; set; }

    /// <summary>The constant part of the delay from force to host, ms.</summary>
    public double LatencyMs { get; set; }

    public double CountsPerForce { get; set; } = 10_000;

    public double CountsPerTorque { get; set; } = 100_000;
}

/// <summary>
/// An OnRobot HEX or OptoForce at its Ethernet converter. It tells neither who it is nor what a count means: that is the config's. Rate,
/// filter and "no bias" are set with each connection; they are gone with its power.
/// </summary>
public sealed class OnRobotHex : RdtSensor
{
    private const string Model = "OnRobot HEX";
    private const int SettleMs = 5;

    /// <summary>What <see cref="HasRate"/> allows, for a person.</summary>
    public const string Rates = "it must be 1000 by a whole number up to 254, such as 1000, 500, 250, 125 or 100";

    private static readonly double[] s_filters = [0, 500, 150, 50, 15, 5, 1.5]; // at its number
    private readonly OnRobotHexOptions _options;
    private readonly uint _periodMs, _filter;

    /// <exception cref="ArgumentException">No host, or an option out of range; says which.</exception>
    public OnRobotHex(OnRobotHexOptions options)
        : base(options.Name, options.Host, options.Port, options.RateHz, options.LatencyMs, Model)
    {
        if (!HasRate(options.RateHz))
            throw new ArgumentException($"{options.Name}: rate_hz is {options.RateHz}; {Rates}");
        int filter = Array.IndexOf(s_filters, options.FilterHz);
        if (filter < 0)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{options.Name}: filter_hz is {options.FilterHz}; it must be one of {string.Join(", ", s_filters)}"));
        if (!(options.CountsPerForce > 0 && options.CountsPerTorque > 0))
            throw new ArgumentException($"{options.Name}: counts_per_force and counts_per_torque must be above 0");
        (_options, _periodMs, _filter) = (options, (uint)Math.Round(1000 / options.RateHz), (uint)filter);
    }

    /// <summary>It is told its period in whole milliseconds.</summary>
    public static bool HasRate(double rateHz) =>
        1000 / rateHz is >= 1 and <= 254 and var period && Math.Abs(period - Math.Round(period)) < 0.001;

    internal override RdtSetup Prepare(CancellationToken stop) => new(
        1 / _options.CountsPerForce, 1 / _options.CountsPerTorque, 1000.0 / _periodMs, new(Model),
        string.Create(CultureInfo.InvariantCulture, $"{Model} at {_options.Host}:{_options.Port}, {1000.0 / _periodMs:0.##} Hz, "
            + $"{_options.CountsPerForce} counts/N and {_options.CountsPerTorque} counts/Nm by the config"));

    // In the order of the maker's example, which waits between commands.
    internal override void SendStart(Socket socket, CancellationToken stop)
    {
        Send(socket, RdtCommand.Speed, _periodMs);
        stop.WaitHandle.WaitOne(SettleMs);
        Send(socket, RdtCommand.Filter, _filter);
        stop.WaitHandle.WaitOne(SettleMs);
        Send(socket, RdtCommand.Bias);
        stop.WaitHandle.WaitOne(SettleMs);
        Send(socket, RdtCommand.Start);
    }

    internal override string WhySilent(CancellationToken stop) =>
        "look at its power and the network cable; or another program has started the stream for itself (it serves one): end that one";

    private protected override string DescribeStatus(uint status) => $"0x{status:X8} (see the sensor's manual)";
}
