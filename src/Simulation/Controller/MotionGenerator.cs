using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The set-point of every control cycle (rad, rad/s), made from the newest motion command. All commands start from the set-point, not
/// from the measured pose. Blend radii are not simulated: every move ends at rest.
/// </summary>
internal sealed class MotionGenerator(UrKinematics kinematics, in Vector6 startQ)
{
    /// <summary>rad/s²: when a program ends in motion, and in a protective or emergency stop.</summary>
    public const double ProgramStopDeceleration = 10, SafetyStopDeceleration = 25;

    private const double ServoAcceleration = 40; // rad/s²: what a UR joint reaches

    private enum Motion { Hold, Servo, Move, Speed, Stop, Freedrive }

    private Motion _motion = Motion.Hold;
    private Vector6 _q = startQ, _qd, _qdd, _servoTarget, _speedTarget;
    private Pose _tcp;
    private double _servoLookahead, _servoGain, _speedAcceleration, _speedLeftS, _deceleration;
    private bool _linearStop;
    private readonly MovePath _path = new(kinematics);

    public Vector6 Q => _q;

    public Vector6 Qd => _qd;

    public Vector6 Qdd => _qdd;

    /// <summary>How far a servoj target is from the set-point, as a share of what ends in a protective stop.</summary>
    public double DeviationRatio { get; private set; }

    public bool IsSteady => _qd.MaxAbs == 0 && _motion is not (Motion.Move or Motion.Freedrive);

    public bool InFreedrive => _motion == Motion.Freedrive;

    /// <summary>The newest move has arrived, or the newest stop stands.</summary>
    public bool IsDone => _motion is Motion.Hold or Motion.Servo;

    /// <summary>speedj has reached its speed.</summary>
    public bool SpeedReached { get; private set; }

    /// <summary>Follows a target (rad) with a second-order response; see <see cref="ServoStep"/>.</summary>
    public void Servo(in Vector6 target, double timeS, double lookaheadS, double gain)
    {
        _motion = Motion.Servo;
        (_servoTarget, _servoLookahead, _servoGain) = (target, lookaheadS, gain);
        DeviationRatio = Deviation(target, timeS, lookaheadS);
    }

    /// <summary>Straight in joint space. <paramref name="timeS"/> over 0 overrides speed and acceleration.</summary>
    public void MoveJ(in Vector6 target, double acceleration, double speed, double timeS)
    {
        _motion = Motion.Move;
        _path.SetJoints(target, acceleration, speed, timeS);
    }

    /// <summary>Straight in space for the TCP.</summary>
    public void MoveL(in Pose tcpInBase, in Pose flangeToTcp, double acceleration, double speed, double timeS)
    {
        _motion = Motion.Move;
        _path.SetLine(tcpInBase, flangeToTcp, acceleration, speed, timeS);
    }

    /// <summary>
    /// Accelerates to joint speeds and keeps them for the time (infinite: until they are reached); then, without a new command, slows
    /// down as it sped up.
    /// </summary>
    public void SpeedJ(in Vector6 speeds, double acceleration, double timeS)
    {
        _motion = Motion.Speed;
        (_speedTarget, _speedAcceleration, _speedLeftS, SpeedReached) = (speeds, acceleration, timeS, false);
    }

    /// <param name="deceleration">Of the fastest joint, rad/s²; or of the tool, m/s², where <paramref name="ofTool"/>.</param>
    public void Stop(double deceleration, bool ofTool = false)
    {
        _motion = Motion.Stop;
        (_deceleration, _linearStop) = (deceleration, ofTool);
    }

    public void Freedrive() => _motion = Motion.Freedrive;

    /// <summary>One cycle.</summary>
    /// <param name="speedFraction">The slider: moves and speeds run in time that is slowed by it; servoj does not.</param>
    /// <param name="hand">Force and torque of a hand at the TCP, base frame: leads the arm in freedrive.</param>
    /// <returns>Null, or what asks for a protective stop.</returns>
    public string? Step(double dt, double speedFraction, in Pose flangeToTcp, in Vector6 hand)
    {
        _tcp = flangeToTcp;
        Vector6 before = _qd;
        if (_motion != Motion.Servo)
            DeviationRatio = 0;
        string? problem = _motion switch
        {
            Motion.Servo => ServoStep(dt),
            Motion.Move => MoveStep(dt, speedFraction),
            Motion.Speed => SpeedStep(dt, speedFraction),
            Motion.Stop => StopStep(dt),
            Motion.Freedrive => FreedriveStep(dt, hand),
            _ => null,
        };
        problem ??= CheckLimits();
        _qdd = (_qd - before) * (1 / dt);
        return problem;
    }

