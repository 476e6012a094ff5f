using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The set-point of every control cycle (rad, rad/s), made from the newest motion command. All commands start from the set-point, not
/// from the measured pose. What force mode yields is added to the motion that the program commands.
/// </summary>
internal sealed class MotionGenerator(UrKinematics kinematics, in Vector6 startQ)
{
    /// <summary>rad/s²: when a program ends in motion, and in a protective or emergency stop.</summary>
    public const double ProgramStopDeceleration = 10, SafetyStopDeceleration = 25;

    /// <summary>rad/s²: what a UR joint reaches.</summary>
    public const double JointAcceleration = 40;

    /// <summary>kg·m²: what the torques of a hand or of a program move; no joint feels the others move.</summary>
    public const double JointInertia = 1;

    private const double PauseS = 0.25; // how long motion takes to slow down on its path, and to go on

    private enum Motion { Hold, Servo, Move, Speed, ToolSpeed, Stop, Freedrive, Torque }

    private Motion _motion = Motion.Hold;
    private Vector6 _q = startQ, _qd, _qdd, _servoTarget, _speedTarget, _toolVelocity, _torques, _yielded, _yieldQd;
    private Pose _tcp;
    private double _servoLookahead, _servoGain, _speedAcceleration, _turnAcceleration, _speedLeftS, _deceleration, _pace = 1;
    private bool _linearStop;
    private MovePath _path = new(kinematics), _blended = new(kinematics); // the move, and the one before that still blends into it
    private bool _blends;
    private FreeAxes _free = FreeAxes.All;
    private int _torqueCycles;

    public Vector6 Q => _q + _yielded;

    public Vector6 Qd => _qd + _yieldQd;

    public Vector6 Qdd => _qdd;

    /// <summary>How far a servoj target is from the set-point, as a share of what ends in a protective stop.</summary>
    public double DeviationRatio { get; private set; }

    public ForceMode Force { get; } = new();

    /// <summary>
    /// Motion slows down on its path, stands, and goes on where it was when this is false again. servoj is left to its target.
    /// </summary>
    public bool Paused { get; set; }

    /// <summary>1 at full pace, 0 paused, between while it slows down or goes on.</summary>
    public double Pace => _pace;

    public bool IsSteady => _qd.MaxAbs == 0 && _motion is not (Motion.Move or Motion.Freedrive) && Force.AtRest;

    public bool InFreedrive => _motion == Motion.Freedrive;

    /// <summary>The newest move has arrived, or the newest stop stands.</summary>
    public bool IsDone => _motion is Motion.Hold or Motion.Servo;

    /// <summary>The newest move has arrived, or is so near that the next may begin.</summary>
    public bool MayMoveOn => IsDone || (_motion == Motion.Move && _path.InBlend && !_blends);

    /// <summary>Where the newest move leads, base frame; null: nothing moves by a path.</summary>
    public Pose? Waypoint => _motion == Motion.Move ? _path.Target : null;

    /// <summary>speedj has reached its speed.</summary>
    public bool SpeedReached { get; private set; }

    /// <summary>Follows a target (rad) with a second-order response; see <see cref="ServoResponse"/>.</summary>
    public void Servo(in Vector6 target, double timeS, double lookaheadS, double gain)
    {
        if (!Force.Active)
            TakeYielded();
        _motion = Motion.Servo;
        (_servoTarget, _servoLookahead, _servoGain) = (target, lookaheadS, gain);
        DeviationRatio = Deviation(target, timeS, lookaheadS);
    }

    /// <summary>Begins a move: blended into it where the one before has a radius and is in it, else from rest.</summary>
    public void Follow(in Move move)
    {
        bool blends = _motion == Motion.Move && _path.InBlend && !_blends;
        if (blends)
            (_path, _blended) = (_blended, _path);
        _blends = blends;
        _motion = Motion.Move;
        _path.Set(move);
    }

    /// <summary>
    /// Accelerates to joint speeds and keeps them for the time (infinite: until they are reached); then, without a new command, slows
    /// down as it sped up.
    /// </summary>
    public void SpeedJ(in Vector6 speeds, double acceleration, double timeS)
    {
        TakeYielded();
        _motion = Motion.Speed;
        (_speedTarget, _speedAcceleration, _speedLeftS, SpeedReached) = (speeds, acceleration, timeS, false);
    }

    /// <summary>As <see cref="SpeedJ"/>, for the TCP: m/s and rad/s, base frame.</summary>
    /// <param name="turnAcceleration">rad/s².</param>
    public void SpeedL(in Vector6 velocity, double acceleration, double turnAcceleration, double timeS)
    {
        TakeYielded();
        if (_motion != Motion.ToolSpeed)
            _toolVelocity = kinematics.TcpVelocity(_q, _qd, _tcp);
        _motion = Motion.ToolSpeed;
        (_speedTarget, _speedAcceleration, _turnAcceleration) = (velocity, acceleration, turnAcceleration);
        (_speedLeftS, SpeedReached) = (timeS, false);
    }

