using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Classic;

/// <summary>
/// Gym's Pendulum-v1: a rod of 1 kg and 1 m on a motor too weak to lift it at once. Action: torque, 1 is 2 N·m. Observation: cos θ,
/// sin θ, θ' (rad/s), θ = 0 upright. Reward: -(θ² + 0.1 θ'² + 0.001 u²) before the step, θ in -π..π. 200 steps of 0.05 s.
/// Source: Farama Foundation, Gymnasium, classic_control/pendulum.py.
/// </summary>
public sealed class PendulumV1(int actionRepeat = 1)
    : TaskEnvironment("Pendulum-v1", observationSize: 3, actionSize: 1, steps: 200, actionRepeat, StepS)
{
    internal const double StepS = 0.05, MaxTorque = 2, MaxSpeed = 8;

    // θ'' = (3 g / 2 l) sin θ + 3 u / (m l²), with g = 10 m/s², l = 1 m, m = 1 kg
    private const double Gravity = 15, PerTorque = 3;

    private double _angle, _speed;

    /// <summary>rad, counted over whole turns; rad/s.</summary>
    internal (double Angle, double Speed) State
    {
        get => (_angle, _speed);
        set => (_angle, _speed) = value;
    }

    private protected override void Begin(ulong seed)
    {
        var random = new EpisodeRandom(seed);
        _angle = random.Uniform(-Math.PI, Math.PI);
        _speed = random.Uniform(-1, 1);
    }

    private protected override double Advance(ReadOnlySpan<double> action)
    {
        double torque = MaxTorque * action[0], angle = _angle - Math.Tau * Math.Round(_angle / Math.Tau);
        double cost = angle * angle + 0.1 * _speed * _speed + 0.001 * torque * torque;
        _speed = Math.Clamp(_speed + (Gravity * Math.Sin(_angle) + PerTorque * torque) * StepS, -MaxSpeed, MaxSpeed);
        _angle += _speed * StepS;
        return -cost;
    }

    private protected override void Observe(Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(_angle);
        (observation[0], observation[1], observation[2]) = ((float)cos, (float)sin, (float)_speed);
    }

    private protected override void CopyState(TaskEnvironment other) => State = ((PendulumV1)other).State;

    private protected override TaskEnvironment New() => new PendulumV1(ActionRepeat);
}
