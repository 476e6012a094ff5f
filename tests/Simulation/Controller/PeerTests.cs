using System.Diagnostics;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class PeerTests
{
    private const string Python = "/usr/bin/python3";

    [SkippableFact]
    public void A_client_that_shares_no_code_with_us_finds_a_controller_as_the_guides_describe_it()
    {
        Skip.IfNot(File.Exists(Python), $"{Python} is not installed");
        using var bench = new ControllerBench();
        using Process peer = Process.Start(new ProcessStartInfo(Python, [PeerPath("ur_client.py"), bench.Host])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = peer.StandardOutput.ReadToEndAsync(), errors = peer.StandardError.ReadToEndAsync();
        bool ended = peer.WaitForExit(TimeSpan.FromSeconds(120));
        if (!ended)
            peer.Kill();
        string said = output.Result + errors.Result;
        Assert.True(ended, $"the peer did not end: {said}");
        Assert.True(peer.ExitCode == 0, said);
        Assert.Contains("as documented", said);
    }

    private static string PeerPath(string name)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at != null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "tests", "peers", name);
            if (File.Exists(path))
                return path;
        }
        throw new FileNotFoundException($"tests/peers/{name} is not above {AppContext.BaseDirectory}");
    }
}
