using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// A camera's thread. It calls nothing of the library: it asks the hub for the device, lets a session run it, and watches. Without
/// pictures it climbs a ladder: the streams anew, a reset of the camera, a person.
/// </summary>
internal sealed class RealSenseLink(RealSenseCameraOptions options, RealSensePictures pictures)
    : ConnectedDevice(options.Name, $"a RealSense {options.Serial}".TrimEnd(), options.Timings.Retry)
{
    private const int LookMs = 20, GoneMs = 300;
    private const double SlowShare = 0.8; // of the rate: below it is said
    private readonly RealSenseTimings _timings = options.Timings;
    private volatile CameraInfo? _info;
    private RealSenseHub? _hub;
    private string _serial = options.Serial;
    private int _quietMs; // how long the bus must have been quiet before the device is taken: more than 0 where it was restarted
    private Rung _rung;
    private bool _restarted;
    private string _resetRefused = "";

    /// <summary>What is done next where no pictures come.</summary>
    private enum Rung { Restart, Reset, Person }

    /// <param name="Why">Null: the camera is to stop.</param>
    /// <param name="Climb">Another try as it was will not do.</param>
    private readonly record struct Trouble(string? Why, bool Climb);

    public CameraInfo? Info => _info;

    protected override void OnEnded() => _hub?.Release();

    /// <summary>From looking for the device to having closed it.</summary>
    protected override void ConnectAndTalk(CancellationToken stop)
    {
        RealSenseHub hub = _hub ??= Hub(stop);
        RealSenseClaim claim = hub.Want(options.Name, _serial, _quietMs);
        while (!claim.Wait(LookMs))
        {
            if (stop.IsCancellationRequested)
            {
                hub.GiveBack(claim);
                return;
            }
            if (claim.Said.Length > 0)
                Say(false, Status.LastLoss.Length > 0 ? $"{claim.Said} (lost: {Status.LastLoss})" : claim.Said);
        }
        _serial = claim.Serial;
        var session = new RealSenseSession(hub, claim, options, pictures, mayRestart: !_restarted);
        Trouble trouble = Open(session, stop);
        if (trouble == default && !stop.IsCancellationRequested)
            trouble = AwaitFirst(claim, session, stop);
        hub.Started(claim);
        if (trouble == default && !stop.IsCancellationRequested)
            trouble = Watch(claim, session, stop);

        int changes = hub.Changes;
        bool reset = trouble.Climb && _rung == Rung.Reset;
        session.Close(reset);
        reset |= End(session, stop);
        if (reset)
            _resetRefused = session.ResetRefused;
        if (trouble.Why is not { } why)
            return;
        _restarted = session.Restarts;
        _quietMs = reset || session.Restarts ? _timings.Quiet : 0;
        if (trouble.Climb && _rung == Rung.Person)
            AskPerson(hub, why, changes, stop);
        else if (trouble.Climb)
            _rung++;
        throw new DeviceLostException(why);
    }

    private RealSenseHub Hub(CancellationToken stop)
    {
        try
        {
            return RealSenseHub.Acquire(options.Library, _timings.Poll);
        }
        catch (Exception e) when (e is DllNotFoundException or RealSenseException)
        {
            string why = e is RealSenseException said ? RealSenseErrors.Explain(said) : e.Message;
            Say(false, why);
            stop.WaitHandle.WaitOne(_timings.NoLibrary);
            throw new DeviceLostException(why);
        }
    }

    private Trouble Open(RealSenseSession session, CancellationToken stop)
    {
        long deadline = Deadline(_timings.Open);
        while (!session.WaitOpened(LookMs))
        {
            if (stop.IsCancellationRequested)
                return default;
            if (HostClock.NowNs > deadline)
                return new($"the library does not open it within {_timings.Open / 1000.0:0.#} s", Climb: true);
        }
        return session.Failure.Length > 0 ? new(session.Failure, session.Unexplained) : default;
    }

    private Trouble AwaitFirst(RealSenseClaim claim, RealSenseSession session, CancellationToken stop)
    {
        long deadline = Deadline(_timings.First);
        while (pictures.NewestNs(options.Depth) == 0 && !stop.IsCancellationRequested)
        {
            if (session.Failure.Length > 0)
                return new(session.Failure, Climb: true);
            if (claim.Gone)
                return new("it has left the USB bus: look at its cable", Climb: false);
            if (HostClock.NowNs > deadline)
                return new(Silence("since its streams were started"), Climb: true);
            stop.WaitHandle.WaitOne(LookMs);
        }
        return default;
    }

    private Trouble Watch(RealSenseClaim claim, RealSenseSession session, CancellationToken stop)
    {
        string what = Learn(session.Info!);
        Found(what);
        var rate = new RateCheck(pictures, options);
        long healthyNs = Deadline(_timings.Healthy);
        string odd = "";
        bool stale = false;
        while (!stop.IsCancellationRequested)
        {
            stop.WaitHandle.WaitOne(LookMs);
            long now = HostClock.NowNs, silentMs = (now - pictures.NewestNs(options.Depth)) / 1_000_000;
            if (session.Failure.Length > 0)
                return new(session.Failure, Climb: true);
            if (claim.Gone && silentMs > GoneMs)
                return new("it has left the USB bus: look at its cable", Climb: false);
            if (silentMs > _timings.Fault)
                return new(Silence($"for {_timings.Fault / 1000.0:0.#} s"), Climb: true);
            if (now > healthyNs)
                _rung = Rung.Restart;
            if (silentMs > _timings.Stale)
            {
                stale = true;
                Say(true, $"no {pictures.Behind(options.Depth)} picture for {_timings.Stale / 1000.0:0.#} s; {what}");
            }
            else if (rate.Look(now, session.Notice) is { } oddities && (stale || oddities != odd))
            {
                (stale, odd, what) = (false, oddities, Learn(session.Info!)); // another clock is one of the oddities
                Say(true, what + oddities);
            }
        }
        return default;
    }

    /// <summary>Waits for a session's end; where the library hangs in it, the camera is reset, which often makes calls return.</summary>
    /// <returns>Whether it was reset.</returns>
    private bool End(RealSenseSession session, CancellationToken stop)
    {
        if (session.WaitClosed(_timings.Close) || stop.IsCancellationRequested)
            return false;
        Say(false, "the library hangs while it stops the streams; the camera is reset");
        new Thread(session.ResetFromOutside) { Name = $"{options.Name} reset", IsBackground = true }.Start();
        long deadline = Deadline(_timings.Close);
        while (!session.WaitClosed(LookMs) && !stop.IsCancellationRequested)
            if (HostClock.NowNs > deadline)
                Say(false, "the library does not let go of the camera: unplug it, wait two seconds, plug it in again; if that does not "
                    + "help, start the service anew");
        return true;
    }

    /// <summary>All that can be done from here was done: waits until something changes on the bus, or for long.</summary>
    private void AskPerson(RealSenseHub hub, string why, int changes, CancellationToken stop)
    {
        string was = _resetRefused.Length > 0 ? $"a reset was refused ({_resetRefused})" : "it was reset";
        Say(false, $"{why}, though its streams were started anew and {was}: unplug it, wait two seconds, plug it in again, and "
            + "look at its cable and at what powers it");
        long until = Deadline(_timings.Patience);
        while (hub.Changes == changes && HostClock.NowNs < until && !stop.IsCancellationRequested)
            stop.WaitHandle.WaitOne(LookMs);
    }

    /// <summary>No pictures, and all that is known about why.</summary>
    private string Silence(string since)
    {
        var (broken, how) = pictures.Broken;
        return $"no {pictures.Behind(options.Depth)} picture {since}" + (broken > 0 ? $" ({broken} were broken: {how})" : "");
    }

    /// <summary>What the camera is, with what its pictures have shown of it; the line for a person.</summary>
    private string Learn(CameraInfo said) =>
        Describe(_info = said with { HasMetadata = pictures.HasMetadata, ClockDomain = pictures.Domain.Name });

    private string Describe(CameraInfo info)
    {
        string port = info.Port.Length > 0 ? $"port {info.Port}, " : "";
        string usb = (info.Usb.Length > 0 ? $"USB {info.Usb}, " : "") + port;
        string depth = info.Depth is { } d ? $" and depth {d.Width}x{d.Height}" : "";
        return $"{info.Model} {info.Serial} ({usb}firmware {info.Firmware}, {info.Library}), colour {info.Color.Width}x{info.Color.Height}"
            + $"{depth} at {options.Fps} Hz, " + (info.HasMetadata != true ? "without metadata: stamped by the host"
                : info.ClockDomain == "wall" ? "stamped by the library's fit to the wall clock" : "stamped by its own clock");
    }

    private static long Deadline(int ms) => HostClock.NowNs + ms * 1_000_000L;

    /// <summary>What is not as it should be while pictures flow.</summary>
    private sealed class RateCheck(RealSensePictures pictures, RealSenseCameraOptions options)
    {
        private long _fromNs = HostClock.NowNs, _color = pictures.Color.Counters.Received, _depth = pictures.Depth.Counters.Received;
        private long _unheld = pictures.Unheld;

        /// <summary>Null: not yet time to look; empty: all is well.</summary>
        public string? Look(long now, string notice)
        {
            if (now - _fromNs < options.Timings.Rate * 1_000_000L)
                return null;
            double seconds = (now - _fromNs) * 1e-9;
            long unheld = pictures.Unheld;
            string why = unheld > _unheld ? "; readers hold all frames: is the disk slow?" : "";
            _unheld = unheld;
            string said = Slow("colour", pictures.Color, ref _color, seconds, why.Length > 0 ? why : "; is it dark?")
                + (options.Depth ? Slow("depth", pictures.Depth, ref _depth, seconds, why) : "");
            _fromNs = now;
            var (broken, how) = pictures.Broken;
            return said + (broken > 0 ? $"; {broken} broken pictures ({how})" : "")
                + (pictures.Doubted is > 0 and var doubted ? $"; {doubted} pictures without a stamp to be believed" : "")
                + (pictures.Domain is { Changes: > 0 } clock
                    ? $"; its stamps went over to another clock ({clock.Changes} so far), now the {clock.Name}'s" : "")
                + (notice.Length > 0 ? $"; it says: {notice}" : "");
        }

        private string Slow(string kind, SampleStream<ImageFrame> stream, ref long before, double seconds, string hint)
        {
            long received = stream.Counters.Received;
            double rate = (received - before) / seconds;
            before = received;
            return rate < SlowShare * options.Fps ? $"; only {rate:0.#} Hz of {kind}{hint}" : "";
        }
    }
}
