using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>A camera's wish for a device, and its right to it until the last call on it has returned.</summary>
internal sealed class RealSenseClaim(string who, string serial, int quietMs)
{
    private readonly TaskCompletionSource<RealSenseDevice> _found = new();
    private volatile string _said = "";
    private volatile bool _gone;

    /// <summary>Who asks: the camera's name.</summary>
    public string Who { get; } = who;

    /// <summary>Empty: any, if it is the only one. From the find on the device's own.</summary>
    public string Serial { get; set; } = serial;

    public int QuietMs { get; } = quietMs;

    public long SinceNs { get; } = HostClock.NowNs;

    /// <summary>Set once: the hub's to delete, when the claim is given back.</summary>
    public RealSenseDevice? Device => _found.Task.IsCompleted ? _found.Task.Result : null;

    /// <summary>Why there is no device yet; empty before the first look.</summary>
    public string Said { get => _said; set => _said = value; }

    /// <summary>The device has left the bus.</summary>
    public bool Gone { get => _gone; set => _gone = value; }

    public void Give(RealSenseDevice device) => _found.SetResult(device);

    public bool Wait(int ms) => _found.Task.Wait(ms);
}
