using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Evdev;

public sealed class HandControllerTests : IDisposable
{
    private const int South = 0x130, East = 0x131, LeftShoulder = 0x136, RightShoulder = 0x137;
    private readonly List<HandController> _started = [];

    public void Dispose() => _started.ForEach(c => c.Dispose());

    [Fact]
    public void Sticks_and_cross_become_six_directions_between_minus_one_and_one()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        Assert.Equal((1, ""), (pad.ClockId, string.Join("; ", pad.Wrongs))); // CLOCK_MONOTONIC
        pad.Report((3, 1, -32768), (3, 0, -32768), (3, 4, 32767), (3, 3, 32767), (3, 16, 1), (3, 17, -1));
        Reads(controller, new(1, 1, -1, 1, 1, -1)); // forward is +x, left is +y, down is -z, right turns to -z
        pad.Report((3, 1, 128), (3, 0, -2000), (3, 4, 0), (3, 3, 0), (3, 16, 0), (3, 17, 0));
        Reads(controller, default); // within what the device calls flat, and within the dead zone
        pad.Move(1, -16384);
        Eventually.True(() => controller.Read().Deflection[0] is > 0.43 and < 0.46, "half, less flat and dead zone");
        pad.Move(1, -40000);
        Eventually.True(() => controller.Read().Deflection[0] == 1, "no more than all");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_cap_of_a_space_mouse_moves_and_turns_the_tool_as_it_is_pushed_and_turned(bool relative)
    {
        var cap = ScriptedDevice.SpaceMouse(relative);
        HandController controller = Started(cap, new() { Kind = HandKind.SpaceMouse, DeadZone = 0 });
        int type = relative ? 2 : 3;
        Says(new(1, 0, 0, 0, 0, 0), (type, 1, -350)); // away from the person
        if (!relative)
            cap.Report((type, 1, 0));
        Reads(controller, default); // a relative one says nothing when it is let go
        Says(new(0, 0, 0.5, 0, 0, 1), (type, 2, -175), (type, 5, -350)); // up, and turned to the left

        // Again and again, as the device does while the cap is held.
        void Says(Vector6 deflection, params (int, int, int)[] report) => Eventually.True(
            () =>
            {
                cap.Report(report);
                return controller.Read().Deflection == deflection;
            },
            $"{deflection}");
    }

    [Fact]
    public void The_switch_tells_its_presses_with_the_kernels_stamps_and_one_held_at_the_start_is_none()
    {
        var pad = ScriptedDevice.Gamepad();
        pad.Press(RightShoulder);
        HandController controller = Started(pad);
        Assert.False(controller.Read().Held);
        pad.Release(RightShoulder);
        long pressed = pad.Press(RightShoulder);
        Eventually.True(() => controller.Read() is { Held: true, Press: 1 }, "pressed");
        Assert.Equal(pressed, controller.Read().ChangedNs);
        long released = pad.Release(RightShoulder);
        Eventually.True(() => !controller.Read().Held, "released");
        Assert.Equal(released, controller.Read().ChangedNs);
        pad.Change(() =>
        {
            pad.Press(RightShoulder);
            pad.Release(RightShoulder);
            pad.Press(RightShoulder);
        });
        Eventually.True(() => controller.Read() is { Held: true, Press: 3 }, "each press counts, however short the pause before it");
    }

    [Fact]
    public void Buttons_ask_for_the_gripper_and_for_slowness()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        pad.Press(LeftShoulder);
        pad.Press(South);
        Eventually.True(() => controller.Read() is { Slow: true, GripperPress: 1, Gripper: 1 }, "closes");
        pad.Release(South);
        pad.Press(East);
        Eventually.True(() => controller.Read() is { GripperPress: 2, Gripper: 0 }, "opens");

