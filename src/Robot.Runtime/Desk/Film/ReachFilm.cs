using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Desk.Film;

/// <summary>
/// What a model of reach imagines, as an arm that one can see. All that such a model need know is how far the TCP has to the goal: that
/// makes a way of the TCP, and with the tool's orientation held, as the task holds it, an arm that goes it.
/// </summary>
internal sealed class ReachFilm
{
    public const int Width = 320;
    private const double Solved = 1e-3;

    private static readonly int s_goal = ReachTask.ObservationNames.ToList().IndexOf("goal_x");
    private readonly UrKinematics _kinematics;
    private readonly Pose _flangeToTcp;
    private readonly GhostRenderer _renderer;
    private readonly int[] _left; // where goal_less_tcp is in the model's vector
    private readonly List<Vec3> _way = [];
    private readonly List<Vector6> _arm = [];

    /// <param name="model">UR5e …</param>
    /// <param name="tool">Flange to TCP as six numbers; null: the simulated gripper's.</param>
    /// <exception cref="InvalidDataException">The model does not tell the way to the goal, or the arm is an unknown one.</exception>
    public ReachFilm(ModelCard card, string model, double[]? tool)
    {
        IReadOnlyList<string> columns = card.Data.Modalities.First(m => m.Kind == ModalityKind.Vector).Columns;
        _left = [.. new[] { "goal_less_tcp_x", "goal_less_tcp_y", "goal_less_tcp_z" }.Select(name => columns.ToList().IndexOf(name))];
        if (Array.IndexOf(_left, -1) >= 0)
            throw new InvalidDataException("the model does not tell how far the tool has to the goal");
        UrModel arm = UrModel.All.FirstOrDefault(m => m.Name.Equals(model, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidDataException($"a {model} cannot be drawn");
        _kinematics = new(arm);
        _flangeToTcp = tool is { Length: 6 } six && six.All(double.IsFinite)
            ? Drivers.Geometry.Pose.FromVector(new(six)) : GripperGeometry.FlangeToTcp;
        _renderer = new(_kinematics, _flangeToTcp, Width);
    }

    public int Height => _renderer.Height;

    /// <summary>Imagines a plan to its end.</summary>
    public void Begin(ImaginedPlan imagined, SharedPlan plan)
    {
        Vector6 q = Joints(plan);
        Pose tcp = _kinematics.Flange(q) * _flangeToTcp;
        Vec3 goal = Goal(plan);
        _way.Clear();
        _arm.Clear();
        while (imagined.MoveNext())
        {
            ReadOnlySpan<float> seen = imagined.Vector();
            Vec3 there = goal - new Vec3(seen[_left[0]], seen[_left[1]], seen[_left[2]]);
            Vector6 next = q;
            if (_kinematics.Inverse(ref next, tcp with { Position = there }, _flangeToTcp) < Solved)
                q = next; // else out of reach: it waits where it could still be
            _way.Add(there);
            _arm.Add(q);
        }
    }

    /// <param name="now">Where the arm is.</param>
    /// <param name="step">Of the plan; those beyond its end are its end.</param>
    /// <param name="rgb">Filled: <see cref="Width"/> · <see cref="Height"/> · 3 bytes.</param>
    public void Draw(SharedPlan now, int step, Span<byte> rgb)
    {
        Vector6 q = Joints(now);
        Vector6 imagined = _arm.Count == 0 ? q : _arm[Math.Min(step, _arm.Count - 1)];
        _renderer.Render(q, imagined, Goal(now), CollectionsMarshal.AsSpan(_way), rgb);
    }

    private static Vector6 Joints(SharedPlan plan)
    {
        var q = new Vector6();
        for (int i = 0; i < 6; i++)
            q[i] = plan.Observed[i];
        return q;
    }

    private static Vec3 Goal(SharedPlan plan) =>
        new(plan.Observed[s_goal], plan.Observed[s_goal + 1], plan.Observed[s_goal + 2]);
}
