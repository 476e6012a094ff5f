using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>Bad input gets one clear line and its exit code, and nothing is harmed.</summary>
[Collection(RunningCellCollection.Name)]
public class BadInputTests(RunningCell running)
{
    private readonly TestCell _cell = running.Cell;

    [Theory]
    [InlineData("tcp_speed: 0.25", "tcp_spede: 0.25", "unknown key 'motion.tcp_spede'", "tcp_speed")]
    [InlineData("tcp_speed: 0.25", "tcp_speed: 25", "'motion.tcp_speed: 25'", "out of range")]
    [InlineData("model: UR5e", "model: UR6e", "'robot.model: UR6e'", "UR5e")]
    public void A_config_that_does_not_fit_is_refused_with_file_line_and_key(string line, string other, string what, string help)
    {
        string config = _cell.ConfigWith(line, other);
        string data = _cell[Guid.NewGuid().ToString("N")];
        _cell.Run("run", "--config", config, "--data", data).MustRefuse(ExitCode.Config, config + ":", what, help);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public void A_config_that_is_not_there_is_refused() =>
        _cell.Run("run", "--config", _cell["nowhere.yaml"], "--data", _cell["elsewhere"])
            .MustRefuse(ExitCode.Config, "nowhere.yaml", "hardware-configs");

    [Fact]
    public void A_second_service_of_the_same_cell_is_refused() =>
        _cell.Run("run", "--config", _cell.Config, "--data", _cell["elsewhere"])
            .MustRefuse(ExitCode.Busy, _cell.Name, $"pid {running.Service.Id}");

    [Fact]
    public void A_second_service_on_the_same_data_root_is_refused()
    {
        using var other = new TestCell();
        other.Run("run", "--config", other.Config, "--data", _cell.Data)
            .MustRefuse(ExitCode.Busy, _cell.Data, $"pid {running.Service.Id}");
    }

    [Fact]
    public void A_second_service_on_the_same_device_is_refused()
    {
        string config = _cell.ConfigWith($"cell: {_cell.Name}", $"cell: {_cell.Name}-other");
        _cell.Run("run", "--config", config, "--data", _cell["elsewhere"])
            .MustRefuse(ExitCode.Busy, "robot 127.", $"pid {running.Service.Id}");
    }

    [Fact]
    public void A_second_simulated_cell_at_the_same_address_is_refused() =>
        _cell.Run("sim", "--config", _cell.Config).MustRefuse(ExitCode.Busy, "another simulated cell");

    [Fact]
    public void Recording_without_a_terminal_needs_an_end() =>
        _cell.Run("record", "--config", _cell.Config, "--data", _cell.Data, "--task", "test")
            .MustRefuse(ExitCode.Usage, "--seconds", "--source scripted");

    [Fact]
    public void Another_config_than_the_service_runs_with_is_refused()
    {
        string config = _cell.ConfigWith("force_limit: 50", "force_limit: 40");
        _cell.Run("record", "--config", config, "--data", _cell.Data, "--task", "test", "--seconds", "1")
            .MustRefuse(ExitCode.Config, _cell.Name, "./robot shutdown");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("stop")]
    [InlineData("shutdown")]
    public void A_command_to_a_service_that_does_not_run_says_how_to_start_one(string command)
    {
        using var other = new TestCell();
        other.Run(command, "--config", other.Config).MustRefuse(ExitCode.Device, "./robot run --config");
    }

    [Fact]
    public void Recording_from_a_robot_that_does_not_answer_says_which_and_what_to_do()
    {
        using var other = new TestCell(); // its cell is never started
        other.Run("record", "--config", other.Config, "--data", other.Data, "--task", "test", "--seconds", "1")
            .MustRefuse(ExitCode.Device, "robot", "127.", $"./robot sim --config {other.Config}");
        Assert.Empty(other.Episodes);
    }

    [Fact]
    public void A_damaged_episode_is_named_by_verify_and_refused_by_replay()
    {
        string copy = Path.Combine(_cell["damaged"], "demo_000");
        CopyFolder(running.Scripted, copy);
        string table = Path.Combine(copy, "actions.csv");
        string[] lines = File.ReadAllLines(table);
        lines[10] = lines[10].Replace(',', ';');
        File.WriteAllLines(table, lines);
        var verified = _cell.Run("episodes", "verify", copy).MustEndWith(ExitCode.FaultsFound);
        Assert.Contains("demo_000/actions.csv", verified.Out, StringComparison.Ordinal);
        Assert.Contains("1 with faults", verified.Out, StringComparison.Ordinal);
        _cell.Run("replay", copy, "--config", _cell.Config, "--data", _cell.Data).MustRefuse(ExitCode.FaultsFound, copy, "actions.csv");
    }

    [Theory]
    [InlineData("episodes", "verify")]
    [InlineData("episodes", "list")]
    [InlineData("episodes", "show")]
    public void A_folder_that_is_not_there_is_said(string command, string which) =>
        _cell.Run(command, which, _cell["nowhere"]).MustRefuse(ExitCode.Usage, "nowhere", "no such folder");

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
