using System.Globalization;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Kernel, processor and memory: what lets threads be in time.</summary>
internal static class ComputerChecks
{
    private const double LeastFreeGb = 0.5, GoodFreeGb = 2;
    private const int GoodCores = 4;
    private static readonly string[] s_fastClocks = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "xen", "arch_sys_counter"];

    public static void Look(Section computer, Machine machine, Needs needs)
    {
        Memory(computer, machine);
        Cores(computer, machine);
        Governor(computer, machine);
        Kernel(computer, machine, needs);
        ClockSource(computer, machine);
    }

    /// <param name="fifo">Why threads may not be real-time; null where they may.</param>
    /// <param name="memory">Why memory may not be locked; null where it may.</param>
    public static void Limits(Section computer, string? fifo, string? memory)
    {
        const string Where = "; the service's unit sets it. For a service started by hand write to /etc/security/limits.d/robot.conf:";
        computer.Judge("real-time class", fifo ?? "threads may be SCHED_FIFO", CheckState.Warning, fifo is null ? null
            : $"ticks may be late under load{Where} @robot - rtprio 90 (for the members of the group robot), and log in anew");
        computer.Judge("locked memory", memory ?? "memory may be locked", CheckState.Warning, memory is null ? null
            : $"a page that was swapped out makes a tick late{Where} @robot - memlock unlimited, and log in anew");
    }

    /// <param name="synchronized">Whether the kernel says that something keeps its wall clock right.</param>
    public static void WallClock(Section computer, bool synchronized) => computer.Judge("wall clock",
        synchronized ? "kept right by the network" : "not synchronised", CheckState.Warning, synchronized ? null
            : "samples have the monotonic clock's times and lose nothing, but the date in an episode's metadata may be wrong: "
                + "sudo apt-get install systemd-timesyncd (or chrony)");

    /// <param name="smi">What nvidia-smi says: name, driver and memory of each GPU; null where it fails.</param>
    public static void Gpu(Section computer, Machine machine, Func<string?> smi)
    {
        if (!machine.Has("/proc/driver/nvidia/version"))
        {
            computer.Skip("GPU", "no NVIDIA driver is loaded; nothing of today's needs one");
            return;
        }
        string? said = smi();
        computer.Judge("GPU", said?.ReplaceLineEndings("; ") ?? "the driver is loaded, nvidia-smi fails", CheckState.Warning,
            said is null ? "driver and its tools differ, often after an update: restart the computer, then run nvidia-smi" : null);
    }

    private static void Memory(Section computer, Machine machine)
    {
        double total = Gb("MemTotal:"), free = Gb("MemAvailable:");
        if (double.IsNaN(free))
            computer.Skip("memory", "/proc/meminfo does not tell");
        else
            computer.Judge("memory", Text($"{free:0.0} of {total:0.0} GB are free"),
                free < LeastFreeGb ? CheckState.Fault : CheckState.Warning,
                free >= GoodFreeGb ? null : "pictures are queued in memory while the disk is busy, and an encoder needs some hundred "
                    + "MB: end other programs");

        double Gb(string key) =>
            machine.Lines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) is { } line
            && double.TryParse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out double kb)
                ? kb * 1024 / 1e9
                : double.NaN;
    }

    private static void Cores(Section computer, Machine machine)
    {
        int online = Count(machine.Read("/sys/devices/system/cpu/online"));
        int isolated = Count(machine.Read("/sys/devices/system/cpu/isolated"));
        if (online == 0)
        {
            computer.Skip("cores", "/sys/devices/system/cpu does not tell");
            return;
        }
        int ours = online - isolated; // the scheduler puts nothing of ours on isolated ones
        computer.Judge("cores", isolated == 0 ? $"{online}" : $"{online}, of which {isolated} are isolated: this program runs on {ours}",
            CheckState.Warning, ours >= GoodCores ? null
                : $"tick, cameras, encoder and dashboard share them: with fewer than {GoodCores} pictures may be late while an "
                    + $"episode is encoded");
    }

    private static void Governor(Section computer, Machine machine)
    {
        string[] governors = [.. machine.Entries("/sys/devices/system/cpu")
            .Select(cpu => machine.Read($"{cpu}/cpufreq/scaling_governor")).OfType<string>()];
        if (governors.Length == 0)
            computer.Skip("CPU governor", "the kernel sets no frequencies here (a virtual machine, or the firmware does it)");
        else
            computer.Judge("CPU governor", string.Join(", ", governors.Distinct()), CheckState.Warning,
                governors.All(g => g == "performance") ? null
                    : "a core that sleeps between ticks wakes up slowly: sudo cpupower frequency-set -g performance (package "
                        + "linux-cpupower)");
    }

    private static void Kernel(Section computer, Machine machine, Needs needs)
    {
        string release = machine.Read("/proc/sys/kernel/osrelease") ?? "of unknown version";
        bool realTime = machine.Read("/sys/kernel/realtime") == "1"
            || (machine.Read("/proc/version") ?? "").Contains("PREEMPT_RT", StringComparison.Ordinal);
        if (realTime)
            computer.Ok("real-time kernel", $"Linux {release} with PREEMPT_RT");
        else if (!needs.Motion)
            computer.Skip("real-time kernel", $"Linux {release} is none; recording needs none");
        else
            computer.Warn("real-time kernel", $"Linux {release} is none", "set-points to a moving arm are now and then some milliseconds "
                + "late, which the arm's interpolation covers; for less: sudo apt-get install linux-image-rt-amd64, and restart");
    }

    private static void ClockSource(Section computer, Machine machine)
    {
        if (machine.Read("/sys/devices/system/clocksource/clocksource0/current_clocksource") is not { } source)
            computer.Skip("clock", "/sys/devices/system/clocksource does not tell");
        else
            computer.Judge("clock", source, CheckState.Warning, s_fastClocks.Contains(source) ? null
                : "reading it takes microseconds, and every sample is stamped by it; the kernel took the processor's own (tsc) for "
                    + "unreliable: 'dmesg | grep -i clocksource' says why, often an old BIOS");
    }

    /// <summary>Of a list such as 0-3,8.</summary>
    private static int Count(string? list) => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Sum(part =>
        part.Split('-') is [var from, var to]
            ? int.Parse(to, CultureInfo.InvariantCulture) - int.Parse(from, CultureInfo.InvariantCulture) + 1
            : 1);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
