using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Planner.Live;

/// <summary>Where the action of a tick comes from.</summary>
public enum ActionSource
{
    /// <summary>There is none: hold.</summary>
    None,

    /// <summary>From the plan that was made for this tick.</summary>
    Planned,

    /// <summary>From an earlier plan, shifted: the one for this tick is late.</summary>
    Shifted,
}

/// <summary>A plan that was made.</summary>
/// <param name="Slot">The tick that it was made for.</param>
/// <param name="BeganNs">Host's clock.</param>
/// <param name="Observed">What the tick before saw; empty where nothing fresh was there. The loop's own: it is another's soon.</param>
public readonly record struct MadePlan(
    long Slot, long BeganNs, long EndedNs, PlanRequest Request, PlanResult Result, ReadOnlyMemory<float> Observed);

/// <summary>Takes each plan when it is made. Called on the planner's thread: must not wait or allocate.</summary>
public interface IPlanLog
{
    /// <param name="controller">Has the plan, and what it began from.</param>
    void Planned(in MadePlan plan, ModelController controller);
}

/// <summary>What a loop has done since it began.</summary>
/// <param name="Plans">Made in time or late.</param>
/// <param name="Late">Ticks whose plan was not there.</param>
/// <param name="Held">Ticks that had no action at all.</param>
/// <param name="OneStepError">The newest; NaN before the second observation.</param>
/// <param name="Expected">Return of the newest plan, as it was imagined.</param>
/// <param name="PicturesMissing">Pictures that the model sees and that were not there, or not fresh.</param>
public readonly record struct LoopReport(
    long Plans, long Late, long Held, double PlanP50Ms, double PlanP99Ms, double PlanMaxMs, double OneStepError, double Expected,
    long PicturesMissing);

/// <summary>
/// Plans beside the tick: a thread of its own filters what the tick posts and plans for the tick after. The tick never waits; a plan that
/// is not there when its tick comes is not executed any more, and what an earlier one had for that time is taken instead. One thread posts
/// and takes. No allocation after construction.
/// </summary>
public sealed class PlanningLoop : IDisposable
{
    /// <summary>Ticks by which a plan may be shifted before there is nothing left but to hold.</summary>
    public const int MostShift = 3;

    /// <summary>Observations one after another whose error is beyond the limit before the model is not believed any more.</summary>
    public const int MostDoubts = 5;

    private const int Ring = 16; // ticks that may pile up while a plan takes long; more than a hold lasts
    private const int MostWaiting = 2; // postings that hold pictures: a camera has few, and its recording needs them
    private const int Window = 4096;
    private readonly ModelController _controller;
    private readonly Posting[] _postings;
    private readonly float[][] _plans;
    private readonly float[] _onTheWay;
    private readonly long[] _planNs = new long[Window];
    private readonly int _delayTicks;
    private readonly long _marginNs;
    private readonly AutoResetEvent _posted = new(false);
    private readonly DeviceThread _thread;
    private readonly Func<long> _now;
    private readonly IPlanLog? _log;
    private long _head, _done; // postings written, postings filtered
    private long _published; // plans published
    private readonly long[] _forSlot = [-1, -1];
    private readonly float[] _returns = [float.NaN, float.NaN];
    private long _late, _held, _planCount, _picturesMissing;
    private int _doubts;
    private double _error = double.NaN;
    private volatile string? _doubt;

    /// <param name="controller">Filters and plans; belongs to the loop's thread from now on.</param>
    /// <param name="delayTicks">
    /// Ticks by which a command takes effect later than it did where the model learned: so many sent actions are on their way, beside the
    /// one of this tick.
    /// </param>
    /// <param name="marginNs">A plan ends so long before the tick that it is for.</param>
    /// <param name="now">Null: the host's clock.</param>
    /// <param name="log">Null: nobody keeps the plans.</param>
    public PlanningLoop(
        ModelController controller, int delayTicks = 0, long marginNs = 4_000_000, Func<long>? now = null, IPlanLog? log = null)
    {
        _log = log;
        ArgumentOutOfRangeException.ThrowIfNegative(delayTicks);
        (_controller, _delayTicks, _marginNs, _now) = (controller, delayTicks, marginNs, now ?? (() => HostClock.NowNs));
        int actions = controller.ActionSize;
        _postings = [.. Enumerable.Range(0, Ring).Select(
            _ => new Posting(controller.ObservationSize, actions, controller.Pictures.Count))];
        _plans = [new float[controller.Horizon * actions], new float[controller.Horizon * actions]];
        _onTheWay = new float[(delayTicks + 1) * actions];
        _thread = new DeviceThread("planner", Run);
    }

