using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>Finding the library, and each of its calls failing.</summary>
public class LibraryTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    [Fact]
    public void Without_the_library_it_is_said_what_to_install()
    {
        using var missing = Open(o => o.Library = "/nowhere/librealsense2.so");
        Says(missing, "library: there is no file /nowhere/librealsense2.so");
        using var other = Open(o => o.Library = "libm.so.6");
        Says(other, "has no function rs2_get_error_message: it is no librealsense2");
        using var folder = new TempFolder();
        File.WriteAllText(folder["librealsense2.so"], "text");
        using var broken = Open(o => o.Library = folder["librealsense2.so"]);
        Says(broken, "cannot be loaded");
    }

    [SkippableFact]
    public void Where_it_is_not_installed_all_else_works()
    {
        Skip.If(NativeLibrary.TryLoad("librealsense2.so", out _), "librealsense2 is installed here");
        using var camera = Open(o => o.Library = "");
        Says(camera, "librealsense2 is not installed: docs/realsense.md says how");
    }

    [Fact]
    public unsafe void A_library_that_is_too_old_is_named()
    {
        using StandIn old = StandInFixture.Another();
        ((delegate* unmanaged[Cdecl]<int, void>)old.Export("rwm_api_version"))(24901);
        using var camera = Open(o => o.Library = old.Path);
        Says(camera, "is librealsense 2.49.1; 2.50 or later is needed");
    }

    [Fact]
    public void A_library_that_does_not_tell_its_version_is_asked_again()
    {
        using StandIn other = StandInFixture.Another();
        other.Fail("rs2_get_api_version", 0, "no version today", times: -1);
        using var camera = Open(o => o.Library = other.Path);
        Says(camera, "rs2_get_api_version: no version today");
        other.Mend();
        Says(camera, "no RealSense is connected");
    }

    [Fact]
    public void A_camera_that_refuses_its_reset_is_a_persons_matter()
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        Streams(camera);
        Bus.Fail("rs2_hardware_reset", 2, "not now", times: -1);
        Bus.Freeze(Serial, 3); // until it is plugged in anew
        Says(camera, "though its streams were started anew and a reset was refused (rs2_hardware_reset: not now): unplug it");
        Assert.Equal(0, Bus.Ask("rwm_resets", Serial));
        Bus.Unplug(Serial);
        Bus.Plug(Serial);
        Streams(camera);
    }

    [Theory]
    [InlineData(2, "")] // a failure as any other
    [InlineData(1, "the camera was restarted for it and is not in advanced mode")] // as one that restarts before it answers
    public void Going_into_advanced_mode_may_fail(int type, string said)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["settings.json"], "{}");
        PlugIn();
        Bus.Fail("rs2_toggle_advanced_mode", type, "the stand-in says no", times: said.Length > 0 ? -1 : 1);
        using var camera = Open(o => o.AdvancedJson = folder["settings.json"]);
        if (said.Length > 0)
        {
            Says(camera, said);
            Bus.Order("rwm_advanced", Serial, 1); // as by realsense-viewer
        }
        Streams(camera);
        Assert.Equal("{}", Bus.Json(Serial));
    }

    [Fact]
    public void A_notification_that_cannot_be_read_costs_a_new_start()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Fail("rs2_get_notification_description", 2, "the stand-in says no");
        Bus.Order("rwm_notify", Serial, 2, "laser hot");
        Eventually.True(() => camera.Status.LastLoss.Contains("rs2_get_notification_description"), "the loss", 20);
        Streams(camera);
        Assert.Equal(1, camera.Status.Reconnects);
    }

    public static TheoryData<string> Functions => new()
    {
        "create_context set_devices_changed_callback query_devices get_device_count create_device",
        "supports_device_info get_device_info is_device_extendable_to is_enabled load_json",
        "query_sensors get_sensors_count create_sensor is_sensor_extendable_to get_depth_scale",
        "get_stream_profiles get_stream_profiles_count get_stream_profile get_stream_profile_data get_video_stream_resolution",
        "get_video_stream_intrinsics get_extrinsics open_multiple start set_notifications_callback",
        "supports_option is_option_read_only set_option get_option_range get_option_value_description",
        "get_frame_stream_profile get_frame_data get_frame_width get_frame_height get_frame_stride_in_bytes",
        "get_frame_timestamp get_frame_timestamp_domain get_frame_number supports_frame_metadata get_frame_metadata",
    };

    /// <summary>Calls that fail, the first time and a later one: the camera streams in the end, and nothing leaks.</summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public void Each_call_may_fail(string functions)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["settings.json"], "{}");
        PlugIn();
        Bus.Order("rwm_advanced", Serial, 1);
        foreach (string function in functions.Split(' '))
        {
            Bus.Fail($"rs2_{function}", 2, "the stand-in says no");
            Bus.Fail($"rs2_{function}", 8, "the stand-in says no again", skip: 3); // among several of it in a row
        }
        using var camera = Open(o => (o.Preset, o.AdvancedJson) = ("hand", folder["settings.json"]));
        Eventually.True(() => camera.Color.Counters.Received > 20 && camera.Status.Connected, functions, 20);
        Streams(camera);
    }

    [Fact]
    public void Looking_for_what_is_gone_may_fail()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Fail("rs2_device_list_contains", 2, "the stand-in says no");
        Bus.Order("rwm_false_event");
        Eventually.True(() => Bus.Ask("rwm_orders") == 0, "a look at the bus", 20);
        Bus.Unplug(Serial);
        Says(camera, "no RealSense is connected");
    }

    [Theory]
    [InlineData("rs2_stop")]
    [InlineData("rs2_close")]
    public void Ending_may_fail(string function)
    {
        PlugIn();
        Bus.Fail(function, 2, "the stand-in says no", times: 2);
        using (var camera = Open())
            Streams(camera);
        using (var again = Open())
            Streams(again);
    }

    [Theory]
    [InlineData("Permission denied", "install the udev rules")]
    [InlineData("failed to open usb interface: 0, error: RS2_USB_STATUS_ACCESS", "install the udev rules")]
    [InlineData("failed to set power state", "it does not wake up")]
    public void What_the_library_says_is_explained(string words, string said)
    {
        PlugIn();
        Bus.Fail("rs2_open_multiple", 2, words, times: -1);
        using var camera = Open();
        Says(camera, said);
        Bus.Mend();
        Streams(camera);
    }

    [Fact]
    public void A_device_that_may_not_be_opened_is_said_where_it_is_missed()
    {
        PlugIn();
        Bus.Fail("rs2_create_device", 2, "error: RS2_USB_STATUS_ACCESS", times: -1);
        using (var any = Open())
            Says(any, "no camera that is connected can be used; one that is connected cannot be opened: this user may not open it");
        using var camera = Open(o => o.Serial = Serial);
        Says(camera, $"serial {Serial} is not connected; one that is connected cannot be opened: this user may not open it");
        Bus.Mend();
        Streams(camera);
    }
}
