using System.Diagnostics;

namespace RobotWorldModel.Collector.Tests.Capture;

/// <summary>
/// A disk that is soon full: a tmpfs in a mount namespace of a child process, reached through /proc. Needs no rights where the kernel lets
/// users have namespaces; elsewhere the test is skipped.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly Process _keeper;

    private SmallDisk(Process keeper) => _keeper = keeper;

    public string Path => $"/proc/{_keeper.Id}/root/mnt";

    public static SmallDisk Mount(int megabytes)
    {
        // Reads sizes from its input and mounts or remounts; at the input's end it ends, and the disk with it.
        string script = $"mount -t tmpfs -o size={megabytes}m none /mnt && echo ready"
            + " && while read size; do mount -o remount,size=$size /mnt && echo grown; done";
        var keeper = Process.Start(new ProcessStartInfo("unshare", ["-rm", "sh", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? answer = keeper.StandardOutput.ReadLine();
        if (answer != "ready")
        {
            string why = keeper.StandardError.ReadToEnd();
            keeper.Dispose();
            throw new SkipException($"no small disk can be mounted here: {why.Trim()}");
        }
        return new SmallDisk(keeper);
    }

    public void Grow(int megabytes)
    {
        _keeper.StandardInput.WriteLine($"{megabytes}m");
        Assert.Equal("grown", _keeper.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
        _keeper.Dispose();
    }
}
