using System.Diagnostics;

namespace RobotWorldModel.Collector.Tests.Capture;

/// <summary>
/// A disk that is soon full: a tmpfs in a mount namespace of a child process, reached through /proc. Needs no rights where the kernel lets
/// users have namespaces; elsewhere the test is skipped.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Filler = "filler";
    private readonly Process _keeper;

    private SmallDisk(Process keeper) => _keeper = keeper;

    public string Path => $"/proc/{_keeper.Id}/root/mnt";

    /// <param name="megabytes">Of room.</param>
    /// <param name="later">So much more when <see cref="MakeRoom"/> is called.</param>
    public static SmallDisk Mount(int megabytes, int later)
    {
        // At its input's end it ends, and the disk with it.
        string script = $"mount -t tmpfs -o size={megabytes + later}m none /mnt"
            + $" && head -c {later}M /dev/zero > /mnt/{Filler} && echo ready && cat";
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

    public void MakeRoom() => File.Delete(System.IO.Path.Combine(Path, Filler));

    public void Dispose()
    {
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
        _keeper.Dispose();
    }
}
