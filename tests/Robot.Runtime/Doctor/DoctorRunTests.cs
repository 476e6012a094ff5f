using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Commands;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>Whole looks, at a simulated cell on its devices' own protocols.</summary>
[Collection(RuntimeFolderCollection.Name)]
public sealed class DoctorRunTests(DoctorCell cell) : IClassFixture<DoctorCell>, IDisposable
{
    private readonly MadeUpMachine _computer = new();

    public void Dispose() => _computer.Dispose();

    [Fact]
    public async Task A_cell_that_fits_its_config_has_no_fault_and_nothing_of_it_is_moved_or_claimed()
    {
        DoctorReport report = await cell.LookAsync(cell.Config(), _computer.Machine);
        Assert.True(!FaultsOf(report).Any(), Text(report));
        Assert.Equal(report.Faults == 0 ? ExitCode.Done : ExitCode.FaultsFound, report.ExitCode);
        Is(report, Sections.Arm, "model", CheckState.Ok, "UR5e, PolyScope 5.12.4");
        Is(report, Sections.Arm, "remote control", CheckState.Ok, "on");
        Is(report, Sections.Arm, "TCP and payload", CheckState.Ok, "0.925 kg");
        Is(report, Sections.Arm, "RTDE inputs", CheckState.Ok, "free");
        Is(report, Sections.Gripper, "activation", CheckState.Warning, "not activated"); // a look that had activated it would say more
        Is(report, Sections.Force, "connection", CheckState.Ok, "FT 300");
        Is(report, Sections.Cameras, "wrist picture", CheckState.Ok, "160x120");
        Is(report, Sections.Service, "service", CheckState.Skipped, "none runs");
        foreach (string camera in (string[])["wrist", "scene"])
        {
            byte[] png = File.ReadAllBytes(Path.Combine(cell.Pictures, $"{camera}.png"));
            Assert.Equal((160, 120), (png[18] << 8 | png[19], png[22] << 8 | png[23]));
        }
        Assert.Empty(UrProbe.InputsInUse(cell.Host, out string? problem));
        Assert.Null(problem);
    }

