namespace RobotWorldModel.Tests.Shared;

/// <summary>Two ends of a serial line, by socat: neither is ours.</summary>
public sealed class SerialPair : IDisposable
{
    private readonly TempFolder _folder = new();
    private PeerProcess? _socat;

    public SerialPair()
    {
        Skip.IfNot(File.Exists("/usr/bin/socat"), "socat is missing: make setup installs it");
        Plug();
    }

    public string Near => _folder["near"];

    public string Far => _folder["far"];

    public void Plug()
    {
        _socat = new("/usr/bin/socat", $"pty,raw,echo=0,link={Near}", $"pty,raw,echo=0,link={Far}");
        Eventually.True(() => File.Exists(Near) && File.Exists(Far), "socat's two ends");
    }

    /// <summary>Both ends hang up, and their names are gone.</summary>
    public void Unplug()
    {
        _socat!.Dispose();
        File.Delete(Near);
        File.Delete(Far);
    }

    public void Dispose()
    {
        _socat!.Dispose();
        _folder.Dispose();
    }
}
