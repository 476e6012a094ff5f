namespace RobotWorldModel.Simulation.Controller;

/// <summary>The programs on the controller's disk, read once: the control cycle does not wait for a disk.</summary>
internal sealed class ProgramStore
{
    /// <summary>Where a controller keeps its programs; the folder of the config stands in for it.</summary>
    private const string Folder = "/programs/";

    private readonly Dictionary<string, string> _scripts = [];
    private readonly HashSet<string> _installations = [];
    private readonly HashSet<string> _unreadable = [];

    /// <param name="folder">Empty: there are no programs.</param>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public ProgramStore(string folder)
    {
        if (folder.Length == 0)
            return;
        foreach (string file in Directory.GetFiles(folder))
        {
            string name = Path.GetFileName(file);
            if (name.EndsWith(".script", StringComparison.Ordinal))
                _scripts[name] = File.ReadAllText(file);
            else if (name.EndsWith(".urp", StringComparison.Ordinal))
                _unreadable.Add(name);
            else if (name.EndsWith(".installation", StringComparison.Ordinal))
                _installations.Add(name);
        }
    }

    /// <summary>File name of the loaded program; null for none.</summary>
    public string? Loaded { get; private set; }

    public string LoadedPath => Folder + Loaded;

    /// <summary>The loaded program's text.</summary>
    public string? Script => Loaded is { } name ? _scripts[name] : null;

    /// <summary>The dashboard's answer to load. A pendant's program (.urp) is there, but what is in it is not simulated.</summary>
    public string Load(string name)
    {
        string file = InFolder(name);
        if (_unreadable.Contains(file))
            return $"Error while loading program: {name}";
        if (!_scripts.ContainsKey(file))
            return $"File not found: {name}";
        Loaded = file;
        return $"Loading program: {LoadedPath}";
    }

    /// <summary>The dashboard's answer to load installation. The TCP and payload of the cell's config stay.</summary>
    public string LoadInstallation(string name) => _installations.Contains(InFolder(name))
        ? $"Loading installation: {Folder}{InFolder(name)}"
        : $"File not found: {name}";

    private static string InFolder(string name) => name.StartsWith(Folder, StringComparison.Ordinal) ? name[Folder.Length..] : name;
}