    [Fact]
    public async Task The_report_for_machines_has_each_check_and_its_counts()
    {
        DoctorReport report = await cell.LookAsync(null, _computer.Machine);
        using var json = JsonDocument.Parse(report.ToJson());
        JsonElement root = json.RootElement;
        Assert.True(root.GetProperty("time").TryGetDateTimeOffset(out _));
        Assert.StartsWith("RobotWorldModel ", root.GetProperty("program").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("Debian GNU/Linux 12 (bookworm), kernel 6.1.0-rt, .NET ", root.GetProperty("system").GetString(),
            StringComparison.Ordinal);
        var states = new Dictionary<string, int> { ["ok"] = 0, ["warning"] = 0, ["fault"] = 0, ["skipped"] = 0 };
        foreach (JsonElement check in root.GetProperty("checks").EnumerateArray())
        {
            Assert.Contains(check.GetProperty("section").GetString()!, Sections.All);
            Assert.All((string[])["name", "found"], key => Assert.NotEqual("", check.GetProperty(key).GetString()));
            Assert.Equal(JsonValueKind.String, check.GetProperty("advice").ValueKind);
            states[check.GetProperty("state").GetString()!]++;
        }
        Assert.Equal((states["ok"], states["warning"], states["fault"], states["skipped"]), (Number("right"), Number("warnings"),
            Number("faults"), Number("skipped")));
        Assert.True(states["ok"] > 5 && states["skipped"] > 5);

        int Number(string key) => root.GetProperty(key).GetInt32();
    }

    [Fact]
    public async Task Another_arm_and_another_tool_than_the_configs_are_faults()
    {
        string config = cell.Config(("model: UR5e", "model: UR10e"), ("payload_kg: 0.925", "payload_kg: 2.5"));
        DoctorReport report = await cell.LookAsync(config, _computer.Machine);
        Assert.Equal(ExitCode.FaultsFound, report.ExitCode);
        Is(report, Sections.Arm, "model", CheckState.Fault, "UR5e", "the config says UR10e");
        Is(report, Sections.Arm, "TCP and payload", CheckState.Fault, "payload is 0.925 kg", "2.5", "arm tool --set");
        Assert.Equal(2, FaultsOf(report).Count());
        string text = Text(report);
        Assert.Contains("!!  model", text, StringComparison.Ordinal);
        Assert.StartsWith($"{report.Right} right, {report.Warnings} warning", text.Split('\n')[^2], StringComparison.Ordinal);
        Assert.EndsWith($", {report.Faults} faults\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public async Task Another_client_that_has_the_inputs_is_a_fault()
    {
        using var other = new UrArm(new() { Host = cell.Host, ClaimInputs = true });
        other.Start();
        Eventually.True(() => UrProbe.InputsInUse(cell.Host, out _).Count > 0, "the other client has claimed them");
        DoctorReport report = await cell.LookAsync(cell.Config(), _computer.Machine);
        Is(report, Sections.Arm, "RTDE inputs", CheckState.Fault, "in use: input_double_register_24", "fieldbus");
        Assert.Single(FaultsOf(report));
    }

    [Fact]
    public async Task Devices_that_are_not_there_are_faults_each_with_its_reason()
    {
        string nowhere = Ports.FreeLoopbackAddress();
        string config = cell.Config((cell.Host, nowhere), ("driver: frame_socket\n    socket: doctor-scene.sock",
            "driver: v4l2\n    device: /dev/video77"),
            ("cell: doctor", "teleoperation: {driver: gamepad, device: nobody's}\ncell: doctor"));
        DoctorReport report = await cell.LookAsync(config, _computer.Machine, connectingMs: 500);
        Is(report, Sections.Arm, "connection", CheckState.Fault, nowhere, "./robot sim");
        Is(report, Sections.Arm, "port 30004", CheckState.Fault, "refused port 30004");
        Is(report, Sections.Arm, "port 30001", CheckState.Warning, "refused port 30001");
        Is(report, Sections.Force, "connection", CheckState.Fault, "63351");
        Is(report, Sections.Gripper, "connection", CheckState.Fault, "63352");
        Is(report, Sections.Cameras, "scene connection", CheckState.Fault, "/dev/video77");
        Is(report, Sections.Cameras, "scene picture", CheckState.Skipped);
        Is(report, Sections.Cameras, "wrist connection", CheckState.Ok);
        Is(report, Sections.Teleoperation, "connection", CheckState.Fault, "no 'nobody's' is connected");
    }

    [Fact]
    public async Task A_config_that_cannot_be_used_is_a_fault_for_each_mistake()
    {
        string config = cell.Config(("model: UR5e", "model: UR99"), ("rate_hz: 30", "rate: 30"));
        DoctorReport report = await cell.LookAsync(config, _computer.Machine);
        Assert.Equal(2, report.Checks.Count(c => c is { Section: Sections.Config, State: CheckState.Fault }));
        Assert.Equal(ExitCode.FaultsFound, report.ExitCode);
        Assert.Contains(report.Checks, c => c is { Section: Sections.Arm, State: CheckState.Skipped });
        Assert.Contains(report.Checks, c => c is { Section: Sections.Disk, Name: "data root", State: CheckState.Ok });
    }

    [Fact]
    public void What_is_no_controller_is_told_by_the_probe()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = listener.AcceptSocketAsync();
        _ = serving.ContinueWith(s => s.Result.Send("SSH-2.0-OpenSSH_9.2\r\n"u8), TaskScheduler.Default);
        Assert.Empty(UrProbe.RoundTrips("127.0.0.1", 10, CancellationToken.None, out string? problem, port));
        Assert.Contains("is this a UR controller?", problem, StringComparison.Ordinal);
        listener.Stop();
        UrProbe.Connect("127.0.0.1", port, "RTDE", out problem);
        Assert.Contains($"refused port {port}", problem, StringComparison.Ordinal);
    }

    /// <summary>Without rates: on a machine that runs other tests meanwhile too little may come in half a second.</summary>
    private static IEnumerable<Check> FaultsOf(DoctorReport report) =>
        report.Checks.Where(c => c.State == CheckState.Fault && !c.Name.EndsWith("rate", StringComparison.Ordinal));

    private static string Text(DoctorReport report)
    {
        using var text = new StringWriter { NewLine = "\n" };
        report.Write(text, color: false);
        return text.ToString();
    }

    private static void Is(DoctorReport report, string section, string name, CheckState state, params string[] words)
    {
        Check check = Assert.Single(report.Checks, c => c.Section == section && c.Name == name);
        Assert.True(check.State == state, $"{check}\n{Text(report)}");
        Assert.All(words, w => Assert.Contains(w, $"{check.Found} {check.Advice}", StringComparison.Ordinal));
    }
}
