using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// A camera from opening to closing, on a thread of its own: any call of the library may hang, and then hangs this thread and nobody else.
/// The device stays claimed until the thread has come back, however late, so that it is never opened twice.
/// Sensors are opened and started by themselves, not through a pipeline of the library's: that opens the device a second time beside the
/// one whose settings are set, hands out sets only when it has matched them, and keeps no more than one.
/// </summary>
internal sealed unsafe class RealSenseSession
{
    private readonly RealSenseHub _hub;
    private readonly RealSenseClaim _claim;
    private readonly RealSenseCameraOptions _options;
    private readonly RealSensePictures _pictures;
    private readonly RealSenseDevice _device;
    private readonly bool _mayRestart;
    private readonly TaskCompletionSource _opened = new(), _close = new(), _closed = new();
    private readonly List<RealSenseSensor> _started = [], _open = [];
    private volatile string _failure = "", _notice = "", _resetRefused = "";
    private volatile bool _reset;

    /// <param name="mayRestart">The camera may be restarted to take advanced settings: once.</param>
    public RealSenseSession(
        RealSenseHub hub, RealSenseClaim claim, RealSenseCameraOptions options, RealSensePictures pictures, bool mayRestart)
    {
        (_hub, _claim, _options, _pictures, _device) = (hub, claim, options, pictures, claim.Device!);
        _mayRestart = mayRestart;
        new Thread(Run) { Name = $"{options.Name} realsense", IsBackground = true }.Start();
    }

    /// <summary>Null until the streams have been started.</summary>
    public CameraInfo? Info { get; private set; }

    /// <summary>Why it could not be opened, or what a callback ran into; empty while all is well.</summary>
    public string Failure => _failure;

    /// <summary>What the camera last said of itself: a hardware error, an overheated laser; empty for nothing.</summary>
    public string Notice => _notice;

    /// <summary>Why the camera was not reset, where it should have been; else empty.</summary>
    public string ResetRefused => _resetRefused;

    /// <summary>The failure is one of the link to the camera that no setting explains: restarting may help.</summary>
    public bool Unexplained { get; private set; }

    /// <summary>It was asked to restart, as for the first advanced-mode settings, and will be back.</summary>
    public bool Restarts { get; private set; }

    /// <summary>False: still at it. True: it streams, or there is a <see cref="Failure"/>.</summary>
    public bool WaitOpened(int ms) => _opened.Task.Wait(ms);

    public bool WaitClosed(int ms) => _closed.Task.Wait(ms);

    /// <summary>Stops all of it; does not wait.</summary>
    /// <param name="reset">The camera is to restart.</param>
    public void Close(bool reset)
    {
        _reset = reset;
        _pictures.End(this);
        _close.TrySetResult();
    }

    /// <summary>For another thread, while the session's own hangs in the library.</summary>
    public void ResetFromOutside()
    {
        try
        {
            Reset();
        }
        catch (ObjectDisposedException)
        {
            // The session's thread has come back by itself.
        }
    }

    private void Reset()
    {
        try
        {
            _device.HardwareReset();
        }
        catch (RealSenseException e)
        {
            _resetRefused = RealSenseErrors.Explain(e);
            Fail(e);
        }
    }

    /// <summary>What callbacks know: it outlives a session whose streams the library would not stop.</summary>
    private sealed class Gate(RealSenseLibrary library)
    {
        public readonly RealSenseLibrary Library = library;
        public volatile RealSenseSession? Session;
    }

    private void Run()
    {
        var gate = new Gate(_hub.Library) { Session = this };
        var handle = GCHandle.Alloc(gate);
        try
        {
            Guard(() => Open(GCHandle.ToIntPtr(handle)));
            _opened.SetResult();
            _close.Task.Wait(); // also where it could not be opened: who closes it says whether the camera is to be reset
        }
        finally
        {
            _pictures.End(this);
            gate.Session = null;
            bool silent = Shut();
            _hub.GiveBack(_claim);
            if (silent) // after the device, which may have had something to say until it was deleted
                handle.Free();
            _closed.SetResult();
        }
    }

