using System.Net.Sockets;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Rdt;

public sealed class AtiNetFtOptions
{
    public string Name { get; set; } = "force";

    public string Host { get; set; } = "";

    /// <summary>UDP, where RDT records come from.</summary>
    public int Port { get; set; } = RdtWire.DefaultPort;

    /// <summary>Where the sensor tells its calibration.</summary>
    public int HttpPort { get; set; } = 80;

    /// <summary>Records a second that are expected, to be told where it is set to another rate; null: whatever it is set to.</summary>
    public double? RateHz { get; set; }

    /// <summary>The constant part of the delay from force to host, ms.</summary>
    public double LatencyMs { get; set; }
}

/// <summary>
/// An ATI Net F/T or Ethernet Axia (SCHUNK FTN, too). What its counts mean it is asked over HTTP, again with each connection; it is never
/// assumed. Nothing of its settings is changed: they would stay changed.
/// </summary>
/// <exception cref="ArgumentException">No host, or an option out of range.</exception>
public sealed class AtiNetFt(AtiNetFtOptions options)
    : RdtSensor(options.Name, options.Host, options.Port, options.RateHz ?? UsualRateHz, options.LatencyMs, Model)
{
    private const string Model = "ATI Net F/T";
    private const double UsualRateHz = 1000;
    private const int PageTimeoutMs = 2000, LargestPage = 1 << 16;

    internal override RdtSetup Prepare(CancellationToken stop)
    {
        AtiSettings settings;
        try
        {
            settings = AtiSettings.Parse(FetchPage(stop));
        }
        catch (InvalidDataException e)
        {
            throw new DeviceLostException($"{options.Host}: {e.Message}");
        }
        double rate = settings.RateHz ?? options.RateHz ?? UsualRateHz;
        string who = $"{Model} {settings.Serial}".TrimEnd() + (settings.Firmware.Length > 0 ? $" firmware {settings.Firmware}" : "");
        string text = $"{who} at {options.Host}:{options.Port}, {rate:0.##} Hz, {settings.Scale}";
        if (options.RateHz is { } wanted && Math.Abs(wanted - rate) > 1)
            text += $"; the config says {wanted:0.##} Hz: set its RDT rate on its Communications page, or rate_hz";
        if (settings.Biased)
            text += "; a bias is set on the sensor";
        if (settings.Transformed)
            text += "; a tool transformation is set on the sensor: its values are not in its own frame";
        return new(settings.NewtonPerCount, settings.NewtonMetrePerCount, rate, new(Model, settings.Serial, settings.Firmware), text);
    }

    internal override void SendStart(Socket socket, CancellationToken stop) => Send(socket, RdtCommand.Start);

    internal override string WhySilent(CancellationToken stop)
    {
        try
        {
            FetchPage(stop);
            return "its web page answers, so it is on; another program may have started the stream for itself (it serves one: "
                + "ATI's demo, a ROS driver, another PC): end that one";
        }
        catch (DeviceLostException)
        {
            return "its web page does not answer either: look at its power and the network cable";
        }
    }

    private byte[] FetchPage(CancellationToken stop)
    {
        Uri url = new UriBuilder("http", options.Host, options.HttpPort, "netftapi2.xml").Uri; // which puts an IPv6 address in brackets
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromMilliseconds(ConnectedDevice<Socket>.ConnectTimeoutMs),
        };
        using var client = new HttpClient(handler)
        {
            Timeout = TimeSpan.FromMilliseconds(PageTimeoutMs),
            MaxResponseContentBufferSize = LargestPage,
        };
        try
        {
            return client.GetByteArrayAsync(url, stop).GetAwaiter().GetResult();
        }
        catch (HttpRequestException e)
        {
            throw new DeviceLostException($"its calibration cannot be read from {url} ({e.Message}): without it counts have no unit; "
                + "is it on, on this network, and an ATI Net F/T or Axia?");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DeviceLostException($"its calibration cannot be read from {url} (no whole answer within {PageTimeoutMs / 1000} s): "
                + "is it on, on this network, and an ATI Net F/T or Axia?");
        }
    }
}
