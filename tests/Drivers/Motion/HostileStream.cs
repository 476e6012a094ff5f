using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Motion;

/// <summary>
/// One random or hostile stream of commands through filter and generator, with every set-point checked. The same seed is the same stream.
/// </summary>
internal sealed class HostileStream
{
    private static readonly Pool[] s_pools =
        [new("UR5e", new()), new("UR5e", Tight()), new("UR5e", Loose()), new("UR3e", new() { WorkspaceMax = new(0.4, 0.4, 0.6) })];

    private readonly Random _random;
    private readonly Pool _pool;
    private readonly MotionLimits _limits;
    private readonly SetpointGenerator _generator;
    private readonly double _dt;
    private readonly long _periodNs, _intervalNs;
    private readonly bool _everyCycle; // commands come once a cycle, else once a tick
    private readonly Vector6 _start;
    private SafetyFilter _filter;
    private long _nowNs = 1_000_000_000, _lastTargetNs, _movedNs;
    private Vector6 _p, _v, _a, _drift;
    private Vec3 _tcp;
    private double _phase, _frequency, _amplitude;

    public HostileStream(int seed)
    {
        _random = new Random(seed);
        _pool = s_pools[_random.Next(8) switch { < 5 => 0, 5 => 1, 6 => 2, _ => 3 }];
        _limits = _pool.Limits;
        double rate = _random.Next(8) == 0 ? 125 : 500;
        _dt = 1 / rate;
        _periodNs = (long)(1e9 / rate);
        _everyCycle = _random.Next(5) == 0;
        _intervalNs = _everyCycle ? _periodNs : 33_333_333;
        _generator = new(_pool.Kinematics, _limits, rate);
        _filter = new(_pool.Kinematics, _limits);
        _start = _pool.Starts[_random.Next(_pool.Starts.Length)];
        Seed(_start);
    }

    /// <summary>What was checked and found, over many streams.</summary>
    internal sealed class Totals
    {
        public long Setpoints, Targets, Accepted, Clamped, Moving;
        public double FastestTcp, FastestJoint;

        /// <summary>Until standstill with the default limits, s: after a stop, and after the last target taken.</summary>
        public double AfterStop, AfterSilence;

        public void Add(Totals other)
        {
            Setpoints += other.Setpoints;
            Targets += other.Targets;
            Accepted += other.Accepted;
            Clamped += other.Clamped;
            Moving += other.Moving;
            AfterStop = Math.Max(AfterStop, other.AfterStop);
            AfterSilence = Math.Max(AfterSilence, other.AfterSilence);
            FastestTcp = Math.Max(FastestTcp, other.FastestTcp);
            FastestJoint = Math.Max(FastestJoint, other.FastestJoint);
        }
    }

    /// <summary>Runs the stream to its standstill. Null, or which limit was left where.</summary>
    public string? Play(Totals totals)
    {
        int ticks = _everyCycle ? _random.Next(30, 160) : _random.Next(3, 16), kind = _random.Next(12);
        _frequency = _random.NextDouble() * 12;
        _amplitude = _random.NextDouble() * 0.4;
        _drift = Any(2);
        for (int tick = 0; tick < ticks; tick++)
        {
            int trick = _random.Next(40);
            for (int burst = trick == 0 ? 8 : 1; burst > 0; burst--)
                if (trick != 1)
                    Send(_random.Next(25) == 0 ? _random.Next(12) : kind, burst, totals);
            if (trick == 2)
                _generator.Brake();
            long until = _nowNs + (trick == 3 ? _random.NextInt64(300_000_000)
                : _intervalNs + (trick < 8 ? _random.NextInt64(-_intervalNs / 4, _intervalNs / 3) : 0));
            if (Run(until, totals) is { } broken)
                return broken;
            if (_generator.State == GeneratorState.Holding && _random.Next(2) == 0)
            {
                _filter = new(_pool.Kinematics, _limits); // another lease begins
                _filter.Seed(_generator.Position);
            }
        }
        bool stop = _random.Next(2) == 0, following = _generator.State == GeneratorState.Following;
        if (stop)
            _generator.Brake();
        long lost = stop ? _nowNs : _lastTargetNs;
        if (Run(_nowNs + 1_000_000_000, totals, untilRest: true) is { } wrong)
            return wrong;
        if (_generator.State != GeneratorState.Holding || _generator.Velocity.MaxAbs != 0)
            return "did not come to rest within a second";
        if (_pool == s_pools[0] && following && _movedNs > lost)
        {
            ref double longest = ref stop ? ref totals.AfterStop : ref totals.AfterSilence;
            longest = Math.Max(longest, (_movedNs - lost) * 1e-9);
        }
        return null;
    }

