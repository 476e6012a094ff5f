using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// The process's one context of librealsense2 and the one thread that looks at the bus through it. Each device is opened once and handed
/// to the camera that wants it; one camera starts at a time, because all of them at once ask more of the bus than streaming does. That
/// something has changed is told by the library, at times twice, too late or not at all, so that it is no more than a reason to look.
/// </summary>
internal sealed unsafe class RealSenseHub
{
    private const int JoinMs = 2000, LookAnywayEvery = 5;
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<string, RealSenseHub> s_hubs = [];
    private readonly string _path;
    private readonly int _pollMs;
    private readonly RealSenseContext _context;
    private readonly GCHandle _self;
    private readonly object _bell = new();
    private readonly Thread _thread;
    private readonly Lock _lock = new(); // of the two below
    private readonly List<RealSenseClaim> _claims = [];
    private RealSenseClaim? _starting;
    private int _users; // under s_lock
    private volatile bool _stopping, _anew;
    private long _changedNs;
    private int _changes;
    private (int Devices, int Looks) _fruitless; // the hub's thread's own, as the next
    private int _waitMs;
    private bool _ringing; // under _bell

    private RealSenseHub(string path, int pollMs)
    {
        (_path, _pollMs, _waitMs) = (path, pollMs, pollMs);
        Library = RealSenseLibrary.Load(path);
        _context = RealSenseContext.Create(Library);
        _self = GCHandle.Alloc(this);
        try
        {
            _context.SetDevicesChanged(&DevicesChanged, GCHandle.ToIntPtr(_self));
        }
        catch
        {
            _context.Dispose();
            _self.Free();
            throw;
        }
        _thread = new(Run) { Name = "realsense bus", IsBackground = true };
        _thread.Start();
    }

    public RealSenseLibrary Library { get; }

    /// <summary>How often the library has told of a change on the bus.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>For tests, which add devices of software to it.</summary>
    internal RealSenseContext Context => _context;

    /// <summary>The hub of a library, made where there is none; to be released as often.</summary>
    /// <exception cref="DllNotFoundException">The library is missing or too old.</exception>
    /// <exception cref="RealSenseException">It makes no context.</exception>
    public static RealSenseHub Acquire(string path, int pollMs)
    {
        lock (s_lock)
        {
            if (!s_hubs.TryGetValue(path, out var hub))
                s_hubs[path] = hub = new(path, pollMs);
            hub._users++;
            return hub;
        }
    }

    public void Release()
    {
        lock (s_lock) // to the end: there is never a second context
        {
            if (--_users > 0)
                return;
            s_hubs.Remove(_path);
            _stopping = true;
            Ring();
            if (!_thread.Join(JoinMs))
                return; // it hangs in the library: the context is left alone
            _context.Dispose();
            _self.Free();
        }
    }

    /// <summary>Asks for a device.</summary>
    /// <param name="quietMs">Not before the bus has been without a change for so long.</param>
    public RealSenseClaim Want(string who, string serial, int quietMs)
    {
        var claim = new RealSenseClaim(who, serial, quietMs);
        lock (s_lock)
            _users++;
        lock (_lock)
            _claims.Add(claim);
        _anew = true;
        Ring();
        return claim;
    }

    /// <summary>The claim's camera streams, or has given up: the next may start.</summary>
    public void Started(RealSenseClaim claim)
    {
        lock (_lock)
        {
            if (_starting != claim)
                return;
            _starting = null;
        }
        Ring();
    }

