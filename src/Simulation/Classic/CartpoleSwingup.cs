using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Classic;

/// <summary>
/// dm_control's cartpole swingup. Action: force on the cart, 1 is 10 N. Observation: x (m), cos θ, sin θ, x' (m/s), θ' (rad/s), θ = 0
/// upright. Reward, 0..1 a step, of the state after it: upright times centred times small control times small velocity. 1000 steps of
/// 0.01 s; starts hanging. Source: google-deepmind/dm_control, suite/cartpole.xml and cartpole.py. The default repeat is that of PlaNet.
/// </summary>
public sealed class CartpoleSwingup(int actionRepeat = 8)
    : TaskEnvironment("cartpole-swingup", observationSize: 5, actionSize: 1, steps: 1000, actionRepeat, CartpoleDynamics.StepS)
{
    internal const double MaxForce = 10;
    private const double StartNoise = 0.01;
    private static readonly CartpoleDynamics s_dynamics = new();
    private CartpoleDynamics.State _state;

    internal CartpoleDynamics.State State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>Of a step with this action that led to this state.</summary>
    internal static double Reward(in CartpoleDynamics.State s, double action)
    {
        double upright = (1 + Math.Cos(s.Angle)) / 2;
        double centred = (1 + Tolerance.Gaussian(s.X, margin: 2)) / 2;
        double smallControl = (4 + Tolerance.Quadratic(action, margin: 1)) / 5;
        double smallVelocity = (1 + Tolerance.Gaussian(s.Turn, margin: 5)) / 2;
        return upright * smallControl * smallVelocity * centred;
    }

    private protected override void Begin(ulong seed)
    {
        var random = new EpisodeRandom(seed);
        _state.X = StartNoise * random.Normal();
        _state.Angle = Math.PI + StartNoise * random.Normal();
        _state.Speed = StartNoise * random.Normal();
        _state.Turn = StartNoise * random.Normal();
    }

    private protected override double Advance(ReadOnlySpan<double> action)
    {
        s_dynamics.Step(ref _state, MaxForce * action[0]);
        return Reward(_state, action[0]);
    }

    private protected override void Observe(Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(_state.Angle);
        (observation[0], observation[1], observation[2]) = ((float)_state.X, (float)cos, (float)sin);
        (observation[3], observation[4]) = ((float)_state.Speed, (float)_state.Turn);
    }

    private protected override void CopyState(TaskEnvironment other) => State = ((CartpoleSwingup)other).State;

    private protected override TaskEnvironment New() => new CartpoleSwingup(ActionRepeat);
}