    private void Seed(in Vector6 q)
    {
        _generator.Seed(q);
        _filter.Seed(q);
        (_p, _v, _a) = (q, default, default);
        _pool.Arm.Place(q);
        _tcp = _pool.Arm.Tcp;
    }

    private void Send(int kind, int burst, Totals totals)
    {
        long due = _nowNs + _intervalNs;
        due = _random.Next(60) switch
        {
            0 => long.MinValue,
            1 => long.MaxValue,
            2 => _nowNs - 50_000_000,
            3 => _nowNs + 400_000_000,
            4 => _nowNs + 1,
            _ => due - burst * 1000,
        };
        var command = Next(kind) with { DueNs = due };
        if (_random.Next(50) == 0)
            command = Poisoned(command);
        totals.Targets++;
        if (_generator.State == GeneratorState.Braking)
            return; // as the arm's thread does: nothing is taken until it stands
        if (_generator.State == GeneratorState.Holding)
            _filter.Seed(_generator.Position);
        SendResult result = _filter.Check(command, _nowNs, _random.Next(20) == 0 ? _random.NextDouble() : 1);
        if (!result.Accepted)
            return;
        totals.Accepted++;
        if (result.Clamped != Clamp.None)
            totals.Clamped++;
        _generator.Add(result.Guarded, command.DueNs, _nowNs, _everyCycle);
        _lastTargetNs = _nowNs;
    }

    private Command Next(int kind)
    {
        Vector6 here = _generator.Position;
        Vec3 tcp = _tcp;
        _phase += _frequency * 2 * Math.PI * _intervalNs * 1e-9;
        return kind switch
        {
            0 => new(CommandKind.JointVelocity, Any(6), double.NaN, 0),
            1 => new(CommandKind.JointPosition, here + Any(0.08), double.NaN, 0),
            2 => new(CommandKind.JointPosition, _start + _drift * (_amplitude * Math.Sin(_phase)), double.NaN, 0),
            3 => new(CommandKind.JointVelocity, _drift * (_random.Next(2) == 0 ? 3 : -3), double.NaN, 0),
            4 => new(CommandKind.JointVelocity, _drift, double.NaN, 0),
            5 => new(CommandKind.JointVelocity, new(0, 1.5, 1, 0, 0, 0), double.NaN, 0), // to the table
            6 => new(CommandKind.JointVelocity, new(0, 0, 2 * Math.Sign(here[2] + 0.01), 1, 0, 0), double.NaN, 0), // folds up
            7 => new(CommandKind.JointVelocity, new(1.5 * Math.Sign(here[0]), 0, 0, 0, 0, 3 * Math.Sign(here[5])),
                double.NaN, 0), // to the ranges
            8 => new(CommandKind.TcpVelocity, Any(1), double.NaN, 0),
            9 => new(CommandKind.TcpVelocity, new(tcp.X, tcp.Y, -1, 0, 0, 0), double.NaN, 0), // out of the box and down
            10 => new(CommandKind.JointPosition, _random.Next(3) == 0 ? here + Any(3) : here + Any(0.05), double.NaN, 0),
            _ => new(CommandKind.JointPosition, here + _drift * 0.02, double.NaN, 0),
        };
    }

