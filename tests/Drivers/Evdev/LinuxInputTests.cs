using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Evdev;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Evdev;

/// <summary>The kernel's own calls, on what every machine has, and its headers' numbers.</summary>
public unsafe partial class LinuxInputTests
{
    private static readonly LinuxInput s_linux = new();

    [SkippableFact]
    public void Every_size_offset_and_number_is_the_kernel_headers()
    {
        using var peer = new PeerProcess(CPeer.Build("peers/input_layout.c"));
        var theirs = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToDictionary(words => words[0], words => long.Parse(words[1]));
        Assert.Equal(Ours().Select(p => $"{p.Key} {p.Value}").Order(), theirs.Select(p => $"{p.Key} {p.Value}").Order());
    }

    [Fact]
    public void Recorded_events_come_through_a_pipe_as_they_were_and_its_end_is_the_devices()
    {
        using var folder = new TempFolder();
        Assert.Equal(0, MakePipe(folder["event0"], 0x180));
        Assert.Equal(0, s_linux.Open(folder["event0"], out IInputDevice? device));
        byte[] buffer = new byte[64 * InputEvent.Bytes];
        using (var writer = new FileStream(folder["event0"], FileMode.Open, FileAccess.Write))
        {
            Assert.Equal(0, device!.Wait(1)); // its time passes
            Assert.Equal((InputErrors.TryAgain, 0), (device.Read(buffer, out int none), none));
            writer.Write(Convert.FromHexString(Recorded));
            writer.Flush();
            Assert.Equal(0, device.Wait(60_000));
            Assert.Equal((0, 3 * InputEvent.Bytes), (device.Read(buffer, out int bytes), bytes));
        }
        Assert.Equal(new InputEvent(81_234_567_890_000, 1, 0x137, 1), InputEvent.Parse(buffer));
        Assert.Equal(new InputEvent(81_234_567_890_000, 3, 1, -32768), InputEvent.Parse(buffer.AsSpan(24)));
        Assert.Equal(new InputEvent(81_234_567_890_000, 0, 0, 0), InputEvent.Parse(buffer.AsSpan(48)));
        Assert.Equal(0, device.Wait(60_000)); // a hang-up is no silence
        Assert.Equal(InputErrors.NoDevice, device.Read(buffer, out _));
        device.Dispose();
        device.Dispose();
    }

    [Fact]
    public void A_wait_ends_when_it_is_woken()
    {
        using var folder = new TempFolder();
        Assert.Equal(0, MakePipe(folder["event0"], 0x180));
        Assert.Equal(0, s_linux.Open(folder["event0"], out IInputDevice? device));
        using var writer = new FileStream(folder["event0"], FileMode.Open, FileAccess.Write);
        var woken = new Thread(() => device!.Wait(60_000));
        woken.Start();
        device!.Wake();
        Assert.True(woken.Join(30_000));
        device.Dispose();
    }

    [Fact]
    public void What_is_not_there_and_what_is_no_input_device_is_said_in_words()
    {
        Assert.Contains("is it plugged in", Lost("/dev/input/by-id/nothing"));
        Assert.Contains("/dev/null is no input device", Lost("/dev/null"));
        _ = s_linux.List(); // there may be no /dev/input
    }

    /// <summary>A device that the kernel itself makes events for: needs /dev/uinput, and a name below /dev/input.</summary>
    [SkippableFact]
    public void A_virtual_gamepad_of_the_kernels_is_found()
    {
        Skip.IfNot(File.Exists("/dev/uinput"), "there is no /dev/uinput: no virtual device can be made");
        using var peer = new PeerProcess(CPeer.Build("peers/virtual_gamepad.c"));
        Skip.IfNot(peer.ReadLine() == "ready", "/dev/uinput may not be opened");
        using var controller = new HandController(new() { Device = "RobotWorldModel test pad" });
        controller.Start();
        Eventually.True(() => controller.Read().Connected, "it is there");
        peer.WriteLine("press");
        Eventually.True(() => controller.Read() is { Held: true, Press: 1 } && controller.Read().Deflection[0] == 1, "pressed and pushed");
        peer.WriteLine("release");
        Eventually.True(() => !controller.Read().Held, "released");
        peer.WriteLine("end");
        Eventually.True(() => !controller.Read().Connected, "it is gone");
    }