    /// <summary>Nothing of the claim's device is used any more. From any thread.</summary>
    public void GiveBack(RealSenseClaim claim)
    {
        lock (_lock) // together: who looks at the bus meanwhile must not give a device to a claim that is gone
        {
            _claims.Remove(claim);
            if (_starting == claim)
                _starting = null;
        }
        Ring();
        claim.Device?.Dispose();
        Release();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DevicesChanged(nint removed, nint added, nint user)
    {
        var hub = (RealSenseHub)GCHandle.FromIntPtr(user).Target!;
        hub.Library.DeleteDeviceList(removed);
        hub.Library.DeleteDeviceList(added);
        Interlocked.Exchange(ref hub._changedNs, HostClock.NowNs);
        Interlocked.Increment(ref hub._changes);
        hub._anew = true;
        hub.Ring();
    }

    private void Ring()
    {
        lock (_bell)
        {
            _ringing = true;
            Monitor.Pulse(_bell);
        }
    }

    private void AwaitRing(int ms)
    {
        lock (_bell)
        {
            if (!_ringing)
                Monitor.Wait(_bell, ms);
            _ringing = false;
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            bool waiting;
            lock (_lock)
                waiting = _claims.Exists(c => c.Device is null);
            AwaitRing(waiting ? _waitMs : Timeout.Infinite);
            if (_stopping)
                return;
            _waitMs = _pollMs;
            try
            {
                Look();
            }
            catch (RealSenseException e)
            {
                Tell(Waiting(), $"the library cannot look for cameras: {RealSenseErrors.Explain(e)}");
            }
        }
    }

    private void Look()
    {
        using RealSenseDeviceList list = _context.Devices();
        int count = list.Count, held = MarkGone(list);
        if (_anew)
            (_anew, _fruitless) = (false, default);
        RealSenseClaim[] waiting = Ready();
        if (waiting.Length == 0)
            return;
        // What is held is not to be disturbed by opening it once more: others are looked at only where there are others, and, where they
        // were not what is wanted, seldom.
        if (count == held)
            Tell(waiting, count == 0 ? "no RealSense is connected: look at its cable (lsusb shows 8086:…)"
                : $"it is not connected, only {count} that stream(s) already: look at its cable");
        else if (_fruitless.Devices != count || ++_fruitless.Looks % LookAnywayEvery == 0)
            LookAtDevices(list, count, waiting);
    }

    /// <summary>Those who wait and may start now.</summary>
    private RealSenseClaim[] Ready()
    {
        RealSenseClaim[] waiting = Waiting();
        RealSenseClaim? first;
        lock (_lock)
            first = _starting;
        if (first is not null)
        {
            Tell(waiting, $"{first.Who} starts first");
            return [];
        }
        var ready = new List<RealSenseClaim>();
        foreach (var claim in waiting)
        {
            long quietNs = HostClock.NowNs - Math.Max(claim.SinceNs, Interlocked.Read(ref _changedNs));
            int leftMs = claim.QuietMs - (int)(quietNs / 1_000_000);
            if (leftMs <= 0)
            {
                ready.Add(claim);
                continue;
            }
            claim.Said = "the camera restarts";
            _waitMs = Math.Min(_waitMs, leftMs + 1);
        }
        return [.. ready];
    }

    private void LookAtDevices(RealSenseDeviceList list, int count, RealSenseClaim[] waiting)
    {
        var found = new List<(string Serial, string Text)>();
        string trouble = "";
        bool given = false;
        for (int i = 0; i < count && !given; i++)
        {
            RealSenseDevice? device = null;
            try
            {
                device = list.Create(i);
                string serial = device.Info(RsInfo.Serial), product = device.Info(RsInfo.ProductId);
                if (RealSenseErrors.IsRecovery(product))
                {
                    trouble = "; a RealSense in firmware recovery is connected: load its firmware anew with realsense-viewer";
                    continue;
                }
                found.Add((serial, $"{serial} ({device.Info(RsInfo.Name)})"));
                if (waiting.FirstOrDefault(c => c.Serial == serial || (c.Serial.Length == 0 && count == 1)) is { } claim
                    && TryGive(claim, serial, device))
                    (device, given) = (null, true);
            }
            catch (RealSenseException e)
            {
                trouble = $"; one that is connected cannot be opened: {RealSenseErrors.Explain(e)}";
            }
            finally
            {
                device?.Dispose();
            }
        }
        _fruitless = given ? default : (count, _fruitless.Looks);
        foreach (var claim in waiting)
            if (claim.Device is null && !found.Exists(f => f.Serial == claim.Serial))
                claim.Said = (claim.Serial.Length == 0
                    ? found.Count > 1 ? "several cameras are connected: choose one with `serial`"
                        : "no camera that is connected can be used"
                    : $"serial {claim.Serial} is not connected")
                    + (found.Count > 0 ? $"; here are {string.Join(", ", found.Select(f => f.Text))}" : "") + trouble;
    }

    /// <summary>False: it is another's.</summary>
    private bool TryGive(RealSenseClaim claim, string serial, RealSenseDevice device)
    {
        lock (_lock)
        {
            if (!_claims.Contains(claim))
                return false; // given back while the device was being opened
            if (_claims.Find(c => c.Device is not null && c.Serial == serial) is { } owner)
            {
                claim.Said = $"serial {serial} is in use as {owner.Who}";
                return false;
            }
            claim.Serial = serial;
            claim.Give(device);
            _starting = claim;
            return true;
        }
    }

    /// <returns>How many devices of claims are on the bus.</returns>
    private int MarkGone(RealSenseDeviceList list)
    {
        int held = 0;
        RealSenseClaim[] owners;
        lock (_lock)
            owners = [.. _claims.Where(c => c.Device is not null)];
        foreach (var claim in owners)
        {
            bool borrowed = false;
            lock (_lock) // a device that is given back is deleted after its claim was taken from the list
                if (_claims.Contains(claim))
                    claim.Device!.DangerousAddRef(ref borrowed);
            if (!borrowed)
                continue;
            try
            {
                claim.Gone = !list.Contains(claim.Device!);
            }
            finally
            {
                claim.Device!.DangerousRelease();
            }
            held += claim.Gone ? 0 : 1;
        }
        return held;
    }

    private RealSenseClaim[] Waiting()
    {
        lock (_lock)
            return [.. _claims.Where(c => c.Device is null)];
    }

    private static void Tell(RealSenseClaim[] claims, string said)
    {
        foreach (var claim in claims)
            claim.Said = said;
    }
}
