using System.Globalization;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Groups and udev rules: who may open which device.</summary>
internal static class PermissionChecks
{
    private static readonly string[] s_ruleFolders =
        ["/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"];

    /// <param name="user">Who runs this; it is for the service's user to be in the unit's groups.</param>
    public static void Look(Section computer, Machine machine, Needs needs, string user)
    {
        (string Group, bool Needed, CheckState Missing, string Why)[] groups =
        [
            ("dialout", needs.SerialPorts.Count > 0, CheckState.Fault, "opens serial ports"),
            // Who sits at the machine may open these without, by udev's rules for a seat.
            ("video", needs.Webcams.Count > 0, CheckState.Warning, "opens webcams, also over ssh and as a service"),
            ("plugdev", needs.RealSense, CheckState.Warning, "opens RealSense cameras, also over ssh and as a service"),
            ("input", needs.Input, CheckState.Warning, "reads gamepads and SpaceMice, also over ssh and as a service"),
        ];
        foreach (var (group, needed, missing, why) in groups)
        {
            if (needed)
                Group(computer, machine, user, group, missing, why);
            else
                computer.Skip($"group {group}", $"it {why}; this config has none");
        }
        Rules(computer, machine, "RealSense udev rules", needs.RealSense, ["8086", "0b07"], CheckState.Warning,
            "only root may open the camera: make install, or sudo cp systemd/60-realsense.rules /etc/udev/rules.d/ && "
            + "sudo udevadm control --reload-rules, and plug the camera in again");
        Rules(computer, machine, "input udev rules", needs.Input, ["256f", "uaccess"], CheckState.Warning,
            "a SpaceMouse may be closed to this user: make install, or sudo cp systemd/60-robot-input.rules /etc/udev/rules.d/ && "
            + "sudo udevadm control --reload-rules, and plug the device in again");
        // An ACM device is no FTDI adapter, and has no timer.
        bool adapters = needs.SerialPorts.Any(p => !machine.NodeOf(p.Path).StartsWith("ttyACM", StringComparison.Ordinal));
        Rules(computer, machine, "serial udev rules", adapters, ["latency_timer"], CheckState.Warning,
            "an FTDI adapter hands bytes over every 16 ms unless a program asks for less, as ours does: make install, or sudo cp "
            + "systemd/60-robot-serial.rules /etc/udev/rules.d/ && sudo udevadm control --reload-rules, and plug the adapter in again");
    }

    private static void Group(Section computer, Machine machine, string user, string group, CheckState missing, string why)
    {
        string what = $"group {group}";
        string[]? entry = machine.Lines("/etc/group").Select(l => l.Split(':')).FirstOrDefault(l => l.Length >= 4 && l[0] == group);
        if (Ids(machine, "Uid:").Contains(0))
            computer.Skip(what, "root needs no group; run this as the user who will record");
        else if (entry is null)
            computer.Judge(what, "this computer has no such group", missing, $"it {why}: sudo groupadd --system {group}, then sudo "
                + $"usermod -aG {group} {user}, and log in anew");
        else if (int.TryParse(entry[2], out int id) && Ids(machine, "Groups:").Concat(Ids(machine, "Gid:")).Contains(id))
            computer.Ok(what, $"{user} is in it");
        else if (entry[3].Split(',').Contains(user))
            computer.Judge(what, $"{user} was put into it and has not logged in since", missing, $"it {why}: log out and in");
        else
            computer.Judge(what, $"{user} is not in it", missing, $"it {why}: sudo usermod -aG {group} {user}, and log in anew");
    }

    private static void Rules(
        Section computer, Machine machine, string what, bool needed, string[] words, CheckState missing, string advice)
    {
        if (!needed)
        {
            computer.Skip(what, "no device of this config needs them");
            return;
        }
        string? found = s_ruleFolders.SelectMany(machine.Entries).FirstOrDefault(file => file.EndsWith(".rules", StringComparison.Ordinal)
            && machine.Read(file) is { } text && words.All(w => text.Contains(w, StringComparison.OrdinalIgnoreCase)));
        computer.Judge(what, found ?? "none are installed", missing, found is null ? advice : null);
    }

    /// <summary>Numbers of a line of this process's status.</summary>
    private static IEnumerable<int> Ids(Machine machine, string line) =>
        (machine.Lines("/proc/self/status").FirstOrDefault(l => l.StartsWith(line, StringComparison.Ordinal)) ?? "")
            .Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture));
}