        var cap = ScriptedDevice.SpaceMouse();
        HandController mouse = Started(cap, new() { Kind = HandKind.SpaceMouse });
        foreach (double asked in new[] { 1.0, 0, 1 }) // one button, in turns
        {
            cap.Press(0x101);
            cap.Release(0x101);
            Eventually.True(() => mouse.Read().Gripper == asked, $"asks for {asked}");
        }
        Assert.Equal(3, mouse.Read().GripperPress);
    }

    [Fact]
    public void Where_events_were_lost_what_is_held_is_asked_for_and_the_switch_must_be_pressed_again()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        pad.Press(RightShoulder);
        Eventually.True(() => controller.Read().Held, "held");
        pad.Change(() => // more than the kernel keeps, while the reader is not run
        {
            for (int i = 0; i < ScriptedDevice.QueueLength; i++)
                pad.Move(3, i * 100);
            pad.Move(1, -32768);
        });
        Eventually.True(() => controller.Read().Deflection[0] == 1, "the stick is where it is");
        Assert.False(controller.Read().Held);
        pad.Release(RightShoulder);
        pad.Press(RightShoulder);
        Eventually.True(() => controller.Read().Held, "pressed again");
    }

    [Fact]
    public void A_cable_that_is_pulled_is_seen_at_once_and_the_switch_must_be_pressed_again()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        pad.Press(RightShoulder);
        pad.Move(1, -32768);
        Eventually.True(() => controller.Read() is { Held: true }, "held");
        pad.Unplug();
        Eventually.True(() => controller.Read() is { Connected: false, Held: false }, "it is gone");
        Assert.Equal(default, controller.Read().Deflection);
        Eventually.True(() => controller.Status.Message.Contains("is it plugged in"), "it is looked for");
        Assert.False(controller.Status.Connected);
        Assert.Contains("was unplugged", controller.Status.LastLoss);
        pad.PlugIn();
        Eventually.True(() => controller.Read() is { Connected: true }, "it is back");
        Assert.False(controller.Read().Held); // though it is held
        Assert.Equal(1, controller.Status.Reconnects);
        pad.Release(RightShoulder);
        pad.Press(RightShoulder);
        Eventually.True(() => controller.Read().Held, "pressed again");
        controller.Dispose();
        Assert.Equal((0, ""), (pad.OpenCount, string.Join("; ", pad.Wrongs)));
    }

    [Fact]
    public void A_thread_that_is_not_run_shows_no_sign_of_life()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        pad.Press(RightShoulder);
        Eventually.True(() => controller.Read().Held, "held");
        pad.Change(() => pad.Stalled = true);
        pad.Release(RightShoulder);
        Eventually.True(() => HostClock.NowNs - controller.Read().AliveNs > TeleopGate.StaleNs, "its last sign is old");
        Assert.True(controller.Read().Held); // which is why the sign counts
        pad.Change(() => pad.Stalled = false);
        Eventually.True(() => !controller.Read().Held, "and it goes on");
    }

    [Fact]
    public void Garbage_moves_nothing()
    {
        var pad = ScriptedDevice.Gamepad();
        HandController controller = Started(pad);
        pad.PostRaw(1, 0xFFFF, 1);
        pad.PostRaw(3, 0x7FFF, 32767);
        pad.PostRaw(2, 0xFFFF, 1);
        pad.PostRaw(0x1F, 5, -1);
        pad.Press(LeftShoulder);
        Eventually.True(() => controller.Read().Slow, "what follows is read");
        Assert.Equal(default, controller.Read().Deflection);
        pad.Change(() => pad.Garbage = new byte[25]);
        Eventually.True(() => controller.Status.Reconnects == 1 && controller.Read().Connected, "half an event ends the connection");
        Assert.Contains("25 bytes", controller.Status.LastLoss);
    }

    [Fact]
    public void A_device_that_another_program_has_taken_is_said_so_and_had_when_it_is_free()
    {
        var pad = ScriptedDevice.Gamepad();
        IDisposable other = pad.GrabbedByAnother();
        HandController controller = Made(pad);
        controller.Start();
        Eventually.True(() => controller.Status.Message.Contains("another program has taken /dev/input/event7"), "it is said");
        other.Dispose();
        Eventually.True(() => controller.Status.Connected, "it is had");

        HandController shared = Made(pad, new() { Grab = false });
        shared.Start();
        Eventually.True(() => shared.Status.Connected, "who does not want it alone is not refused");
    }

    [Theory]
    [InlineData(13, "this user may not open /dev/input/event7: copy systemd/60-robot-input.rules")]
    [InlineData(2, "there is no /dev/input/event7: is it plugged in")]
    [InlineData(19, "/dev/input/event7 has no device behind it")]
    [InlineData(24, "/dev/input/event7 cannot be opened (Too many open files)")]
    public void Every_refusal_is_said_in_words(int error, string says)
    {
        var pad = ScriptedDevice.Gamepad();
        pad.OpenError = error;
        HandController controller = Made(pad, new() { Device = pad.Path });
        controller.Start();
        Eventually.True(() => controller.Status.Message.Contains(says), says);
    }

    [Fact]
    public void The_device_is_found_by_kind_number_or_name_and_a_wrong_one_is_told_from_it()
    {
        ScriptedDevice pad = ScriptedDevice.Gamepad(), second = ScriptedDevice.Gamepad("/dev/input/event8");
        var cap = ScriptedDevice.SpaceMouse();
        var sensors = new ScriptedDevice("/dev/input/event6", "Microsoft X-Box 360 pad Motion Sensors", 0x045E, 0x028E);
        Connects(new() { Device = "" }, "X-Box", pad, cap, sensors);
        Connects(new() { Device = "045E:028e" }, "event7", pad, cap, sensors);
        Connects(new() { Device = "x-box" }, "event7", pad, cap, sensors);
        Connects(new() { Kind = HandKind.SpaceMouse }, "SpaceMouse Compact", pad, cap);
        Connects(new() { Device = second.Path }, "event8", pad, second);
        Fails(new(), "2 devices are meant by gamepad: Microsoft X-Box 360 pad (/dev/input/event7)", pad, second);
        Fails(new(), "no gamepad is connected; here are 3Dconnexion SpaceMouse Compact (256f:c635)", cap);
        Fails(new() { Device = cap.Path }, "SpaceMouse Compact has no button BTN_TR, which dead_man names; it has BTN_0, BTN_1", cap);
        Fails(new() { Axes = ["ABS_X", "ABS_Y", "ABS_RUDDER", "ABS_RX", "ABS_RY", "ABS_Z"] }, "has no axis ABS_RUDDER; it has ABS_X", pad);
    }

    [Theory]
    [InlineData("axes: '-ABS_Q' is no axis", "-ABS_Q", null, 0.1)]
    [InlineData("dead_man: 'SHIFT' is no button", null, "SHIFT", 0.1)]
    [InlineData("dead_man must be a button of its own", null, "BTN_SOUTH", 0.1)]
    [InlineData("dead_zone must be 0 to 0.9", null, null, 1.5)]
    public void An_option_that_names_nothing_is_refused(string says, string? axis, string? deadMan, double deadZone)
    {
        var options = new HandControllerOptions { DeadMan = deadMan, DeadZone = deadZone };
        if (axis is not null)
            options.Axes = [axis, "ABS_Y", "ABS_Z", "ABS_RX", "ABS_RY", "ABS_RZ"];
        Assert.Contains(says, Assert.Throws<ArgumentException>(options.Validate).Message);
    }

    private static HandController Made(HandControllerOptions options, params ScriptedDevice[] devices) =>
        new(options, new ScriptedInput(devices));

    private HandController Made(ScriptedDevice device, HandControllerOptions? options = null)
    {
        HandController controller = Made(options ?? new(), device);
        _started.Add(controller);
        return controller;
    }

    private HandController Started(ScriptedDevice device, HandControllerOptions? options = null)
    {
        HandController controller = Made(device, options);
        controller.Start();
        Eventually.True(() => controller.Read().Connected, "it is there");
        return controller;
    }

    private static void Reads(HandController controller, Vector6 deflection) => Eventually.True(
        () => (controller.Read().Deflection - deflection).MaxAbs < 1e-9, $"{deflection}, not {controller.Read().Deflection}");

    private static void Connects(HandControllerOptions options, string with, params ScriptedDevice[] devices)
    {
        using HandController controller = Made(options, devices);
        controller.Start();
        Eventually.True(() => controller.Status is { Connected: true } status && status.Message.Contains(with), with);
    }

    private static void Fails(HandControllerOptions options, string says, params ScriptedDevice[] devices)
    {
        using HandController controller = Made(options, devices);
        controller.Start();
        Eventually.True(() => controller.Status.Message.Contains(says), $"{says}, not {controller.Status.Message}", seconds: 10);
        Assert.All(devices, d => Assert.Empty(d.Wrongs));
    }
}
