using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>Which camera is whose.</summary>
public class BusTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    private const string Other = "836612070001";

    [Fact]
    public void Another_camera_than_the_configs_is_named_and_left_alone()
    {
        PlugIn(Other);
        using var camera = Open(o => o.Serial = Serial);
        Says(camera, $"serial {Serial} is not connected; here are {Other} (Stand-in D435)");
        Bus.Camera(Serial);
        Bus.Plug(Serial);
        Streams(camera);
        Assert.Equal(Serial, camera.Info!.Serial);
        Assert.Equal(0, Bus.Ask("rwm_opens", Other));
    }

    [Fact]
    public void Several_cameras_and_no_serial_are_listed()
    {
        PlugIn();
        PlugIn(Other);
        using var camera = Open();
        Says(camera, $"several cameras are connected: choose one with `serial`; here are {Serial} (Stand-in D435), {Other}");
    }

    [Fact]
    public void A_camera_that_was_exchanged_is_not_taken_for_the_first()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Unplug(Serial);
        PlugIn(Other);
        Says(camera, $"serial {Serial} is not connected; here are {Other}");
    }

    [Fact]
    public void A_camera_in_firmware_recovery_is_said()
    {
        Bus.Camera(Other);
        Bus.Order("rwm_info", Other, 7, "0ADB");
        Bus.Order("rwm_info", Other, 1, "recovery");
        Bus.Plug("recovery");
        using var camera = Open(o => o.Serial = Serial);
        Says(camera, "a RealSense in firmware recovery is connected");
    }

    [Fact]
    public void Events_without_anything_behind_them_disturb_nothing()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        for (int i = 0; i < 20; i++)
            Bus.Order("rwm_false_event");
        Streams(camera, 20);
        Assert.Equal((0, 0), (camera.Status.Reconnects, camera.Color.Counters.Lost));
    }

    [Fact]
    public void A_camera_that_another_program_has_open_is_waited_for()
    {
        PlugIn();
        Bus.Order("rwm_busy", Serial, 1);
        using var camera = Open();
        Says(camera, "another program has it open");
        Assert.Equal(0, Bus.Ask("rwm_resets", Serial)); // it is not ours to reset
        Bus.Order("rwm_busy", Serial, 0);
        Streams(camera);
    }

    [Fact]
    public void Two_of_one_service_never_open_one_camera_twice()
    {
        PlugIn();
        using var first = Open(o => o.Serial = Serial);
        Streams(first);
        using (var second = Open(o => (o.Name, o.Serial) = ("scene", Serial)))
        {
            Says(second, "scene: it is not connected, only 1 that stream(s) already");
            PlugIn(Other);
            Says(second, $"scene: serial {Serial} is in use as wrist");
        }
        Streams(first);
        Assert.Equal((2, 0), (Bus.Ask("rwm_opens", Serial), Bus.Ask("rwm_double_opens", Serial)));
    }

    [Fact]
    public void Two_cameras_start_one_after_the_other()
    {
        Bus.Camera(Serial);
        Bus.Camera(Other);
        Bus.Freeze(Serial, until: 1, streams: 0);
        Bus.Hang("rs2_start");
        using var first = Open(o => o.Serial = Serial);
        Bus.Plug(Serial);
        Eventually.True(() => Bus.Ask("rwm_hanging") == 1, "the first one starting", 20);
        using var second = Open(o => (o.Name, o.Serial) = ("scene", Other));
        Bus.Plug(Other);
        Says(second, "wrist starts first");
        Assert.Equal(0, Bus.Ask("rwm_opens", Other));
        Bus.Mend();
        Streams(first);
        Streams(second);
    }
}
