using System.Globalization;

namespace RobotWorldModel.Bench;

/// <summary>What /proc says of other processes.</summary>
internal static class ProcessUse
{
    private const double TicksPerSecond = 100; // USER_HZ, fixed in the kernel's interface

    /// <summary>Processor time of all its threads since it started, s; null where it is gone.</summary>
    public static double? CpuSeconds(int pid) =>
        Stat($"/proc/{pid}/stat") is { } fields ? Seconds(fields) : null;

    /// <summary>Of its threads with a name (its first 15 letters), s; null where there is none.</summary>
    public static double? ThreadCpuSeconds(int pid, string name)
    {
        double? seconds = null;
        foreach (string task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            if (File.ReadAllText($"{task}/comm").TrimEnd('\n') == name && Stat($"{task}/stat") is { } fields)
                seconds = (seconds ?? 0) + Seconds(fields);
        return seconds;
    }

    /// <summary>A child whose command line has a word; null where there is none.</summary>
    public static int? Child(int parent, string word)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid)
                && Stat($"{folder}/stat") is { } fields && Number(fields[1]) == parent && Words(pid).Contains(word))
                return pid;
        return null;
    }

    /// <summary>
    /// Fields of a stat file of /proc from the state on: 0 state, 1 parent, 11 user time, 12 system time (proc(5) counts from 3).
    /// </summary>
    private static string[]? Stat(string path)
    {
        try
        {
            string text = File.ReadAllText(path);
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string[] Words(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static double Seconds(string[] fields) => (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
