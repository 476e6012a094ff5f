using System.Diagnostics;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Configuration;

/// <summary>What root makes in another user's data root is that user's, who must be able to write there.</summary>
public sealed class OwnerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_calibrations_folders_and_files_belong_to_whom_the_root_belongs()
    {
        Directory.CreateDirectory(_folder["root"]);
        Skip.If(Run("chown", "12345:12346", _folder["root"]).ExitCode != 0, "only root may give a folder away");
        string made = CalibrationFolder.Create(_folder["root"], "camera-wrist"), file = Path.Combine(made, "view_01.png");
        File.WriteAllText(file, "");
        Libc.GiveToOwnerOf(made, file);
        Assert.All((string[])[_folder["root/calibrations"], made, file],
            path => Assert.Equal("12345:12346", Run("stat", "-c", "%u:%g", path).Out));
    }

    [Fact]
    public void What_is_ones_own_stays_and_a_link_is_not_followed()
    {
        Directory.CreateDirectory(_folder["root"]);
        File.WriteAllText(_folder["file"], "");
        File.CreateSymbolicLink(_folder["root/link"], _folder["file"]);
        string before = Run("stat", "-c", "%u:%g", _folder["file"]).Out;
        Run("chown", "12345:12346", _folder["root"]); // as root; else nothing changes, as nothing shall
        Libc.GiveToOwnerOf(_folder["root"], _folder["root/link"]);
        Assert.Equal(before, Run("stat", "-c", "%u:%g", _folder["file"]).Out);
    }

    private static (int ExitCode, string Out) Run(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string output = run.StandardOutput.ReadToEnd().Trim();
        run.WaitForExit();
        return (run.ExitCode, output);
    }
}