    /// <summary>Ticks by which commands take effect later than where the model learned.</summary>
    public int DelayTicks => _delayTicks;

    /// <summary>Made so far, in time or late.</summary>
    public long Plans => Volatile.Read(ref _planCount);

    /// <summary>The return that the newest plan was imagined with; NaN before the first.</summary>
    public float Expected => _returns[Volatile.Read(ref _published) & 1];

    /// <summary>Why the model is not to be followed any more; null while it is.</summary>
    public string? Doubt => _doubt;

    public void Start() => _thread.Start();

    /// <summary>
    /// The action for a tick. What the plans have for it, else zeros and <see cref="ActionSource.None"/>.
    /// </summary>
    public ActionSource Take(long slot, Span<float> action)
    {
        int which = (int)(Volatile.Read(ref _published) & 1);
        long age = slot - Volatile.Read(ref _forSlot[which]);
        if (age is < 0 or > MostShift || age >= _controller.Horizon || Volatile.Read(ref _forSlot[which]) < 0)
        {
            action.Clear();
            _held++;
            return ActionSource.None;
        }
        _plans[which].AsSpan((int)age * action.Length, action.Length).CopyTo(action);
        if (age == 0)
            return ActionSource.Planned;
        _late++;
        return ActionSource.Shifted;
    }

    /// <summary>Tells the loop what a tick saw and sent; a plan for the next tick comes of it.</summary>
    /// <param name="slot">Rises by one, or by more where ticks were missed.</param>
    /// <param name="dueNs">Time of the next tick.</param>
    /// <param name="observation">In the model's own units; empty where nothing fresh was there.</param>
    /// <param name="sent">The action that this tick sent.</param>
    /// <param name="begins">An episode begins with this observation: what was before is forgotten.</param>
    /// <param name="frames">
    /// The pictures that the model sees, in its order; null where there is none, or none that is fresh. The loop takes references of its
    /// own, and brings them to the model's size on its own thread. Empty: none is there.
    /// </param>
    public void Post(
        long slot, long dueNs, ReadOnlySpan<float> observation, ReadOnlySpan<float> sent, bool begins = false,
        ReadOnlySpan<ImageFrame?> frames = default)
    {
        if (_head - Volatile.Read(ref _done) >= Ring)
            return; // the planner hangs; what it has is held by then, and the next observation finds it where it is
        Posting posting = _postings[_head % Ring];
        (posting.Slot, posting.DueNs, posting.Fresh, posting.Begins) = (slot, dueNs, !observation.IsEmpty, begins);
        observation.CopyTo(posting.Observation);
        sent.CopyTo(posting.Sent);
        bool room = _head - Volatile.Read(ref _done) < MostWaiting;
        for (int i = 0; i < posting.Frames.Length; i++)
        {
            posting.Frames[i] = room && i < frames.Length ? frames[i] : null;
            posting.Frames[i]?.AddReference();
        }
        Volatile.Write(ref _head, _head + 1);
        _posted.Set();
    }

    public LoopReport Report()
    {
        int n = (int)Math.Min(Volatile.Read(ref _planCount), Window);
        long[] sorted = _planNs[..n];
        Array.Sort(sorted);
        double At(double share) => n == 0 ? double.NaN : sorted[(int)((n - 1) * share)] * 1e-6;
        return new(_planCount, _late, _held, At(0.5), At(0.99), At(1), _error, Expected, Volatile.Read(ref _picturesMissing));
    }

