using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>
/// Opens every device of a cell as the service would, looks at what comes for some seconds, and closes them. Nothing is moved, activated,
/// zeroed or claimed on the controller.
/// </summary>
internal sealed class CellLook(CellConfig config, Machine machine, DoctorOptions options, Checks checks)
{
    private readonly string _advice = config.Simulation is null
        ? "nothing is recorded before every device of the config is there: see to it, or take its section out"
        : $"start the cell: ./robot sim --config {config.File}";

    /// <summary>What was seen of the arm, for the network's checks; null without one.</summary>
    public ArmLook? Arm { get; private set; }

    /// <summary>Bytes a second of pictures; what a camera that is not there would send is assumed from the config.</summary>
    public double Pictures { get; private set; }

    /// <summary>Where that is from, for a person.</summary>
    public string Assumed { get; private set; } = "pictures as the cameras make them";

    /// <summary>Another program has one of the devices: what is at the other end of the wires is in use.</summary>
    public bool Busy { get; private set; }

    public void Look(Action<string> say, CancellationToken cancel)
    {
        try
        {
            using var devices = new CellDevices(config, watchOnly: true);
            Look(devices, say, cancel);
        }
        catch (RobotException e) // another program has one of them, or a driver refuses its section
        {
            Busy = e.Code == ExitCode.Busy;
            (Pictures, Assumed) = (config.Cameras.Sum(AsConfigured), AsInConfig);
            foreach (var section in Configured(config, checks))
                section.Fault("connection", e.Message, "one service at a time uses a device: end the other, or ask that one");
        }
    }

    public const string AsInConfig = "pictures as the config has them, or 640x480 with depth";

    /// <summary>What a camera that did not say what it makes would make, bytes a second; with depth where it may have it.</summary>
    public static double AsConfigured(CameraConfig camera) =>
        camera.Width * camera.Height * (camera.Device.Length == 0 && camera.Depth ? 5 : 3) * camera.Fps;

    /// <summary>The sections of devices that the config has.</summary>
    public static IEnumerable<Section> Configured(CellConfig config, Checks checks)
    {
        if (config.Robot is not null)
            yield return checks.In(Sections.Arm);
        if (config.Force is not null)
            yield return checks.In(Sections.Force);
        if (config.Gripper is not null)
            yield return checks.In(Sections.Gripper);
        if (config.Cameras.Count > 0)
            yield return checks.In(Sections.Cameras);
        if (config.Teleoperation is not null)
            yield return checks.In(Sections.Teleoperation);
    }

    private void Look(CellDevices devices, Action<string> say, CancellationToken cancel)
    {
        say("opening the devices …");
        devices.Start();
        WaitFor(devices, cancel);
        say($"looking at what they send for {options.Looking.TotalSeconds} s …");
        SampleQueue<Wrench>? wrenches = devices.Force?.Wrenches.Subscribe(1 << 15);
        var streams = StreamMeter.Watch(devices.Streams, options.Looking, cancel).ToDictionary(s => s.Name);
        if (devices.Arm is { } arm)
            LookAtArm(devices, arm, streams[arm.States.Name]);
        if (devices.Force is { } force)
            LookAtForce(devices, force, Drain(wrenches!), streams[force.Wrenches.Name]);
        if (devices.Gripper is { } gripper)
            LookAtGripper(gripper, streams[gripper.States.Name]);
        for (int i = 0; i < devices.Cameras.Count; i++)
            LookAtCamera(config.Cameras[i], devices.Cameras[i], streams);
        if (devices.Teleoperation is { } teleoperation)
            TeleopChecks.Judge(checks.In(Sections.Teleoperation), teleoperation.Status, teleoperation.Read().Held);
    }

    private void WaitFor(CellDevices devices, CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + (long)(options.Connecting.TotalMilliseconds * 1e6);
        while (HostClock.NowNs < deadline && !(devices.All.All(d => d.Status.Connected)
            && devices.Streams.All(s => s.NewestOriginatingNs is not null) && devices.Arm is null or { Identity: not null }))
        {
            if (cancel.WaitHandle.WaitOne(20))
                cancel.ThrowIfCancellationRequested();
        }
    }

