using System.Diagnostics;
using System.Globalization;

namespace RobotWorldModel.Bench;

/// <summary>Somebody who looks at the dashboard: Chromium without a window.</summary>
internal sealed class Dashboard : IDisposable
{
    private const string Chromium = "/usr/bin/chromium";
    private readonly Process _browser;

    private Dashboard(Process browser) => _browser = browser;

    /// <summary>Null where Chromium is not installed.</summary>
    /// <param name="folder">For its profile.</param>
    public static Dashboard? Open(string url, string folder)
    {
        if (!File.Exists(Chromium))
            return null;
        var info = new ProcessStartInfo(Chromium,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900",
            "--remote-debugging-port=0", $"--user-data-dir={Path.Combine(folder, "chromium")}", url,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        var browser = Process.Start(info)!;
        browser.OutputDataReceived += (_, _) => { };
        browser.ErrorDataReceived += (_, _) => { };
        browser.BeginOutputReadLine();
        browser.BeginErrorReadLine();
        return new(browser);
    }

    /// <summary>Connections that stand at a port of this machine, as /proc/net/tcp has them: the page's sockets.</summary>
    public static int Connections(int port)
    {
        const string Established = "01";
        string local = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] == Established);
    }

    public void Dispose()
    {
        _browser.Kill(entireProcessTree: true);
        _browser.WaitForExit();
        _browser.Dispose();
    }
}
