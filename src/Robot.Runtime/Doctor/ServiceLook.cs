using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using EpisodeLayout = RobotWorldModel.Collector.Episodes.EpisodeLayout;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Asks the service that has the cell's devices what it sees of them.</summary>
internal sealed class ServiceLook(CellConfig config, ServiceInfo service, Machine machine, DoctorOptions options, Checks checks)
{
    private const double GoodShare = 0.97, LateTickUs = 5000, RestRadPerS = 0.01;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public ArmLook? Arm { get; private set; }

    internal IReadOnlyList<Check> Checks => checks.All;

    /// <summary>Nothing is recorded, replayed or moved: the disk and the controller may be asked more.</summary>
    public bool Idle { get; private set; }

    public async Task LookAsync(Action<string> say, CancellationToken cancel)
    {
        var section = checks.In(Sections.Service);
        section.Judge("service", $"runs (pid {service.Pid}): it has the devices, and was asked what it sees", CheckState.Warning,
            service.ConfigHash == config.Hash ? null
                : "it was started with another config than this file is now: './robot shutdown', and start it again");
        try
        {
            await using var core = await CoreClient.ConnectAsync(service.Socket, cancel);
            say($"a service runs; looking at what it sees for {options.Looking.TotalSeconds} s …");
            var seen = new ConcurrentQueue<CoreStatus>();
            core.StatusReceived += seen.Enqueue;
            CoreStatus first = await StatusAsync(core, cancel);
            await core.SubscribeAsync(cancel);
            await Task.Delay(options.Looking, cancel);
            CoreStatus last = await StatusAsync(core, cancel);
            Idle = last.Mode == "idle";
            PendantReport? pendant = last.Robot is null ? null
                : (await core.CallAsync(CoreMethods.ArmPendant, null, cancel)).Deserialize<PendantReport>(ProtocolJson.Lenient);
            Judge([first, .. seen, last], pendant);
        }
        catch (Exception e) when (e is SocketException or RobotException or TimeoutException)
        {
            section.Fault("answer", e.Message, "it is starting, ending, or hangs: look at its output, and try again in a moment");
        }
    }

    private static async Task<CoreStatus> StatusAsync(CoreClient core, CancellationToken cancel) =>
        (await core.CallAsync(CoreMethods.Status, null, cancel).WaitAsync(s_patience, cancel))
            .Deserialize(ProtocolJson.Default.CoreStatus)!;

    /// <param name="looks">In the order of their times; the first and the last some seconds apart.</param>
    internal void Judge(IReadOnlyList<CoreStatus> looks, PendantReport? pendant)
    {
        CoreStatus first = looks[0], last = looks[^1];
        double seconds = (last.TimeNs - first.TimeNs) * 1e-9;
        foreach (var now in last.Streams)
        {
            Stream(SectionOf(now.Name), first.Streams.FirstOrDefault(s => s.Name == now.Name), now, seconds);
            Times(SectionOf(now.Name), now, looks);
        }
        if (config.Robot is not null)
        {
            Arm = ArmLook.Of(last, pendant);
            ArmChecks.Judge(checks.In(Sections.Arm), config, Arm);
        }
        if (StreamOf(last, "force") is { Connected: true, Fresh: true })
            Force(looks);
        if (last.Gripper is { } g && StreamOf(last, "gripper") is { Connected: true } gripper)
            GripperChecks.Judge(checks.In(Sections.Gripper), g.Active,
                new(g.Position, g.WidthM, double.NaN, g.Object, g.Moving, g.Fault), gripper.Message);
        foreach (var camera in config.Cameras)
        {
            StreamStatus? color = StreamOf(last, EpisodeLayout.RgbStream(camera.Name));
            CameraChecks.Usb(checks.In(Sections.Cameras), machine, camera, color?.Usb ?? "", color?.Metadata);
            Picture(camera.Name);
        }
        if (last.Teleop is { } t)
            TeleopChecks.Judge(checks.In(Sections.Teleoperation), new(t.Connected, t.Message, 0), null);
        Tick(first, last);
        if (last.Dashboard is { } dashboard)
            checks.In(Sections.Service).Judge("dashboard", dashboard.Up ? service.Url : dashboard.Message, CheckState.Warning,
                dashboard.Up ? null : "recording goes on without it");
    }

    private static StreamStatus? StreamOf(CoreStatus status, string name) => status.Streams.FirstOrDefault(s => s.Name == name);

