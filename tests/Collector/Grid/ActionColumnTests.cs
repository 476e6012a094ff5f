using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Grid;

public sealed class ActionColumnTests : IDisposable
{
    private const long SlotNs = 100_000_000;
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_row_holds_the_guarded_target_of_its_own_tick_and_when_it_was_handed_over()
    {
        string[] rows = Write("scripted", column =>
        {
            column.Add(Command(10, handedOverNs: 2_000_000, q: 1));
            column.Add(Command(11, handedOverNs: SlotNs + 3_000_000, q: 2, gripper: double.NaN));
            column.Row(10, 0, 0, Joints(50), Gripper(0));
            column.Row(11, SlotNs, 0, Joints(60), Gripper(0));
        });
        Assert.Equal(["0,0.002,1,1,1,1,1,1,0.25", "1,0.103,2,2,2,2,2,2,0.25"], rows);
    }

    [Fact]
    public void A_tick_that_handed_over_nothing_has_an_empty_row()
    {
        string[] rows = Write("scripted", column =>
        {
            column.Add(Command(10, 0, q: 1));
            column.Add(Command(12, 2 * SlotNs, q: 3));
            for (int k = 0; k < 3; k++)
                column.Row(10 + k, k * SlotNs, 0, Joints(k), Gripper(0));
        });
        Assert.Equal(3, rows.Length);
        Assert.EndsWith(",,,,,,,", rows[1], StringComparison.Ordinal);
        Assert.Equal("2,0.2,3,3,3,3,3,3,0.25", rows[2]);
    }

    [Fact]
    public void Where_a_person_leads_the_arm_a_row_is_the_next_rows_measurement_and_the_last_repeats()
    {
        string[] rows = Write(ActionDescription.Demonstrated, column =>
        {
            for (int k = 0; k < 3; k++)
                column.Row(10 + k, k * SlotNs, 0, Joints(k), Gripper(k * 0.5));
        });
        Assert.Equal(["1,1,1,1,1,1,0.5", "2,2,2,2,2,2,1", "2,2,2,2,2,2,1"], rows.Select(r => string.Join(',', r.Split(',')[2..])));
    }

    [Fact]
    public void A_demonstration_whose_end_was_not_measured_has_no_action_there()
    {
        string[] rows = Write(ActionDescription.Demonstrated, column =>
        {
            column.Row(10, 0, 0, Joints(0), Gripper(0));
            column.Row(11, SlotNs, 0, Joints(1), Gripper(1));
            column.Row(12, 2 * SlotNs, 0, Joints(2), null);
        });
        Assert.Equal(["0,0.1,1,1,1,1,1,1,1", "1,,,,,,,,", "2,,,,,,,,"], rows);
    }

    [Fact]
    public void What_a_refused_command_asks_of_the_gripper_is_no_action()
    {
        string[] rows = Write("scripted", column =>
        {
            column.Add(Command(10, 0, q: 1));
            column.Add(Command(11, SlotNs, q: 1, gripper: 0.75) with { Refused = true });
            column.Add(Command(12, 2 * SlotNs, q: 2, gripper: double.NaN));
            column.Add(Command(13, 3 * SlotNs, q: 3, gripper: 1.5)); // the gripper is asked for 1
            for (int k = 0; k < 4; k++)
                column.Row(10 + k, k * SlotNs, 0, Joints(k), Gripper(0.5));
        });
        Assert.Equal(["0.25", "0.25", "0.25", "1"], rows.Select(r => r.Split(',')[^1]));
    }

    [Fact]
    public void Fingers_that_were_halted_with_a_teleoperated_arm_are_asked_for_where_they_are_and_hold_what_they_hold()
    {
        double nothing = double.NaN;
        string[] rows = Write("teleop_gamepad", column =>
        {
            foreach (var (slot, asked) in new[] { nothing, 1, 1, nothing, nothing, 0, 1, nothing }.Index())
                column.Add(Command(10 + slot, slot * SlotNs, q: 1, asked));
            foreach (var (slot, at) in new[] { 0, 0, 0.25, 0.375, 0.5, 0.5, 0.5, 0.625 }.Index())
                column.Row(10 + slot, slot * SlotNs, 0, Joints(1), Gripper(at, holds: slot == 7));
        });
        Assert.Equal(["0", "1", "1", "0.375", "0.5", "0", "1", "1"], rows.Select(r => r.Split(',')[^1]));
    }

    [Fact]
    public void Where_nobody_knows_where_the_gripper_is_there_is_no_action()
    {
        string[] rows = Write("scripted", column =>
        {
            for (int k = 0; k < 3; k++)
                column.Add(Command(10 + k, k * SlotNs, q: k, gripper: double.NaN));
            column.Row(10, 0, 0, Joints(0), null);
            column.Row(11, SlotNs, 0, Joints(1), Gripper(0.5));
            column.Row(12, 2 * SlotNs, 0, Joints(2), null);
        });
        Assert.Equal(["0,,,,,,,,", "1,0.1,1,1,1,1,1,1,0.5", "2,0.2,2,2,2,2,2,2,0.5"], rows);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The lines of actions.csv after its header.</summary>
    private string[] Write(string source, Action<ActionColumn> fill)
    {
        string[] names = EpisodeLayout.NumberedActionNames(7);
        using (var writer = new EpisodeWriter(_folder.Path, new(10, [], [], names, new Dictionary<string, IReadOnlyList<string>>(),
            new Dictionary<string, double>())))
        {
            var column = new ActionColumn(writer, new(ActionKind.JointPosition, 7, names, null, null, source));
            fill(column);
            column.Finish();
        }
        return File.ReadAllLines(_folder[EpisodeLayout.Actions])[1..];
    }

    private static CommandRecord Command(long slot, long handedOverNs, double q, double gripper = 0.25) => new()
    {
        Tick = slot,
        Source = "scripted",
        Requested = All(q + 100),
        GuardedQ = All(q),
        Gripper = gripper,
        HandedOverNs = handedOverNs,
    };

    private static JointsRow? Joints(double q) => new JointsRow(0, All(q), default, default, default, default);

    private static GripperRow? Gripper(double position, bool holds = false) => new GripperRow(0, position, 0, 0, holds);

    private static Vector6 All(double v) => new(v, v, v, v, v, v);
}
