using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// A way to rest in three phases of whole periods: the acceleration ramps to a braking one, holds, and ramps to zero. The phases are the
/// same for all joints, so the whole motion is linear in the velocities and accelerations it starts from: without acceleration the arm
/// slows along a straight line in joint space, and no joint's stop speeds up the TCP. In discrete time (a' = a + j·dt, v' = v + a'·dt,
/// p' = p + v'·dt), so that finite differences of its set-points hold the limits exactly and its end is exactly at rest. No allocation.
/// </summary>
internal sealed class BrakePlan(MotionLimits limits, double dt)
{
    private const double Rounding = 1e-9; // relative: limits hold to this
    private readonly double _speed = limits.JointSpeed, _acceleration = limits.JointAcceleration, _jerk = limits.JointJerk;
    private State _start, _held, _released;
    private Vector6 _ramp, _release; // change of acceleration per period in the first and last phase
    private int _n1, _n2, _n3;

    /// <summary>Periods until rest.</summary>
    public int Length => _n1 + _n2 + _n3;

    /// <summary>Periods after which all joints slow down in proportion: their speeds and accelerations keep their direction.</summary>
    public int RampLength => _n1;

    /// <summary>Of each joint over the whole way: rad it may turn, and the largest speed, acceleration and jerk of either sign.</summary>
    public Vector6 Travel, MaxSpeed, MaxAcceleration, MaxJerk;

    public void CopyFrom(BrakePlan other)
    {
        (_start, _held, _released) = (other._start, other._held, other._released);
        (_ramp, _release) = (other._ramp, other._release);
        (_n1, _n2, _n3) = (other._n1, other._n2, other._n3);
        (Travel, MaxSpeed, MaxAcceleration, MaxJerk) = (other.Travel, other.MaxSpeed, other.MaxAcceleration, other.MaxJerk);
    }

    /// <summary>Plans from a state. False where no such way holds the joints' limits.</summary>
    public bool TryPlan(in State start)
    {
        _start = start;
        if (start.V.MaxAbs == 0 && start.A.MaxAbs == 0)
            return PlanRest();
        ChooseRamps();
        for (int attempt = 0; attempt < 12; attempt++)
            if (Solve())
                return Finish();
        return false;
    }

    /// <summary>The state after <paramref name="n"/> periods.</summary>
    public State At(int n)
    {
        if (n <= _n1)
            return After(_start, _ramp, n);
        if (n <= _n1 + _n2)
            return After(_held, default, n - _n1);
        if (n < Length)
            return After(_released, _release, n - _n1 - _n2);
        State end = After(_released, _release, _n3);
        end.V = end.A = default; // what is left there is rounding
        return end;
    }

    private bool PlanRest()
    {
        _n1 = _n2 = 0;
        _n3 = 0;
        _held = _released = _start;
        _ramp = _release = Travel = MaxSpeed = MaxAcceleration = MaxJerk = default;
        return true;
    }

    // The ramps that the most demanding joint needs on its own; Solve lengthens them where together they are too short.
    private void ChooseRamps()
    {
        double ramp = 0, release = 0;
        for (int i = 0; i < 6; i++)
        {
            double a = _start.A[i], w = _start.V[i] + a * Math.Abs(a) / (2 * _jerk);
            double peak = Math.Min(_acceleration, Math.Sqrt(_jerk * Math.Abs(w)));
            ramp = Math.Max(ramp, Math.Abs(a + Math.CopySign(peak, w)));
            release = Math.Max(release, peak);
        }
        _n1 = Periods(ramp);
        _n2 = 0;
        _n3 = Periods(release);
    }

    private int Periods(double change) => Math.Max(1, (int)Math.Ceiling(change / (_jerk * dt) - Rounding));

    // v_end = v + dt·(a·(n1-1)/2 + b·((n1+n3)/2 + n2)) = 0 gives each joint's braking acceleration b.
    private bool Solve()
    {
        double weight = (_n1 + _n3) * 0.5 + _n2, most = 0, ramp = 0;
        Vector6 braking = default;
        for (int i = 0; i < 6; i++)
        {
            double b = -(_start.V[i] / dt + _start.A[i] * (_n1 - 1) * 0.5) / weight;
            braking[i] = b;
            most = Math.Max(most, Math.Abs(b));
            ramp = Math.Max(ramp, Math.Abs(b - _start.A[i]));
        }
        double step = _jerk * dt * (1 + Rounding);
        if (most > _acceleration * (1 + Rounding))
        {
            _n2 += (int)Math.Ceiling(weight * (most / _acceleration - 1));
            return false;
        }
        if (ramp > _n1 * step)
        {
            _n1 = Periods(ramp);
            return false;
        }
        if (most > _n3 * step)
        {
            _n3 = Periods(most);
            return false;
        }
        _ramp = (braking - _start.A) * (1.0 / _n1);
        _release = braking * (-1.0 / _n3);
        return true;
    }

    private bool Finish()
    {
        _held = After(_start, _ramp, _n1);
        _released = After(_held, default, _n2);
        // From rest with a = 1, or from a = 0 with v = 1, the speed stays positive: distances of the two parts may be added.
        double weight = (_n1 + _n3) * 0.5 + _n2;
        double perSpeed = Distance(1, 0, -1 / dt / weight), perAcceleration = Distance(0, 1, -(_n1 - 1) * 0.5 / weight);
        for (int i = 0; i < 6; i++)
        {
            double v = _start.V[i], a = _start.A[i];
            Travel[i] = Math.Abs(v) * perSpeed + Math.Abs(a) * perAcceleration;
            MaxAcceleration[i] = Math.Max(Math.Abs(a), Math.Abs(_held.A[i]));
            MaxJerk[i] = Math.Max(Math.Abs(_ramp[i]), Math.Abs(_release[i])) / dt;
            double most = Math.Max(Math.Abs(v), Math.Abs(_held.V[i]));
            if (a * _ramp[i] < 0)
            {
                // the speed turns where the acceleration passes zero
                double n = Math.Clamp(Math.Floor(-a / _ramp[i]), 0, _n1);
                most = Math.Max(most, Math.Abs(v + dt * (n * a + _ramp[i] * n * (n + 1) * 0.5)));
            }
            MaxSpeed[i] = most;
            if (most > _speed * (1 + Rounding))
                return false;
        }
        return true;
    }

    private double Distance(double v, double a, double braking)
    {
        double p = 0;
        Go(ref p, ref v, ref a, (braking - a) / _n1, _n1);
        Go(ref p, ref v, ref a, 0, _n2);
        Go(ref p, ref v, ref a, -braking / _n3, _n3);
        return Math.Abs(p);
    }

    private void Go(ref double p, ref double v, ref double a, double change, double n)
    {
        double s1 = n * (n + 1) * 0.5, s2 = s1 * (n + 2) / 3;
        p += dt * (n * v + dt * (a * s1 + change * s2));
        v += dt * (n * a + change * s1);
        a += n * change;
    }

    private State After(in State from, in Vector6 change, int n)
    {
        State to = from;
        for (int i = 0; i < 6; i++)
            Go(ref to.P[i], ref to.V[i], ref to.A[i], change[i], n);
        return to;
    }

    /// <summary>One moment: rad, rad/s, rad/s².</summary>
    internal struct State
    {
        public Vector6 P, V, A;
    }
}