    // qdd = gain · (target - q - lookahead · qd): natural frequency √gain, damping lookahead·√gain/2, and on a ramp a lag of lookahead.
    // Inferred from UR's description of servoj; the clamps are ours.
    private string? ServoStep(double dt)
    {
        if (DeviationRatio >= 1)
            return "C153: position deviates from path: the servoj target is further away than the joints can follow";
        bool arrived = true;
        for (int i = 0; i < 6; i++)
        {
            double limit = kinematics.Model.MaxJointSpeed[i];
            double acceleration = _servoGain * (_servoTarget[i] - _q[i] - _servoLookahead * _qd[i]);
            acceleration = Math.Clamp(acceleration, -ServoAcceleration, ServoAcceleration);
            _qd[i] = Math.Clamp(_qd[i] + acceleration * dt, -limit, limit);
            _q[i] += _qd[i] * dt;
            arrived &= Math.Abs(_qd[i]) < 1e-6 && Math.Abs(_servoTarget[i] - _q[i]) < 1e-7;
        }
        if (arrived)
            (_q, _qd) = (_servoTarget, default);
        return null;
    }

    // Our stand-in for the controller's path check (C153): a target must be within what a joint at full speed covers in the command's own
    // time, the filter's lag and 0.1 s of grace. Steady streaming at full speed stays below a third of it with lookahead 0.03.
    private double Deviation(in Vector6 target, double timeS, double lookaheadS)
    {
        double worst = 0;
        for (int i = 0; i < 6; i++)
            worst = Math.Max(worst, Math.Abs(target[i] - _q[i]) / (kinematics.Model.MaxJointSpeed[i] * (timeS + lookaheadS + 0.1)));
        return worst;
    }

    private string? MoveStep(double dt, double speedFraction)
    {
        if (!_path.Started && _qd.MaxAbs > 0) // what still moves is stopped first
        {
            Slow(_path.Acceleration, dt);
            return null;
        }
        if (_path.Arrived)
        {
            _motion = Motion.Hold;
            _qd = default;
            return null;
        }
        Vector6 from = _q;
        string? problem = _path.Advance(dt * speedFraction, ref _q);
        _qd = (_q - from) * (1 / dt);
        return problem;
    }

    private string? SpeedStep(double dt, double speedFraction)
    {
        bool over = (_speedLeftS -= dt) < -1e-9;
        Vector6 error = (over ? default : _speedTarget * speedFraction) - _qd;
        double step = _speedAcceleration * dt;
        SpeedReached = error.MaxAbs <= step;
        _qd = SpeedReached ? _qd + error : _qd + error * (step / error.MaxAbs);
        _q += _qd * dt;
        if (SpeedReached && double.IsInfinity(_speedLeftS))
            _speedLeftS = 0;
        if (over && _qd.MaxAbs == 0)
            _motion = Motion.Hold;
        return null;
    }

    private string? StopStep(double dt)
    {
        double fastest = _qd.MaxAbs;
        double deceleration = _deceleration;
        if (_linearStop && fastest > 0)
        {
            Vector6 v = kinematics.TcpVelocity(_q, _qd, _tcp);
            double toolSpeed = Math.Sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            deceleration = toolSpeed > 1e-6 ? _deceleration * fastest / toolSpeed : ProgramStopDeceleration;
        }
        Slow(deceleration, dt);
        if (_qd.MaxAbs == 0)
            _motion = Motion.Hold;
        return null;
    }

    // Every joint slows in proportion, so the arm stops on its path.
    private void Slow(double deceleration, double dt)
    {
        double fastest = _qd.MaxAbs;
        _qd *= fastest > deceleration * dt ? 1 - deceleration * dt / fastest : 0;
        _q += _qd * dt;
    }

    // A hand on the tool moves joints that weigh 1 kg·m² in oil of 8 N·m·s/rad: 10 N at half a metre give 0.6 rad/s.
    private string? FreedriveStep(double dt, in Vector6 hand)
    {
        const double Inertia = 1, Damping = 8;
        Span<double> jacobian = stackalloc double[36];
        kinematics.Jacobian(_q, (kinematics.Flange(_q) * _tcp).Position, jacobian);
        for (int i = 0; i < 6; i++)
        {
            double torque = 0;
            for (int row = 0; row < 6; row++)
                torque += jacobian[row * 6 + i] * hand[row];
            _qd[i] += (torque - Damping * _qd[i]) / Inertia * dt;
            if (Math.Abs(_qd[i]) < 1e-6 && torque == 0)
                _qd[i] = 0;
            _q[i] += _qd[i] * dt;
        }
        return null;
    }

    private string? CheckLimits()
    {
        string? problem = null;
        for (int i = 0; i < 6; i++)
        {
            if (Math.Abs(_q[i]) > UrModel.JointRange)
            {
                _q[i] = Math.Clamp(_q[i], -UrModel.JointRange, UrModel.JointRange);
                _qd[i] = 0;
                problem = $"C150: position close to joint limits: joint {i}";
            }
            if (Math.Abs(_qd[i]) > kinematics.Model.MaxJointSpeed[i] * 1.001)
                problem =
                    $"C153: position deviates from path: joint {i} would have to move at {Math.Abs(_qd[i]):0.00} rad/s, over its limit";
        }
        return problem;
    }
}
