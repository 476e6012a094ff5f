using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Classic;

/// <summary>
/// dm_control's pendulum swingup, whose reward is sparse: a ball of 1 kg (radius 5 cm) half a metre from a hinge, damping 0.1 N·m·s/rad.
/// Action: torque, 1 is 1 N·m. Observation: cos θ, sin θ, θ' (rad/s), θ = 0 upright. Reward: 1 where the pole is within 8° of
/// upright after the step, else 0. 1000 steps of 0.02 s. Source: google-deepmind/dm_control, suite/pendulum.xml and pendulum.py.
/// Stepped as MuJoCo's Euler integrator does it: the damping is implicit, and the angle takes the new speed.
/// </summary>
public sealed class PendulumSwingup(int actionRepeat = 1)
    : TaskEnvironment("pendulum-swingup", observationSize: 3, actionSize: 1, steps: 1000, actionRepeat, StepS)
{
    internal const double StepS = 0.02, Mass = 1, Length = 0.5, BallRadius = 0.05, Gravity = 9.81, MaxTorque = 1;
    internal const double Inertia = Mass * Length * Length + 0.4 * Mass * BallRadius * BallRadius; // about the hinge, kg·m²
    private static readonly double s_upright = Math.Cos(8 * Math.PI / 180);
    private double _angle, _speed;

    /// <summary>rad, counted over whole turns; rad/s.</summary>
    internal (double Angle, double Speed) State
    {
        get => (_angle, _speed);
        set => (_angle, _speed) = value;
    }

    /// <summary>N·m·s/rad.</summary>
    internal double Damping { get; init; } = 0.1;

    private protected override void Begin(ulong seed)
    {
        _angle = new EpisodeRandom(seed).Uniform(-Math.PI, Math.PI);
        _speed = 0;
    }

    private protected override double Advance(ReadOnlySpan<double> action)
    {
        // I (θ̇' - θ̇) / h = m g l sin θ + u - d θ̇'
        double torque = Mass * Gravity * Length * Math.Sin(_angle) + MaxTorque * action[0];
        _speed = (Inertia * _speed + StepS * torque) / (Inertia + StepS * Damping);
        _angle += _speed * StepS;
        return Math.Cos(_angle) >= s_upright ? 1 : 0;
    }

    private protected override void Observe(Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(_angle);
        (observation[0], observation[1], observation[2]) = ((float)cos, (float)sin, (float)_speed);
    }

    private protected override void CopyState(TaskEnvironment other) => State = ((PendulumSwingup)other).State;

    private protected override TaskEnvironment New() => new PendulumSwingup(ActionRepeat) { Damping = Damping };
}
