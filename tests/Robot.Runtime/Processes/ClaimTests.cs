using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Processes;

public sealed class ClaimTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Lock => _folder["device.lock"];

    [Fact]
    public void It_is_taken_until_it_is_given_back()
    {
        Assert.False(Claim.IsTaken(Lock));
        using (Claim.Take(Lock, "robot 127.0.1.1"))
        {
            Assert.True(Claim.IsTaken(Lock));
            Assert.Equal(Environment.ProcessId, Claim.HolderOf(Lock));
        }
        Assert.False(Claim.IsTaken(Lock));
        Claim.Take(Lock, "robot 127.0.1.1").Dispose();
    }

    [Fact]
    public void Another_process_is_named()
    {
        using var held = new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        File.WriteAllText(Lock + ".pid", "4711");
        var e = Assert.Throws<RobotException>(() => Claim.Take(Lock, "robot 127.0.1.1"));
        Assert.Equal(ExitCode.Busy, e.Code);
        Assert.Contains("robot 127.0.1.1 is in use by another process (pid 4711)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_config_names_twice_is_the_configs_mistake()
    {
        using var first = Claim.Take(Lock, "camera a");
        var e = Assert.Throws<RobotException>(() => Claim.Take(Lock, "camera a"));
        Assert.Equal(ExitCode.Config, e.Code);
        Assert.Contains("camera a is named twice", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_not_called_in_use()
    {
        string nowhere = Path.Combine(_folder["nowhere"], "device.lock");
        Assert.False(Claim.IsTaken(nowhere));
        Assert.Throws<DirectoryNotFoundException>(() => Claim.Take(nowhere, "robot"));
    }

    [Fact]
    public void A_note_that_cannot_be_written_leaves_the_claim_as_it_is()
    {
        Directory.CreateDirectory(Lock + ".pid"); // as on a full disk: no file can be written there
        using (Claim.Take(Lock, "robot"))
            Assert.True(Claim.IsTaken(Lock));
        Assert.False(Claim.IsTaken(Lock));
        Assert.Null(Claim.HolderOf(Lock));
    }

    [Fact]
    public void Two_who_look_at_the_same_moment_see_nobody()
    {
        File.WriteAllText(Lock, "");
        Parallel.For(0, 2000, _ => Assert.False(Claim.IsTaken(Lock)));
    }

    public void Dispose() => _folder.Dispose();
}
