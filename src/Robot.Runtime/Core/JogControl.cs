using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// Jogging: one press, one step. The first press takes the lease; it is given back when the arm has rested for some seconds, or when the
/// connection that pressed goes away. Where a stop or a loss ended it, a key that is still held takes it no more: it must be let go first.
/// </summary>
internal sealed class JogControl(PolicyRunner policies)
{
    private const long HeldMs = 700; // keyboards wait half a second or a little more before they repeat a key

    private static readonly TimeSpan s_restLook = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private JogPolicy? _policy;
    private Task<PolicyEnd>? _ended; // of the policy
    private string? _notTaken; // the arm, by the last press that tried
    private long _pressedMs = long.MinValue / 2;
    private object? _owner;

    /// <summary>A jogged recording runs: the lease is kept while the arm rests.</summary>
    public bool Recording { get; set; }

    /// <param name="steps">Signed; for the gripper: above 0 closes, below opens.</param>
    /// <exception cref="RobotException">The axis is unknown, the key has been held since the jog was ended, somebody else has the arm, or
    /// motion is refused.</exception>
    public object Press(object connection, string axis, int steps)
    {
        lock (_lock)
        {
            try
            {
                RefuseHeldKey();
                Take();
                _owner = connection;
                _policy!.Press(axis, Math.Clamp(steps, -10, 10));
                return new { };
            }
            finally
            {
                _pressedMs = Environment.TickCount64; // taking the arm may last seconds, and keys queue behind it
            }
        }
    }

    /// <summary>Takes the lease where jogging does not have it yet.</summary>
    /// <exception cref="RobotException">Somebody else has the arm, or motion is refused.</exception>
    public void Take()
    {
        lock (_lock)
        {
            if (_policy is not null && policies.Current == _policy)
                return;
            JogPolicy? made = null;
            _notTaken = "it could not begin";
            _ended = policies.Start("jog", motion => made = new(new TcpStepJog(motion.CommandedTcp), motion));
            (_policy, _notTaken) = (made, null);
            _ = EndWhenRestedAsync(_ended, made!);
        }
    }

    public void Closed(object connection)
    {
        lock (_lock)
        {
            if (_owner != connection)
                return;
            _owner = null;
            if (_policy is not null && policies.Current == _policy)
                policies.Stop("who jogged the arm went away");
        }
    }

    private void RefuseHeldKey()
    {
        if (Environment.TickCount64 - _pressedMs >= HeldMs || (_policy is not null && policies.Current == _policy))
            return;
        string? why = _notTaken ?? _ended switch
        {
            null or { IsCompletedSuccessfully: true, Result.Completed: true } => null, // it had rested
            { IsCompletedSuccessfully: true } => _ended.Result.Why,
            _ => "it was stopped",
        };
        if (why is not null)
            throw new RobotException(ExitCode.Device, $"the jog has ended ({why}): let the key go, look at the arm, then press again");
    }

    private async Task EndWhenRestedAsync(Task<PolicyEnd> ended, JogPolicy policy)
    {
        await ended;
        for (; policies.Current == policy; await Task.Delay(s_restLook))
            lock (_lock) // a press that came just now goes on
                if (policy.HasRested && !Recording)
                    policies.End("the jog is over");
    }

    private sealed class JogPolicy(TcpStepJog jog, ArmMotion motion) : ITickPolicy
    {
        private const long RestNs = 5_000_000_000;
        private double _gripper = double.NaN;
        private long _restSinceNs = long.MinValue;
        private volatile bool _hasRested;

        public string Name => "jog";

        /// <summary>For some seconds, and nothing was pressed since.</summary>
        public bool HasRested => _hasRested && jog.AtRest;

        public void Press(string axis, int steps)
        {
            switch (axis)
            {
                case "gripper" when steps != 0:
                    Volatile.Write(ref _gripper, steps > 0 ? 1 : 0);
                    break;
                case "gripper":
                    break;
                case "x" or "y" or "z" or "rx" or "ry" or "rz":
                    jog.Press(Array.IndexOf(["x", "y", "z", "rx", "ry", "rz"], axis), steps);
                    break;
                default:
                    throw new RobotException(ExitCode.Usage, $"axis '{axis}' is not known; use x, y, z, rx, ry, rz or gripper");
            }
            Volatile.Write(ref _restSinceNs, long.MinValue);
            _hasRested = false;
        }

        public PolicyStep Next(Observation observation, long dueNs)
        {
            Command command = jog.Next(dueNs, Volatile.Read(ref _gripper), observation.Robot.Value.SpeedFraction);
            if (!jog.AtRest)
                Volatile.Write(ref _restSinceNs, long.MinValue);
            else if (Volatile.Read(ref _restSinceNs) == long.MinValue)
                Volatile.Write(ref _restSinceNs, dueNs);
            _hasRested = jog.AtRest && dueNs - Volatile.Read(ref _restSinceNs) > RestNs;
            return new(command, _hasRested);
        }

        /// <summary>Where the arm could not follow, the steps that wait are forgotten and the next begins where it is.</summary>
        public void Sent(in SendResult result)
        {
            if (!result.Accepted || result.Clamped != Clamp.None)
                jog.Restart(motion.TcpOf(result.Guarded));
        }
    }
}
