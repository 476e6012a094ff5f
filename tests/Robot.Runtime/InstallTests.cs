using System.Diagnostics;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests;

/// <summary>make install and uninstall, into a folder that stands for the root of a computer.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly TempFolder _root = new();

    public void Dispose() => _root.Dispose();

    [SkippableFact]
    public void What_is_installed_runs_is_understood_by_systemd_and_goes_again()
    {
        Skip.IfNot(File.Exists(Repository.Path("src/Robot.Runtime/bin/Release/net10.0/robot")), "a Release build is what is installed");
        var (code, said) = Make("install", "/opt/robot-test");
        Assert.True(code == 0, said);
        Assert.Contains("next:", said, StringComparison.Ordinal);
        Assert.Equal(0, Run(_root["opt/robot-test/robot"], ["--version"]).Code);
        Assert.Equal("/opt/robot-test/robot", new FileInfo(_root["usr/local/bin/robot"]).LinkTarget);
        foreach (string rules in Directory.GetFiles(Repository.Path("systemd"), "*.rules"))
            Assert.Equal(File.ReadAllText(rules), File.ReadAllText(_root[$"etc/udev/rules.d/{Path.GetFileName(rules)}"]));
        string unit = _root["etc/systemd/system/robot-runtime.service"];
        Assert.Contains("ExecStart=/opt/robot-test/robot run --config /etc/robotworldmodel/cell.yaml", File.ReadAllText(unit),
            StringComparison.Ordinal);
        Verify(unit);
        GroupsOfTheUnitAreMade(unit);

        File.WriteAllText(_root["etc/robotworldmodel/cell.yaml"], "cell: mine");
        Assert.Equal(0, Make("install", "/opt/robot-test").Code); // over the one that is there
        (code, said) = Make("uninstall", "/opt/robot-test");
        Assert.True(code == 0, said);
        string[] left = [.. Directory.GetFiles(_root.Path, "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/sysusers/", StringComparison.Ordinal))];
        Assert.Equal([_root["etc/robotworldmodel/cell.yaml"]], left);
    }

    [Fact]
    public void A_folder_of_something_else_is_neither_replaced_nor_removed()
    {
        Directory.CreateDirectory(_root["usr/local/lib"]);
        File.WriteAllText(_root["usr/local/lib/precious"], "");
        var (code, said) = Make("install", "/usr/local");
        Assert.NotEqual(ExitCode.Done, code);
        Assert.Contains("PREFIX", said, StringComparison.Ordinal);
        Make("uninstall", "/usr/local");
        Assert.True(File.Exists(_root["usr/local/lib/precious"]));
        Assert.NotEqual(ExitCode.Done, Make("install", "relative").Code);
    }

    private void Verify(string unit)
    {
        if (!File.Exists("/usr/bin/systemd-analyze"))
            return; // the rest is worth while without
        string copy = _root["sysusers/robot-runtime.service"];
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.WriteAllText(copy, File.ReadAllText(unit).Replace("/opt/robot-test", _root["opt/robot-test"], StringComparison.Ordinal));
        var (code, said) = Run("systemd-analyze", ["verify", copy]);
        Assert.True(code == 0 && !said.Contains("robot-runtime", StringComparison.Ordinal), said);
    }

    // systemd does not start a unit whose groups do not exist.
    private void GroupsOfTheUnitAreMade(string unit)
    {
        string groups = File.ReadLines(unit).Single(l => l.StartsWith("SupplementaryGroups=", StringComparison.Ordinal));
        string[] members = [.. File.ReadLines(_root["etc/sysusers.d/robot-runtime.conf"]).Where(l => l.StartsWith("m robot ",
            StringComparison.Ordinal)).Select(l => l["m robot ".Length..])];
        Assert.Equal(groups["SupplementaryGroups=".Length..].Split(' ').Order(), members.Order());
        if (!File.Exists("/usr/bin/systemd-sysusers") || Environment.UserName != "root")
            return;
        string other = _root["sysusers"];
        Directory.CreateDirectory(Path.Combine(other, "etc"));
        var (code, said) = Run("systemd-sysusers", [$"--root={other}", _root["etc/sysusers.d/robot-runtime.conf"]]);
        Assert.True(code == 0, said);
        string[] made = [.. File.ReadLines(Path.Combine(other, "etc/group"))
            .Where(l => l.EndsWith(":robot", StringComparison.Ordinal)).Select(l => l.Split(':')[0])];
        Assert.Equal(members.Order(), made.Order());
    }

    private (int Code, string Said) Make(string target, string prefix) =>
        Run("make", ["-s", "-C", Repository.Root, target, $"DESTDIR={_root.Path}", $"PREFIX={prefix}"]);

    private static (int Code, string Said) Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, said);
    }
}
