namespace RobotWorldModel.Simulation.Classic;

/// <summary>
/// A cart on a rail and a pole on it. x to the right, θ = 0 upright and positive towards +x; m, rad, s, N. From the Lagrangian with the
/// pole's centre of mass at (x + l sin θ, l cos θ):
/// (M + m) ẍ + m l cos θ θ̈ = F - c ẋ + m l sin θ θ̇² and m l cos θ ẍ + (I + m l²) θ̈ = m g l sin θ - d θ̇.
/// Masses, sizes, dampings and the rail's end as in dm_control's suite/cartpole.xml, its integrator (Runge-Kutta 4) and step too.
/// </summary>
internal sealed class CartpoleDynamics
{
    public const double StepS = 0.01;

    private const double CartMass = 1, PoleMass = 0.1, PoleLength = 1, PoleRadius = 0.045, Gravity = 9.81;
    private const double TotalMass = CartMass + PoleMass, Moment = PoleMass * PoleLength / 2;

    // MuJoCo's end of a joint's range, "solreflimit .08 1" and the default impedance 0.9 to 0.95 over 1 mm, is a spring and damper for the
    // acceleration: (1 - imp) of the free one remains (MuJoCo's documentation, "Computation", constraint model).
    private const double RailHalf = 1.8, TimeConstant = 0.08, LeastImpedance = 0.9, MostImpedance = 0.95, ImpedanceWidth = 0.001;
    private const double Damping = 2 / (MostImpedance * TimeConstant);
    private const double Stiffness = 1 / (MostImpedance * MostImpedance * TimeConstant * TimeConstant);

    private static readonly double s_hingeInertia = CapsuleInertia() + PoleMass * PoleLength * PoleLength / 4;

    // 1/kg: how the cart yields while the pole is upright; MuJoCo takes it in place of the present value to make the end softer.
    private static readonly double s_uprightYield = s_hingeInertia / (TotalMass * s_hingeInertia - Moment * Moment);

    /// <summary>N·s/m and N·m·s/rad.</summary>
    public double CartDamping { get; init; } = 5e-4;

    /// <inheritdoc cref="CartDamping"/>
    public double PoleDamping { get; init; } = 2e-6;

    /// <summary>One step by Runge-Kutta 4 under a constant force.</summary>
    public void Step(ref State s, double force)
    {
        const double Half = StepS / 2, Sixth = StepS / 6;
        State k1 = Derivative(s, force);
        State k2 = Derivative(s.Plus(k1, Half), force);
        State k3 = Derivative(s.Plus(k2, Half), force);
        State k4 = Derivative(s.Plus(k3, StepS), force);
        s.X += Sixth * (k1.X + 2 * (k2.X + k3.X) + k4.X);
        s.Angle += Sixth * (k1.Angle + 2 * (k2.Angle + k3.Angle) + k4.Angle);
        s.Speed += Sixth * (k1.Speed + 2 * (k2.Speed + k3.Speed) + k4.Speed);
        s.Turn += Sixth * (k1.Turn + 2 * (k2.Turn + k3.Turn) + k4.Turn);
    }

    /// <summary>J; 0 with the pole level and all at rest.</summary>
    public static double Energy(in State s)
    {
        double cos = Math.Cos(s.Angle);
        double kinetic = TotalMass * s.Speed * s.Speed / 2 + Moment * cos * s.Speed * s.Turn + s_hingeInertia * s.Turn * s.Turn / 2;
        return kinetic + Moment * Gravity * cos;
    }

    private State Derivative(in State s, double force)
    {
        (double sin, double cos) = Math.SinCos(s.Angle);
        double coupling = Moment * cos;
        double onCart = force - CartDamping * s.Speed + Moment * sin * s.Turn * s.Turn;
        double onPole = Moment * Gravity * sin - PoleDamping * s.Turn;
        double inverse = 1 / (TotalMass * s_hingeInertia - coupling * coupling);
        double acceleration = (s_hingeInertia * onCart - coupling * onPole) * inverse;
        double turning = (TotalMass * onPole - coupling * onCart) * inverse;
        if (Math.Abs(s.X) > RailHalf)
        {
            double push = RailForce(s, acceleration, s_hingeInertia * inverse);
            acceleration += push * s_hingeInertia * inverse;
            turning -= push * coupling * inverse;
        }
        return new(s.Speed, s.Turn, acceleration, turning);
    }

    // Of the rail's end on the cart, N, positive to the right. It pushes and never pulls.
    private static double RailForce(in State s, double freeAcceleration, double yield)
    {
        double side = Math.Sign(s.X), depth = side * s.X - RailHalf;
        double impedance = LeastImpedance + (MostImpedance - LeastImpedance) * Sigmoid(depth / ImpedanceWidth);
        double wanted = Damping * side * s.Speed + Stiffness * impedance * depth; // outwards from the end
        double softness = (1 - impedance) / impedance * s_uprightYield;
        return -side * Math.Max(0, (wanted + side * freeAcceleration) / (yield + softness));
    }

    // MuJoCo's solimp with power 2 and its middle at a half.
    private static double Sigmoid(double x) => x >= 1 ? 1 : x < 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);

    // About its centre, across: a cylinder and two half balls of one density.
    private static double CapsuleInertia()
    {
        double balls = PoleMass * 4 * PoleRadius / (4 * PoleRadius + 3 * PoleLength), cylinder = PoleMass - balls;
        return cylinder * (3 * PoleRadius * PoleRadius + PoleLength * PoleLength) / 12
            + balls * (0.4 * PoleRadius * PoleRadius + PoleLength * (3 * PoleRadius + 2 * PoleLength) / 8);
    }

    /// <summary>m, rad, m/s, rad/s; or their derivatives.</summary>
    internal struct State(double x, double angle, double speed, double turn)
    {
        public double X = x, Angle = angle, Speed = speed, Turn = turn;

        public readonly State Plus(in State d, double time) =>
            new(X + time * d.X, Angle + time * d.Angle, Speed + time * d.Speed, Turn + time * d.Turn);
    }
}