    // 81234.567890 s: BTN_TR pressed, ABS_Y to -32768, SYN_REPORT; as a kernel of 64 bits writes them.
    private const string Recorded =
        "523D010000000000" + "52AA080000000000" + "0100" + "3701" + "01000000"
        + "523D010000000000" + "52AA080000000000" + "0300" + "0100" + "0080FFFF"
        + "523D010000000000" + "52AA080000000000" + "0000" + "0000" + "00000000";

    private static string Lost(string path) => Assert.Throws<DeviceLostException>(() => InputLink.Open(s_linux, path)).Message;

    private static Dictionary<string, long> Ours()
    {
        var id = default(InputId);
        var axis = default(InputAxis);
        var ours = new Dictionary<string, long>
        {
            ["input_event"] = InputEvent.Bytes,
            ["input_id"] = Unsafe.SizeOf<InputId>(),
            ["input_id.vendor"] = At(ref id, ref id.Vendor),
            ["input_id.product"] = At(ref id, ref id.Product),
            ["input_absinfo"] = Unsafe.SizeOf<InputAxis>(),
            ["input_absinfo.value"] = At(ref axis, ref axis.Value),
            ["input_absinfo.minimum"] = At(ref axis, ref axis.Minimum),
            ["input_absinfo.maximum"] = At(ref axis, ref axis.Maximum),
            ["input_absinfo.flat"] = At(ref axis, ref axis.Flat),
            ["EVIOCGID"] = InputCalls.GetId,
            ["EVIOCGNAME(255)"] = InputCalls.GetName(255),
            ["EVIOCGKEY(96)"] = InputCalls.GetKeys(96),
            ["EVIOCGBIT(EV_KEY,96)"] = InputCalls.GetBits(InputCodes.TypeKey, 96),
            ["EVIOCGBIT(EV_ABS,8)"] = InputCalls.GetBits(InputCodes.TypeAbsolute, 8),
            ["EVIOCGABS(ABS_HAT0Y)"] = InputCalls.GetAxis(17),
            ["EVIOCGRAB"] = InputCalls.Grab,
            ["EVIOCSCLOCKID"] = InputCalls.SetClock,
            ["EV_SYN"] = InputCodes.TypeSync,
            ["EV_REL"] = InputCodes.TypeRelative,
            ["SYN_REPORT"] = InputCodes.SyncReport,
            ["SYN_DROPPED"] = InputCodes.SyncDropped,
            ["KEY_CNT"] = InputCodes.Keys,
            ["ABS_CNT"] = InputCodes.Axes,
            ["REL_CNT"] = InputCodes.Relatives,
        };
        foreach (string name in new[] { "BTN_0", "BTN_1", "BTN_SOUTH", "BTN_EAST", "BTN_NORTH", "BTN_WEST", "BTN_TL", "BTN_TR", "BTN_TL2",
            "BTN_TR2", "BTN_SELECT", "BTN_START", "BTN_MODE", "BTN_THUMBL", "BTN_THUMBR", "BTN_TRIGGER", "BTN_THUMB" })
            ours[name] = InputCodes.Key(name)!.Value;
        foreach (string name in new[] { "ABS_X", "ABS_Y", "ABS_Z", "ABS_RX", "ABS_RY", "ABS_RZ", "ABS_THROTTLE", "ABS_RUDDER", "ABS_WHEEL",
            "ABS_GAS", "ABS_BRAKE", "ABS_HAT0X", "ABS_HAT0Y", "ABS_HAT1X", "ABS_HAT1Y" })
            ours[name] = InputCodes.Axis(name)!.Value.Code;
        return ours;
    }

    private static long At<T, TField>(ref T value, ref TField field) =>
        Unsafe.ByteOffset(ref Unsafe.As<T, byte>(ref value), ref Unsafe.As<TField, byte>(ref field));

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