    // The first thing that goes wrong is what is said: what follows follows from it.
    private bool Guard(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception e) when (e is RealSenseException or DeviceLostException or NotSupportedException)
        {
            Fail(e);
            return false;
        }
    }

    private void Fail(Exception e)
    {
        if (_failure.Length > 0)
            return;
        Unexplained = e is RealSenseException { Kind: RsError.Unknown or RsError.Backend or RsError.Io } unknown
            && RealSenseErrors.Explain(unknown) == unknown.Message;
        _failure = e is RealSenseException said ? RealSenseErrors.Explain(said) : e.Message;
    }

    private void Open(nint gate)
    {
        string usb = _device.Info(RsInfo.UsbType);
        if (usb.Length > 0 && usb[0] < '3' && !_options.AllowUsb2)
            throw new DeviceLostException($"it is on USB {usb} (port {_device.Info(RsInfo.Port)}): use a USB 3 port and a USB 3 cable, "
                + "turn the plug at the camera round, plug it in quickly; or set allow_usb2: true");
        if (!LoadAdvancedSettings())
            return;
        RealSenseSensor[] sensors = _device.Sensors();
        RealSenseProfiles[] profiles = new RealSenseProfiles[sensors.Length];
        try
        {
            for (int i = 0; i < sensors.Length; i++)
                profiles[i] = sensors[i].Profiles();
            var choice = RealSenseChoice.Of(_options, sensors, profiles);
            RealSenseSettings.Apply(_options, choice.DepthSensor, choice.ColorSensor);
            _pictures.Begin(this, _hub.Library, choice.Color, choice.Depth);
            foreach (var (sensor, wanted) in choice.BySensor())
            {
                sensor.SetNotifications(&OnNotification, gate);
                sensor.OpenStreams(wanted);
                _open.Add(sensor);
                sensor.Start(&OnFrame, gate);
                _started.Add(sensor);
            }
            Info = choice.Describe(_options, _device, _hub.Library);
        }
        finally
        {
            foreach (var list in profiles)
                list?.Dispose();
            foreach (var sensor in sensors.Except(_open))
                sensor.Dispose();
        }
    }

    /// <summary>False: the camera restarts to be able to take them.</summary>
    private bool LoadAdvancedSettings()
    {
        if (_options.AdvancedJson.Length == 0)
            return true;
        byte[] json;
        try
        {
            json = File.ReadAllBytes(_options.AdvancedJson);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceLostException($"advanced_json: {e.Message}");
        }
        switch (_device.AdvancedMode)
        {
            case null:
                throw new DeviceLostException("advanced_json: this camera, or this build of librealsense, has no advanced mode");
            case false when !_mayRestart:
                throw new DeviceLostException("advanced_json: the camera was restarted for it and is not in advanced mode: switch "
                    + "advanced mode on in realsense-viewer");
            case false:
                try
                {
                    _device.EnableAdvancedMode();
                }
                catch (RealSenseException e) when (e.Kind == RsError.Disconnected)
                {
                    // It restarts before it answers.
                }
                (Restarts, _failure) = (true, "it restarts in advanced mode");
                return false;
            default:
                _device.LoadJson(json);
                return true;
        }
    }

    /// <returns>Whether no callback comes any more.</returns>
    private bool Shut()
    {
        bool stopped = true;
        foreach (var sensor in _open)
            if (!_started.Contains(sensor) || Guard(sensor.Stop))
                Guard(sensor.CloseStreams);
            else
                stopped = false; // what would not stop is not to be closed; it ends with its sensor
        foreach (var sensor in _open)
            sensor.Dispose();
        if (_reset)
            Reset();
        return stopped;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFrame(nint frame, nint user)
    {
        var gate = (Gate)GCHandle.FromIntPtr(user).Target!;
        RealSenseSession? session = gate.Session;
        try
        {
            session?._pictures.Take(session, frame);
        }
        catch (RealSenseException e)
        {
            session!.Fail(e); // the camera's thread closes the session for it
        }
        finally
        {
            gate.Library.ReleaseFrame(frame);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnNotification(nint notification, nint user)
    {
        var gate = (Gate)GCHandle.FromIntPtr(user).Target!;
        if (gate.Session is not { } session)
            return;
        nint error = 0;
        nint text = gate.Library.NotificationText(notification, &error);
        try
        {
            gate.Library.Check(error);
            session._notice = RealSenseLibrary.Text(text);
        }
        catch (RealSenseException e)
        {
            session.Fail(e);
        }
    }
}
