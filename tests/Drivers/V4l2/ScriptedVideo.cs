using RobotWorldModel.Drivers.V4l2;

namespace RobotWorldModel.Drivers.Tests.V4l2;

/// <summary>What the scripted camera puts into its next buffer.</summary>
/// <param name="StampNs">Null: now.</param>
/// <param name="Claims">What it says that it wrote; null: what it wrote.</param>
internal sealed record ScriptedPicture(byte[] Bytes, uint Sequence, long? StampNs = null, uint Flags = 0x12000, uint? Claims = null);

/// <summary>
/// A webcam as the kernel shows it, played by a script: it fills the kernel's structures byte by byte at the offsets of videodev2.h (not
/// through the driver's own types), obeys the order of calls as the kernel does, and notes in <see cref="Wrongs"/> what the driver got
/// wrong or left behind.
/// </summary>
internal sealed partial class ScriptedVideo : IVideoSystem
{
    public const int Width = 32, Height = 16;
    private readonly Queue<ScriptedPicture> _pictures = [];
    private readonly List<string> _calls = [], _wrongs = [];
    private bool _silent, _gone;

    public int OpenError { get; set; }

    /// <summary>By the name of a call: its errno; every time until taken out.</summary>
    public Dictionary<string, int> Fails { get; } = [];

    public string Card { get; set; } = "Scripted Webcam";

    /// <summary>Of the device; by default capture and streaming.</summary>
    public uint DeviceCaps { get; set; } = 0x04200001;

    public uint Format { get; set; } = 0x56595559;

    public (uint Width, uint Height) Size { get; set; } = (Width, Height);

    public uint Padding { get; set; }

    public (uint Numerator, uint Denominator) Period { get; set; } = (1, 30);

    public uint Buffers { get; set; } = 4;

    /// <summary>Value, least, most, step, flags by the control's number.</summary>
    public Dictionary<uint, (int Value, int Min, int Max, int Step, uint Flags)> Controls { get; } = new()
    {
        [0x0098090C] = (1, 0, 1, 1, 0), // white balance, automatic
        [0x00980913] = (10, 0, 255, 1, 0), // gain
        [0x0098091A] = (4000, 2000, 6500, 1, 0), // white balance, kelvin
        [0x009A0901] = (3, 0, 3, 1, 0), // exposure mode
        [0x009A0902] = (250, 3, 2047, 1, 0), // exposure, 100 us
        [0x009A0903] = (1, 0, 1, 1, 0), // fewer pictures in the dark
    };

    /// <summary>Controls that take any value and keep their own.</summary>
    public HashSet<uint> Stubborn { get; } = [];

    public int Opened { get; private set; }

    public int Open { get; private set; }

    public string[] Calls => Locked(() => _calls.ToArray());

    public string[] Wrongs => Locked(() => _wrongs.ToArray());

    public int Waiting => Locked(() => _pictures.Count);

    public void Picture(ScriptedPicture picture) => Change(() => _pictures.Enqueue(picture));

    /// <summary>The next wait for a picture passes without one, as if its time were over.</summary>
    public void Freeze() => Change(() => _silent = true);

    /// <summary>The plug is pulled: what is open fails with ENODEV, and nothing is there to open.</summary>
    public void Unplug() => Change(() => (_gone, OpenError) = (true, 2));

    public void PlugIn() => Change(() =>
    {
        (_gone, OpenError) = (false, 0);
        _pictures.Clear();
    });

    int IVideoSystem.Open(string path, out IVideoDevice? device)
    {
        lock (_pictures)
        {
            Note($"open {path}");
            device = OpenError == 0 ? new Device(this) : null;
            if (device is not null)
                (Opened, Open) = (Opened + 1, Open + 1);
            return OpenError;
        }
    }

    private void Note(string call)
    {
        if (_calls.Count == 0 || _calls[^1] != call)
            _calls.Add(call);
    }

    /// <summary>Changes what the driver will find while it may be looking.</summary>
    public void Change(Action change)
    {
        lock (_pictures)
        {
            change();
            Monitor.PulseAll(_pictures);
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_pictures)
            return read();
    }
}
