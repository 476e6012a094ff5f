using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>The checkout that this program was built in.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>This program, to be started again.</summary>
    public static string Bench => Program("bench/Bench", "RobotWorldModel.Bench");

    /// <summary>The built program of a project in the checkout.</summary>
    /// <exception cref="RobotException">It is not built.</exception>
    public static string Program(string project, string assembly)
    {
        string path = Path.Combine(Root, project, "bin", "Release", "net10.0", assembly);
        return File.Exists(path) ? path : throw new RobotException(ExitCode.Usage, $"{path} is not there; run 'make build' first");
    }

    private static string FindRoot()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Combine(at, "RobotWorldModel.sln")))
                return at;
        throw new RobotException(ExitCode.Usage,
            $"{AppContext.BaseDirectory} is not in a checkout of RobotWorldModel; run the benches from theirs");
    }
}
