using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>A computer made of files: a good one, until a test changes something.</summary>
internal sealed class MadeUpMachine : IDisposable
{
    private readonly TempFolder _root = new();

    public MadeUpMachine()
    {
        Write("/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        Write("/etc/group", "root:x:0:\ndialout:x:20:lab\nvideo:x:44:\nplugdev:x:46:lab,other\ninput:x:105:lab\n");
        Write("/proc/self/status",
            "Name:\trobot\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t20 44 46 105 1000 \n");
        Write("/proc/meminfo", "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   12000000 kB\n");
        Write("/proc/sys/kernel/osrelease", "6.1.0-rt\n");
        Write("/proc/version", "Linux version 6.1.0-rt (x) #1 SMP PREEMPT_RT Debian\n");
        Write("/sys/devices/system/cpu/online", "0-7\n");
        Write("/sys/devices/system/cpu/isolated", "\n");
        for (int cpu = 0; cpu < 8; cpu++)
            Write($"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor", "performance\n");
        Write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    }

    public Machine Machine => new(_root.Path);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    public void Delete(string path) => File.Delete(At(path));

    /// <param name="target">As in a real link: relative to its folder.</param>
    public void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.CreateSymbolicLink(At(path), target);
    }

    public void Dispose() => _root.Dispose();

    private string At(string path) => Path.Join(_root.Path, path);
}

/// <summary>What a part of the doctor said.</summary>
internal sealed class Said
{
    private readonly Checks _checks = new();

    public Section In(string section) => _checks.In(section);

    public IReadOnlyList<Check> All => _checks.All;

    public Check this[string name] => Assert.Single(_checks.All, c => c.Name == name);

    public void Is(string name, CheckState state, params string[] words)
    {
        Check check = this[name];
        Assert.True(check.State == state, $"{check}");
        Assert.All(words, w => Assert.Contains(w, $"{check.Found} {check.Advice}", StringComparison.Ordinal));
    }
}