    private Command Poisoned(Command command)
    {
        Vector6 arm = command.Arm;
        double[] poison = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, -1e9, double.Epsilon];
        arm[_random.Next(6)] = poison[_random.Next(poison.Length)];
        return command with { Arm = arm, Kind = _random.Next(8) == 0 ? (CommandKind)77 : command.Kind };
    }

    private string? Run(long untilNs, Totals totals, bool untilRest = false)
    {
        while (_nowNs < untilNs)
        {
            bool missed = _random.Next(400) == 0;
            _nowNs += missed ? 3 * _periodNs : _periodNs; // a gap that nobody makes up for: still one step
            _generator.Step(_nowNs);
            if (Check(totals) is { } wrong)
                return wrong;
            if (untilRest && _generator.State == GeneratorState.Holding)
                return null;
        }
        return null;
    }

    // From the positions alone.
    private string? Check(Totals totals)
    {
        Vector6 p = _generator.Position;
        totals.Setpoints++;
        if (p == _p && _v.MaxAbs == 0 && _a.MaxAbs == 0)
            return null; // stands where it was found clear before
        totals.Moving++;
        _movedNs = _nowNs;
        if (!p.IsFinite)
            return "a set-point that is not a number";
        Vector6 v = (p - _p) * (1 / _dt), a = (v - _v) * (1 / _dt);
        double jerk = (a - _a).MaxAbs / _dt;
        (_p, _v, _a) = (p, v, a);
        // Differences of positions carry their rounding, 1e-15 rad, divided by dt once, twice, three times.
        if (v.MaxAbs > _limits.JointSpeed * (1 + 1e-9))
            return $"joint speed {v.MaxAbs} rad/s";
        if (a.MaxAbs > _limits.JointAcceleration * (1 + 1e-8))
            return $"joint acceleration {a.MaxAbs} rad/s²";
        if (jerk > _limits.JointJerk * (1 + 1e-6))
            return $"joint jerk {jerk} rad/s³";
        for (int i = 0; i < 6; i++)
            if (p[i] < _limits.JointMin[i] || p[i] > _limits.JointMax[i])
                return $"joint {i} at {p[i]} rad, out of its range";
        _pool.Arm.Place(p);
        Vec3 tcp = _pool.Arm.Tcp;
        double speed = (tcp - _tcp).Length / _dt;
        _tcp = tcp;
        if (speed > _limits.TcpSpeed * (1 + 1e-9))
            return $"TCP speed {speed} m/s";
        Vec3 low = _limits.WorkspaceMin, high = _limits.WorkspaceMax;
        if (tcp.X < low.X || tcp.Y < low.Y || tcp.Z < low.Z || tcp.X > high.X || tcp.Y > high.Y || tcp.Z > high.Z)
            return $"TCP at {tcp}, out of the box";
        if (_pool.Arm.Lowest() < _limits.TableHeight)
            return $"{_pool.Arm.Lowest()} m: below the table";
        if (_pool.Arm.TouchesItself())
            return "the arm touches itself";
        totals.FastestTcp = Math.Max(totals.FastestTcp, speed / _limits.TcpSpeed);
        totals.FastestJoint = Math.Max(totals.FastestJoint, v.MaxAbs / _limits.JointSpeed);
        return null;
    }

    private Vector6 Any(double width)
    {
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = (_random.NextDouble() - 0.5) * 2 * width;
        return v;
    }

    private static MotionLimits Tight() => new()
    {
        TcpSpeed = 0.05,
        JointAcceleration = 2,
        JointJerk = 20,
        TableHeight = 0.1,
        WorkspaceMin = new(-0.6, -0.6, 0.15),
        WorkspaceMax = new(0.6, 0.6, 0.7),
    };

    private static MotionLimits Loose() => new() { TcpSpeed = 1.5, JointSpeed = 3, JointAcceleration = 20, JointJerk = 500 };

    // A robot with limits, and clear poses of it to start from, many of them close to something.
    private sealed class Pool
    {
        [ThreadStatic]
        private static Dictionary<Pool, IndependentArm>? s_arms;
        private readonly string _model;

        public Pool(string model, MotionLimits limits)
        {
            _model = model;
            limits.FlangeToTcp = new(new(0.01, 0, 0.145), Quat.Identity);
            Limits = limits;
            Kinematics = new(UrModel.ByName(model));
            Starts = FindStarts(new ArmGeometry(Kinematics, limits), limits);
        }

        public MotionLimits Limits { get; }

        public UrKinematics Kinematics { get; }

        public Vector6[] Starts { get; }

        public IndependentArm Arm
        {
            get
            {
                s_arms ??= [];
                if (!s_arms.TryGetValue(this, out IndependentArm? arm))
                    s_arms[this] = arm = new(_model, Limits.FlangeToTcp.Position, Limits.ToolRadius);
                return arm;
            }
        }

        private static Vector6[] FindStarts(ArmGeometry geometry, MotionLimits limits)
        {
            var random = new Random(7);
            var starts = new List<Vector6>();
            while (starts.Count < 400)
            {
                Vector6 q = default;
                for (int i = 0; i < 6; i++)
                    q[i] = (random.NextDouble() - 0.5) * 2 * Math.PI;
                if (starts.Count % 4 == 0)
                    q[4] = 1e-3; // wrist singularity
                if (starts.Count % 7 == 0)
                    (q[0], q[5]) = (limits.JointMax[0] - 0.02, limits.JointMin[5] + 0.02);
                if (!geometry.IsClear(q, BrakeCheck.Margin))
                    continue;
                Vector6 toward = default;
                for (int i = 0; i < 6; i++)
                    toward[i] = (random.NextDouble() - 0.5) * 0.01;
                // half of them: on until something is near
                for (int n = 0; starts.Count % 2 == 0 && n < 300 && geometry.IsClear(q + toward, BrakeCheck.Margin); n++)
                    q += toward;
                for (int i = 0; i < 6; i++)
                    q[i] = Math.Clamp(q[i], limits.JointMin[i], limits.JointMax[i]);
                if (geometry.IsClear(q, BrakeCheck.Margin))
                    starts.Add(q);
            }
            return [.. starts];
        }
    }
}
