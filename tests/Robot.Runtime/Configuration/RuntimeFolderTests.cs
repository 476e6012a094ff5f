using System.Diagnostics;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Configuration;

public sealed class RuntimeFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_folder_in_the_temporary_folder_is_made_for_its_owner_alone()
    {
        string folder = RuntimeFolder.Private(_folder["robot-1"]);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder));
        Assert.Equal(folder, RuntimeFolder.Private(folder));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void One_that_others_may_enter_is_refused(UnixFileMode more)
    {
        Directory.CreateDirectory(_folder["robot-1"], OwnerOnly);
        File.SetUnixFileMode(_folder["robot-1"], OwnerOnly | more);
        Refused(_folder["robot-1"]);
    }

    [Fact]
    public void A_link_that_somebody_has_laid_there_is_refused()
    {
        Directory.CreateDirectory(_folder["elsewhere"], OwnerOnly);
        Directory.CreateSymbolicLink(_folder["robot-1"], _folder["elsewhere"]);
        Refused(_folder["robot-1"]);
    }

    [SkippableFact]
    public void Another_users_is_refused()
    {
        Directory.CreateDirectory(_folder["robot-1"], OwnerOnly);
        using var chown = Process.Start(new ProcessStartInfo("chown", ["12345", _folder["robot-1"]]) { RedirectStandardError = true })!;
        chown.WaitForExit();
        Skip.If(chown.ExitCode != 0, "only root may give a folder away");
        Refused(_folder["robot-1"]);
    }

    [Fact]
    public void A_socket_whose_path_the_kernel_does_not_take_is_refused()
    {
        string longest = "/tmp/" + new string('s', 102);
        Assert.Equal(longest, RuntimeFolder.Resolve(longest));
        string message = Assert.Throws<ConfigException>(() => RuntimeFolder.Resolve(longest + "s")).Message;
        Assert.Contains("at most 107 bytes, this one 108", message, StringComparison.Ordinal);
        Assert.Throws<ConfigException>(() => RuntimeFolder.Resolve('/' + new string('ü', 54)));
        Assert.Throws<ConfigException>(() => RuntimeFolder.CoreSocket(new string('c', 120)));
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(string folder)
    {
        string message = Assert.Throws<IOException>(() => RuntimeFolder.Private(folder)).Message;
        Assert.Contains(folder, message, StringComparison.Ordinal);
        Assert.Contains("XDG_RUNTIME_DIR", message, StringComparison.Ordinal);
    }
}
