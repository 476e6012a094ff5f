using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>An object of the library's, deleted exactly once.</summary>
internal abstract unsafe class RealSenseHandle : SafeHandle
{
    private readonly delegate* unmanaged[Cdecl]<nint, void> _delete;

    protected RealSenseHandle(RealSenseLibrary library, nint pointer, delegate* unmanaged[Cdecl]<nint, void> delete)
        : base(0, ownsHandle: true)
    {
        Library = library;
        _delete = delete;
        SetHandle(pointer);
    }

    public override bool IsInvalid => handle == 0;

    protected RealSenseLibrary Library { get; }

    /// <summary>For calls of the thread that owns it; whoever else calls must hold a reference meanwhile.</summary>
    protected nint Pointer => IsClosed ? throw new ObjectDisposedException(GetType().Name) : handle;

    protected override bool ReleaseHandle()
    {
        _delete(handle);
        return true;
    }

    protected static bool Has(RealSenseLibrary library, delegate* unmanaged[Cdecl]<nint, int, nint*, int> ask, nint pointer, int what)
    {
        nint error = 0;
        int answer = ask(pointer, what, &error);
        library.Check(error);
        return answer != 0;
    }
}

/// <summary>The library's view of the USB bus.</summary>
internal sealed unsafe class RealSenseContext : RealSenseHandle
{
    private const int Api = 25000;

    private RealSenseContext(RealSenseLibrary library, nint pointer) : base(library, pointer, library.DeleteContext)
    {
    }

    public static RealSenseContext Create(RealSenseLibrary library)
    {
        nint error = 0;
        nint pointer = library.CreateContext(Api, &error);
        library.Check(error);
        return new(library, pointer);
    }

    /// <param name="changed">Called on a thread of the library's; both lists are the callee's to delete.</param>
    public void SetDevicesChanged(delegate* unmanaged[Cdecl]<nint, nint, nint, void> changed, nint user)
    {
        nint error = 0;
        Library.SetDevicesChanged(Pointer, changed, user, &error);
        Library.Check(error);
    }

    public RealSenseDeviceList Devices()
    {
        nint error = 0;
        nint list = Library.QueryDevices(Pointer, &error);
        Library.Check(error);
        return new(Library, list);
    }
}

internal sealed unsafe class RealSenseDeviceList(RealSenseLibrary library, nint pointer)
    : RealSenseHandle(library, pointer, library.DeleteDeviceList)
{
    public int Count
    {
        get
        {
            nint error = 0;
            int count = Library.DeviceCount(Pointer, &error);
            Library.Check(error);
            return count;
        }
    }

    public RealSenseDevice Create(int index)
    {
        nint error = 0;
        nint device = Library.CreateDevice(Pointer, index, &error);
        Library.Check(error);
        return new(Library, device);
    }

    /// <summary>It is still connected. The caller keeps the device from deletion meanwhile.</summary>
    public bool Contains(RealSenseDevice device)
    {
        nint error = 0;
        int contained = Library.Contains(Pointer, device.DangerousGetHandle(), &error);
        Library.Check(error);
        return contained != 0;
    }
}

/// <summary>A camera as found on the bus; what is opened are its sensors.</summary>
internal sealed unsafe class RealSenseDevice(RealSenseLibrary library, nint pointer)
    : RealSenseHandle(library, pointer, library.DeleteDevice)
{
    /// <summary>Empty where the camera does not tell.</summary>
    public string Info(RsInfo what)
    {
        if (!Has(Library, Library.SupportsInfo, Pointer, (int)what))
            return "";
        nint error = 0;
        nint text = Library.DeviceInfo(Pointer, (int)what, &error);
        Library.Check(error);
        return RealSenseLibrary.Text(text);
    }

    public RealSenseSensor[] Sensors()
    {
        nint error = 0;
        nint list = Library.QuerySensors(Pointer, &error);
        Library.Check(error);
        var sensors = new List<RealSenseSensor>();
        try
        {
            int count = Library.SensorCount(list, &error);
            Library.Check(error);
            for (int i = 0; i < count; i++)
            {
                nint sensor = Library.CreateSensor(list, i, &error);
                Library.Check(error);
                sensors.Add(new(Library, sensor));
            }
            return [.. sensors];
        }
        catch
        {
            sensors.ForEach(s => s.Dispose());
            throw;
        }
        finally
        {
            Library.DeleteSensorList(list);
        }
    }

    /// <summary>
    /// The camera leaves the bus and comes back in a second or two; every handle is void. From any thread: it is the way out where the
    /// one that owns the device hangs.
    /// </summary>
    public void HardwareReset()
    {
        bool held = false;
        DangerousAddRef(ref held);
        try
        {
            nint error = 0;
            Library.HardwareReset(handle, &error);
            Library.Check(error);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Whether it takes advanced-mode settings now; null where this kind of camera never does.</summary>
    public bool? AdvancedMode
    {
        get
        {
            if (Library.LoadJson == null || Library.AdvancedModeEnabled == null || Library.ToggleAdvancedMode == null
                || !Has(Library, Library.DeviceIs, Pointer, (int)RsExtension.AdvancedMode))
                return null;
            nint error = 0;
            int enabled = 0;
            Library.AdvancedModeEnabled(Pointer, &enabled, &error);
            Library.Check(error);
            return enabled != 0;
        }
    }

    /// <summary>The camera restarts by this, as by <see cref="HardwareReset"/>.</summary>
    public void EnableAdvancedMode()
    {
        nint error = 0;
        Library.ToggleAdvancedMode(Pointer, 1, &error);
        Library.Check(error);
    }

    public void LoadJson(ReadOnlySpan<byte> json)
    {
        nint error = 0;
        fixed (byte* text = json)
            Library.LoadJson(Pointer, text, (uint)json.Length, &error);
        Library.Check(error);
    }
}
