namespace RobotWorldModel.Tests.Shared;

/// <summary>An independent program in Python (tests/peers).</summary>
/// <param name="script">File name in tests/peers.</param>
public sealed class PythonPeer(string script, params string[] arguments)
    : PeerProcess(Python, ["-u", Path.Combine(Folder, script), .. arguments])
{
    private static string Python
    {
        get
        {
            Skip.IfNot(File.Exists("/usr/bin/python3"), "/usr/bin/python3 is missing: apt-get install python3");
            return "/usr/bin/python3";
        }
    }
}