    /// <param name="deceleration">Of the fastest joint, rad/s²; or of the tool, m/s², where <paramref name="ofTool"/>.</param>
    public void Stop(double deceleration, bool ofTool = false)
    {
        TakeYielded();
        _motion = Motion.Stop;
        (_deceleration, _linearStop) = (deceleration, ofTool);
    }

    /// <summary>A hand leads the arm from now on.</summary>
    public void Freedrive(in FreeAxes axes)
    {
        TakeYielded();
        (_motion, _free) = (Motion.Freedrive, axes);
    }

    /// <summary>Joint torques on top of what balances gravity, N·m. Unless renewed each cycle, positions are controlled again.</summary>
    public void Torque(in Vector6 torques)
    {
        TakeYielded();
        (_motion, _torques, _torqueCycles) = (Motion.Torque, torques, 2); // a program may wait for the next cycle before it calls again
    }

    /// <summary>One cycle.</summary>
    /// <param name="speedFraction">The slider: moves and speeds run in time that is slowed by it; servoj does not.</param>
    /// <param name="hand">Force and torque of a hand at the TCP, base frame: leads the arm in freedrive.</param>
    /// <param name="force">Of all that touches the tool, as the controller senses it, base frame: what force mode answers.</param>
    /// <returns>Null, or what asks for a protective stop.</returns>
    public string? Step(double dt, double speedFraction, in Pose flangeToTcp, in Vector6 hand, in Vector6 force = default)
    {
        _tcp = flangeToTcp;
        Vector6 before = Qd;
        _pace = Math.Clamp(_pace + (Paused ? -dt : dt) / PauseS, 0, 1);
        double pace = speedFraction * _pace;
        if (_motion != Motion.Servo)
            DeviationRatio = 0;
        string? problem = _motion switch
        {
            Motion.Servo => ServoStep(dt),
            Motion.Move => MoveStep(dt, pace),
            Motion.Speed => SpeedStep(dt, pace),
            Motion.ToolSpeed => ToolSpeedStep(dt, pace),
            Motion.Stop => StopStep(dt),
            Motion.Freedrive => FreedriveStep(dt, hand),
            Motion.Torque => TorqueStep(dt),
            _ => null,
        };
        Yield(dt, force);
        problem ??= CheckLimits();
        _qdd = (Qd - before) * (1 / dt);
        return problem;
    }

