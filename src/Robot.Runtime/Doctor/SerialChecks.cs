namespace RobotWorldModel.Runtime.Doctor;

/// <summary>A serial port as the config names it, while its device is open.</summary>
internal static class SerialChecks
{
    private const int GoodLatencyMs = 1;

    public static void Look(Section section, Machine machine, string path)
    {
        Name(section, machine, path);
        Latency(section, machine, path);
    }

    private static void Name(Section section, Machine machine, string path)
    {
        string? stable = machine.StableNameOf(path);
        if (!machine.Has(path))
            section.Fault("serial port", $"there is no {path}", "is the adapter plugged in? ls -l /dev/serial/by-id shows what is");
        else if (path.StartsWith("/dev/ttyUSB", StringComparison.Ordinal) || path.StartsWith("/dev/ttyACM", StringComparison.Ordinal))
            section.Warn("serial port", path, "this name is given anew at each plugging and may be another adapter's tomorrow: "
                + (stable is null ? "give it one by a udev rule" : $"line: {stable}"));
        else
            section.Ok("serial port", $"{path} is {machine.NodeOf(path)}");
    }

    private static void Latency(Section section, Machine machine, string path)
    {
        string? text = machine.Read($"/sys/bus/usb-serial/devices/{machine.NodeOf(path)}/latency_timer");
        if (!int.TryParse(text, out int ms))
            section.Skip("adapter latency", "this port has no latency timer: it is no FTDI adapter");
        else
            section.Judge("adapter latency", $"{ms} ms", CheckState.Warning, ms <= GoodLatencyMs ? null
                : "the FTDI adapter keeps bytes back for as long, and samples come late and in pairs: make install puts a udev rule in "
                    + $"place; for now: echo 1 | sudo tee /sys/bus/usb-serial/devices/{machine.NodeOf(path)}/latency_timer");
    }
}
