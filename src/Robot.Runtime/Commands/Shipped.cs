namespace RobotWorldModel.Runtime.Commands;

/// <summary>Files that come with the program.</summary>
internal static class Shipped
{
    /// <summary>A model that reaches; scripts/reach-model.sh makes it again.</summary>
    public const string ReachModel = "models/reach";

    /// <summary>
    /// Where a file or folder lies: beside the program, or above it as in a checkout (bin/Release/net10.0); else as it is named, from where
    /// the command was started.
    /// </summary>
    /// <param name="name">From the checkout's root, e.g. hardware-configs/sim-cell.yaml.</param>
    public static string Path(string name)
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = System.IO.Path.GetDirectoryName(at))
        {
            string there = System.IO.Path.Combine(at, name);
            if (System.IO.Path.Exists(there))
                return there;
        }
        return name;
    }
}