    public void Dispose()
    {
        _thread.Dispose();
        for (; _done < _head; _done++) // what it has not come to
            _postings[_done % Ring].Release();
        _controller.Dispose();
        // Not _posted: a tick that is in the middle of posting must find it; its handle goes with the object.
    }

    private void Run(CancellationToken stop)
    {
        using CancellationTokenRegistration wake = stop.Register(() => _posted.Set());
        Span<float> led = stackalloc float[_controller.ActionSize];
        long lastPlanSlot = -1;
        while (!stop.IsCancellationRequested)
        {
            _posted.WaitOne();
            while (_done < Volatile.Read(ref _head) && !stop.IsCancellationRequested)
            {
                Posting posting = _postings[_done % Ring];
                if (posting.Begins)
                {
                    _controller.Begin();
                    Array.Clear(_onTheWay);
                    (_doubts, _error, lastPlanSlot) = (0, double.NaN, -1);
                }
                Filter(posting, led);
                if (_done + 1 == Volatile.Read(ref _head) && _doubt is null) // nothing newer: this one is planned from
                {
                    Plan(posting, lastPlanSlot);
                    lastPlanSlot = posting.Slot;
                }
                Volatile.Write(ref _done, _done + 1);
            }
        }
    }

    // What led to this observation was sent one tick, and the delay, before.
    private void Filter(Posting posting, Span<float> led)
    {
        led.Clear();
        int actions = _controller.ActionSize;
        _onTheWay.AsSpan(0, actions).CopyTo(led);
        Look(posting);
        double error = _controller.Observe(led, posting.Fresh ? posting.Observation : []);
        _onTheWay.AsSpan(actions).CopyTo(_onTheWay);
        posting.Sent.CopyTo(_onTheWay.AsSpan(_onTheWay.Length - actions));
        if (double.IsNaN(error))
            return;
        _error = error;
        _doubts = error > _controller.OneStepLimit ? _doubts + 1 : 0;
        if (_doubts >= MostDoubts)
        {
            _doubt = string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"the model does not know this world: for {MostDoubts} ticks what was seen was off what it expected by more than in "
                + $"99.9 % of validation ({error:0.00}, limit {_controller.OneStepLimit:0.00})");
        }
    }

    private void Look(Posting posting)
    {
        for (int i = 0; i < posting.Frames.Length; i++)
        {
            if (posting.Frames[i] is { } frame)
                _controller.Pictures.Put(i, frame);
            else
                Volatile.Write(ref _picturesMissing, _picturesMissing + 1);
        }
        posting.Release();
    }

    private void Plan(Posting posting, long lastPlanSlot)
    {
        long began = _now();
        _controller.Expect(_onTheWay);
        int shift = lastPlanSlot < 0 ? 0 : (int)Math.Min(posting.Slot - lastPlanSlot, _controller.Horizon);
        var request = new PlanRequest((ulong)posting.Slot, posting.DueNs - _marginNs, shift);
        PlanResult result = _controller.Plan(request);
        long next = _published + 1;
        int which = (int)(next & 1);
        _controller.CopyPlan(_plans[which]);
        _returns[which] = result.Return;
        Volatile.Write(ref _forSlot[which], posting.Slot + 1);
        Volatile.Write(ref _published, next);
        long ended = _now();
        float[]? observed = posting.Fresh ? posting.Observation : null;
        _log?.Planned(new MadePlan(posting.Slot + 1, began, ended, request, result, observed), _controller);
        _planNs[_planCount % Window] = ended - began;
        Volatile.Write(ref _planCount, _planCount + 1); // last: who sees the count sees the plan
    }

    private sealed class Posting(int observation, int action, int pictures)
    {
        public readonly ImageFrame?[] Frames = new ImageFrame?[pictures];
        public readonly float[] Observation = new float[observation];
        public readonly float[] Sent = new float[action];
        public long Slot, DueNs;
        public bool Fresh, Begins;

        public void Release()
        {
            for (int i = 0; i < Frames.Length; i++)
            {
                Frames[i]?.Release();
                Frames[i] = null;
            }
        }
    }
}
