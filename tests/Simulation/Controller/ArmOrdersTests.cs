using System.Text;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>Our driver's settings and orders on this controller: what was asked for is there afterwards.</summary>
public sealed class ArmOrdersTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private ControllerBench? _bench;
    private UrArm? _arm;
    private ArmMotion? _motion;

    public void Dispose()
    {
        _motion?.Dispose();
        _arm?.Dispose();
        _bench?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_tool_is_given_to_the_controller_and_seen_back()
    {
        ArmMotion motion = Started(_ => { }, new()
        {
            FlangeToTcp = Pose.FromVector(new(0.01, 0, 0.2, 0, 0, 0.5)),
            ExpectedPayloadKg = 1.75,
            PayloadCog = new(0, 0.02, 0.08),
        });
        Assert.Contains("./robot arm tool --set", Refusal(motion));
        Done(() => motion.SetTool(default));
        Assert.Equal(0, (Newest.TcpOffset - new Vector6(0.01, 0, 0.2, 0, 0, 0.5)).MaxAbs, 1e-9);
        Assert.Equal((1.75, new Vec3(0, 0.02, 0.08)), (Newest.Payload, Newest.PayloadCog));
        Assert.Null(motion.ToolDifference(Newest));
    }

    [Fact]
    public void Analog_outputs_take_their_domain_with_their_level_and_the_tool_its_voltage()
    {
        ArmMotion motion = Started(_ => { });
        Assert.Equal((0.004, 3u, 0), (Newest.Analog.Output0, Newest.Analog.Voltages, Newest.Analog.ToolSupply));
        Done(() => motion.Set(ArmSetting.Analog(0, 4.2, volts: true), default));
        Done(() => motion.Set(ArmSetting.Analog(1, 12, volts: false), default));
        Done(() => motion.Set(new(ArmSettingKind.ToolVoltage, 24), default));
        AnalogSignals analog = Newest.Analog;
        Assert.Equal((4.2, 0.012), (analog.Output0, Math.Round(analog.Output1, 12)));
        Assert.Equal((7u, 24), (analog.Voltages, analog.ToolSupply));
        Done(() => motion.Set(ArmSetting.Analog(0, 20, volts: false), default));
        Assert.Equal((0.02, 3u), (Newest.Analog.Output0, Newest.Analog.Voltages));
    }

    [Fact]
    public void The_slider_moves_with_and_without_a_program_of_ours()
    {
        ArmMotion motion = Started(_ => { });
        Done(() => motion.SetSpeed(0.5, default));
        Assert.Equal(0.5, _bench!.Controller.SpeedSlider);
        Done(() => motion.Set(new(ArmSettingKind.StandardOutput, 1, true), default));
        _bench.Controller.SetSpeedSlider(0.8); // a person at the pendant: nothing of ours puts it back
        Eventually.True(() => Newest.TargetSpeedFraction == 0.8, "it is moved");
        Done(() => motion.Set(new(ArmSettingKind.StandardOutput, 1, false), default));
        Assert.Equal(0.8, _bench.Controller.SpeedSlider);
    }

    [Fact]
    public void A_slider_that_a_fieldbus_owns_stays_and_the_program_runs_all_the_same()
    {
        ArmMotion motion = Started(o => o.FieldbusEnabled = true);
        Assert.Contains("speed_slider_mask, speed_slider_fraction (IN_USE)", motion.SetSpeed(0.5, default));
        Assert.Equal(1, _bench!.Controller.SpeedSlider);
        Done(() => motion.Set(new(ArmSettingKind.ToolOutput, 1, true), default));
    }

    [Fact]
    public void A_program_of_the_controllers_is_played_in_place_of_ours_and_stopped()
    {
        File.WriteAllText(_folder["wait.script"], "def waiting():\n while True:\n  sync()\n end\nend\n");
        ArmMotion motion = Started(o => o.ProgramFolder = _folder.Path);
        Done(() => motion.Set(new(ArmSettingKind.StandardOutput, 1, true), default)); // our program runs
        Done(() => motion.Obey(ArmOrder.LoadProgram, default, "wait.script"));
        Done(() => motion.Obey(ArmOrder.PlayProgram, default));
        Assert.Equal(new(true, "/programs/wait.script", "PLAYING waiting", ""), motion.LookAtPendant());
        Eventually.True(() => Newest.Runtime == RuntimeState.Playing, "it plays");
        Assert.Contains("does none run already", motion.Obey(ArmOrder.PlayProgram, default));
        Assert.Null(motion.Obey(ArmOrder.PauseProgram, default));
        Assert.Equal("PAUSED waiting", motion.LookAtPendant().Program);
        Assert.Null(motion.Obey(ArmOrder.StopProgram, default));
        Eventually.True(() => Newest.Runtime == RuntimeState.Stopped, "it has stopped");
        Done(() => motion.Set(new(ArmSettingKind.StandardOutput, 1, false), default)); // ours is sent again
        Assert.Equal(0ul, Newest.DigitalOutputs);
    }

    [Fact]
    public void A_popup_is_seen_at_the_pendant()
    {
        ArmMotion motion = Started(_ => { });
        using var pendant = ScriptClient.Connect(_bench!.Host);
        Done(() => motion.Obey(ArmOrder.ShowPopup, default, "put the cube back"));
        Assert.EndsWith("Popupput the cube back", Encoding.Latin1.GetString(pendant.Message(2).Body), StringComparison.Ordinal);
        Done(() => motion.Obey(ArmOrder.ClosePopup, default));
    }

    private RobotState Newest => _arm!.States.TryGetNewest(out var newest) ? newest.Value : default;

    private ArmMotion Started(Action<UrControllerOptions> change, MotionLimits? limits = null)
    {
        _bench = new(change);
        _arm = new(new() { Host = _bench.Host, ClaimInputs = true, WatchdogMs = 200 });
        limits ??= new() { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity), ExpectedPayloadKg = 0.925 };
        limits.StateTimeoutMs = 5000;
        _motion = new(_arm, null, null, limits, enabled: true);
        _arm.Start();
        _motion.Start();
        Eventually.True(() => _arm.Identity is not null && _arm.States.TryGetNewest(out _), "the arm is known");
        return _motion;
    }

    private static string? Refusal(ArmMotion motion)
    {
        using MotionLease? lease = motion.TryAcquire("test", out string? refusal);
        return refusal;
    }

    // On a busy machine our program's watchdog may end it before a setting is made, which is said: then it is asked for again.
    private static void Done(Func<string?> order)
    {
        string? refusal = null;
        Eventually.True(() => (refusal = order()) is null || refusal.Contains("IN_USE", StringComparison.Ordinal), "it is done", 30);
        Assert.Null(refusal);
    }
}