    private string? ServoStep(double dt)
    {
        if (DeviationRatio >= 1)
            return "C153: position deviates from path: the servoj target is further away than the joints can follow";
        ServoResponse.Step(ref _q, ref _qd, _servoTarget, kinematics.Model.MaxJointSpeed, _servoLookahead, _servoGain, dt);
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

    private string? MoveStep(double dt, double pace)
    {
        string? problem = null;
        if (!_path.Started && !Begin(dt, ref problem))
            return null;
        if (_path.Arrived && !_blends)
        {
            _motion = Motion.Hold;
            _qd = default;
            return null;
        }
        Vector6 from = _q;
        problem ??= _path.Advance(dt * pace);
        _q = _path.Q;
        if (_blends)
        {
            problem ??= _blended.Advance(dt * pace);
            _q += _blended.Q - _blended.EndQ;
            _blends = !_blended.Arrived;
        }
        _qd = (_q - from) * (1 / dt);
        return problem;
    }

    // False: what still moves is stopped first.
    private bool Begin(double dt, ref string? problem)
    {
        if (_blends)
        {
            problem = _blended.FindEnd();
            _path.Begin(_blended.EndQ, dt, _blended);
            return true;
        }
        if (_qd.MaxAbs > 0)
        {
            Slow(_path.Acceleration, dt);
            return false;
        }
        TakeYielded();
        _path.Begin(_q, dt, null);
        return true;
    }

    private string? SpeedStep(double dt, double pace)
    {
        bool over = (_speedLeftS -= dt * _pace) < -1e-9;
        Vector6 error = (over ? default : _speedTarget * pace) - _qd;
        double step = (over && _speedAcceleration == 0 ? ProgramStopDeceleration : _speedAcceleration) * dt;
        SpeedReached = error.MaxAbs <= step;
        _qd = SpeedReached ? _qd + error : _qd + error * (step / error.MaxAbs);
        _q += _qd * dt;
        EndSpeed(over);
        return null;
    }

    // Of the velocity to come, direction and turn each change no faster than their acceleration.
    private string? ToolSpeedStep(double dt, double pace)
    {
        bool over = (_speedLeftS -= dt * _pace) < -1e-9;
        Vector6 error = (over ? default : _speedTarget * pace) - _toolVelocity;
        double way = ToolMotion.FirstThree(error).Length, turn = new Vec3(error[3], error[4], error[5]).Length;
        double share = Math.Min(_speedAcceleration * dt / Math.Max(way, 1e-12), _turnAcceleration * dt / Math.Max(turn, 1e-12));
        share = Math.Min(share, 1);
        SpeedReached = share >= 1;
        _toolVelocity += error * share;
        _qd = _toolVelocity.MaxAbs == 0 ? default : ToolMotion.JointSpeeds(kinematics, _q, _tcp, _toolVelocity);
        _q += _qd * dt;
        EndSpeed(over);
        return null;
    }

    private void EndSpeed(bool over)
    {
        if (SpeedReached && double.IsInfinity(_speedLeftS))
            _speedLeftS = 0;
        if (over && _qd.MaxAbs == 0)
            _motion = Motion.Hold;
    }

    // What force mode adds stays added to targets that the program names; other motions go on from where it led.
    private void TakeYielded()
    {
        _q += _yielded;
        _yielded = default;
    }

    private void Yield(double dt, in Vector6 force)
    {
        _yieldQd = default;
        if (Force is { Active: false, AtRest: true })
            return;
        Pose tcp = kinematics.Flange(Q) * _tcp;
        Vec3 motion = ToolMotion.FirstThree(kinematics.TcpVelocity(Q, _qd, _tcp));
        Vector6 velocity = Force.Step(dt, tcp, motion, force) * _pace;
        if (velocity.MaxAbs == 0)
            return;
        _yieldQd = ToolMotion.JointSpeeds(kinematics, Q, _tcp, velocity);
        _yielded += _yieldQd * dt;
        if (_motion is not (Motion.Servo or Motion.Move))
            TakeYielded();
    }

    private string? StopStep(double dt)
    {
        double fastest = _qd.MaxAbs;
        double deceleration = _deceleration;
        if (_linearStop && fastest > 0)
        {
            double toolSpeed = ToolMotion.FirstThree(kinematics.TcpVelocity(_q, _qd, _tcp)).Length;
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

    private void Push(in Vector6 torques, double damping, double dt)
    {
        for (int i = 0; i < 6; i++)
        {
            _qd[i] += (torques[i] - damping * _qd[i]) / JointInertia * dt;
            if (Math.Abs(_qd[i]) < 1e-6 && torques[i] == 0)
                _qd[i] = 0;
        }
    }

    // What the compensation of friction leaves of it: a tenth of freedrive's.
    private string? TorqueStep(double dt)
    {
        if (_torqueCycles-- == 0)
        {
            Stop(ProgramStopDeceleration);
            return StopStep(dt);
        }
        Push(_torques, damping: 0.8, dt);
        _q += _qd * dt;
        return null;
    }

    // A hand on the tool moves the joints in oil of 8 N·m·s/rad: 10 N at half a metre give 0.6 rad/s.
    private string? FreedriveStep(double dt, in Vector6 hand)
    {
        Vector6 pull = _free.IsAll ? hand : _free.Along(hand, kinematics.Flange(_q) * _tcp);
        Push(ToolMotion.JointTorques(kinematics, _q, _tcp, pull), damping: 8, dt);
        if (!_free.IsAll) // what the joints would do besides is held back
        {
            Vector6 velocity = _free.Along(kinematics.TcpVelocity(_q, _qd, _tcp), kinematics.Flange(_q) * _tcp);
            _qd = velocity.MaxAbs > 1e-9 ? ToolMotion.JointSpeeds(kinematics, _q, _tcp, velocity) : default;
        }
        _q += _qd * dt;
        return null;
    }

    private string? CheckLimits()
    {
        string? problem = null;
        for (int i = 0; i < 6; i++)
        {
            if (Math.Abs(_q[i] + _yielded[i]) > UrModel.JointRange)
            {
                (_q[i], _yielded[i]) = (Math.Clamp(_q[i] + _yielded[i], -UrModel.JointRange, UrModel.JointRange), 0);
                _qd[i] = 0;
                problem = $"C150: position close to joint limits: joint {i}";
            }
            double speed = Math.Abs(_qd[i] + _yieldQd[i]);
            if (speed > kinematics.Model.MaxJointSpeed[i] * 1.001)
                problem = $"C153: position deviates from path: joint {i} would have to move at {speed:0.00} rad/s, over its limit";
        }
        return problem;
    }
}