    private Section SectionOf(string stream) => checks.In(stream switch
    {
        "robot" => Sections.Arm,
        "force" => Sections.Force,
        "gripper" => Sections.Gripper,
        _ => Sections.Cameras,
    });

    private static void Stream(Section section, StreamStatus? before, StreamStatus now, double seconds)
    {
        string name = section.Name == Sections.Cameras ? now.Name : "stream";
        if (!now.Connected)
        {
            section.Fault(name, now.Message, "nothing is recorded before every device of the config is there");
            return;
        }
        double hz = (now.Received - (before?.Received ?? 0)) / seconds;
        long lost = now.Lost - (before?.Lost ?? 0);
        string found = string.Create(CultureInfo.InvariantCulture,
            $"{hz:0.0} Hz of {now.RateHz:0.#}, {lost} lost, newest {now.AgeMs ?? double.NaN:0} ms old; {now.Message}");
        section.Judge(name, found, now.Fresh ? CheckState.Warning : CheckState.Fault,
            !now.Fresh ? "its newest sample is too old: nothing is recorded before it sends again"
            : hz < GoodShare * now.RateHz ? "it sends less often than it says it does"
            : lost > 0 ? "samples were made and never arrived: look at cable, network and USB bus"
            : null);
    }

    private void Times(Section section, StreamStatus now, IReadOnlyList<CoreStatus> looks)
    {
        if (!now.Connected || config.Cameras.Any(c => now.Name == EpisodeLayout.DepthStream(c.Name))) // colour's are the camera's
            return;
        StreamChecks.Delay(section, now.Name, [.. looks.Select(s => StreamOf(s, now.Name)?.DelayMs).OfType<double>()]);
        StreamChecks.Clock(section, now.Name, now.Clock);
    }

    private void Force(IReadOnlyList<CoreStatus> looks)
    {
        var section = checks.In(Sections.Force);
        if (looks.Any(s => s.Mode != "idle" || s.Robot?.Qd.Any(v => Math.Abs(v) > RestRadPerS) == true))
        {
            section.Skip("values", "the arm is not at rest, or the service is busy with it: look again when it stands free");
            return;
        }
        ForceStatus[] external = [.. looks.Select(s => s.Force).OfType<ForceStatus>()];
        bool known = external.Length > 0 && external.All(f => f.Calibrated || f.Tare is not null);
        ForceChecks.Judge(section, new(new(external.LastOrDefault()?.Sensor ?? "the sensor"),
            [.. looks.Select(s => s.Wrench).OfType<double[]>().Select(WrenchOf)],
            known ? WrenchOf([.. Enumerable.Range(0, 6).Select(i => external.Average(f => f.External[i]))]).ForceNorm : null),
            config.Motion.ForceLimit);
    }

    private static Wrench WrenchOf(double[] v) => new(v[0], v[1], v[2], v[3], v[4], v[5]);

    private void Picture(string camera)
    {
        var section = checks.In(Sections.Cameras);
        try
        {
            using var slot = PreviewSlot.Open(PreviewSlot.PathOf(Path.GetDirectoryName(service.Socket)!, config.Cell, camera));
            byte[] rgb = new byte[slot.CapacityBytes];
            for (int tries = 0; tries < 100; tries++) // it may be written just now
            {
                if (slot.TryRead(-1, rgb, out int width, out int height, out _, out _))
                {
                    CameraChecks.Picture(section, camera, rgb.AsSpan(0, width * height * 3), width, height, options.Pictures,
                        " (the service's preview, half the size)");
                    return;
                }
                Thread.Sleep(5);
            }
            section.Skip($"{camera} picture", "the service has none yet");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Skip($"{camera} picture", $"the service's preview cannot be read ({e.Message.TrimEnd('.')})");
        }
    }

    private void Tick(CoreStatus first, CoreStatus last)
    {
        long missed = last.Tick.Missed - first.Tick.Missed;
        checks.In(Sections.Service).Judge("tick", string.Create(CultureInfo.InvariantCulture, $"{last.Tick.RateHz:0.###} Hz, "
            + $"{missed} missed, late p99 {last.Tick.LatenessP99Us * 1e-3:0.00} ms, longest {last.Tick.LatenessMaxUs * 1e-3:0.0} ms"),
            CheckState.Warning, missed == 0 && last.Tick.LatenessP99Us < LateTickUs ? null
                : "what else runs on this computer, and is the service real-time (its own lines say)?");
    }
}