    private void LookAtArm(CellDevices devices, IRobotArm arm, StreamLook stream)
    {
        var section = checks.In(Sections.Arm);
        Arm = ArmLook.At(devices, config.Motion.Enabled);
        if (!StreamChecks.Connection(section, arm.Name, arm.Status, _advice))
            return;
        ArmChecks.Judge(section, config, Arm);
        Stream(section, arm.Name, stream, arm.Clock);
    }

    private void LookAtForce(CellDevices devices, IForceTorqueSensor force, List<Wrench> values, StreamLook stream)
    {
        var section = checks.In(Sections.Force);
        if (!StreamChecks.Connection(section, force.Name, force.Status, _advice))
            return;
        ForceChecks.Judge(section, new(force.Info, values, Outside(devices, values)), config.Motion.ForceLimit);
        Stream(section, force.Name, stream, force.Clock);
    }

    private static double? Outside(CellDevices devices, List<Wrench> values)
    {
        devices.External.SensorIs(devices.SensorName);
        return values.Count > 0 && devices.External.Calibration is not null && devices.Arm is { } arm
            && arm.States.TryGetNewest(out var state)
            ? devices.External.Of(Mean(values), arm.Kinematics.Flange(state.Value.Q).Rotation).ForceNorm
            : null;
    }

    private static Wrench Mean(List<Wrench> values) => new(values.Average(w => w.Fx), values.Average(w => w.Fy),
        values.Average(w => w.Fz), values.Average(w => w.Tx), values.Average(w => w.Ty), values.Average(w => w.Tz));

    private void LookAtGripper(IGripper gripper, StreamLook stream)
    {
        var section = checks.In(Sections.Gripper);
        if (!StreamChecks.Connection(section, gripper.Name, gripper.Status, _advice))
            return;
        GripperState? state = gripper.States.TryGetNewest(out var newest) ? newest.Value : null;
        GripperChecks.Judge(section, gripper.Active, state, gripper.Status.Message);
        Stream(section, gripper.Name, stream, gripper.Clock);
    }

    private void LookAtCamera(CameraConfig section, ICamera camera, Dictionary<string, StreamLook> streams)
    {
        var cameras = checks.In(Sections.Cameras);
        double raw = RecordingRate.Pictures(camera);
        Pictures += raw > 0 ? raw : AsConfigured(section);
        if (raw <= 0)
            Assumed = AsInConfig;
        bool connected = StreamChecks.Connection(cameras, camera.Name, camera.Status, _advice);
        CameraChecks.Usb(cameras, machine, section, camera.Info?.Usb ?? "", camera.Info?.HasMetadata);
        if (!connected)
        {
            cameras.Skip($"{camera.Name} picture", "it is not connected");
            return;
        }
        if (camera.Color.TryGetNewest(out var color))
        {
            CameraChecks.Picture(cameras, camera.Name, color.Value.Pixels, color.Value.Width, color.Value.Height, options.Pictures);
            color.Value.Release();
        }
        Stream(cameras, camera.Color.Name, streams[camera.Color.Name], camera.Clock);
        if (camera.Depth is not { } depths)
            return;
        if (depths.TryGetNewest(out var depth))
        {
            CameraChecks.Depth(cameras, camera.Name, depth.Value.Pixels, camera.Info?.DepthScale ?? 0);
            depth.Value.Release();
        }
        StreamChecks.Rate(cameras, depths.Name, streams[depths.Name]);
    }

    private static void Stream(Section section, string prefix, StreamLook stream, ClockMapReport? clock)
    {
        StreamChecks.Rate(section, prefix, stream);
        StreamChecks.Delay(section, prefix, stream);
        StreamChecks.Clock(section, prefix, clock);
    }

    private static List<Wrench> Drain(SampleQueue<Wrench> queue)
    {
        var values = new List<Wrench>();
        while (queue.TryDequeue(out var sample))
            values.Add(sample.Value);
        return values;
    }
}
