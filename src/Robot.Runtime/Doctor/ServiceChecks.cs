using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What a service needs that does not run yet, and how it is installed.</summary>
internal static class ServiceChecks
{
    private static readonly string[] s_units =
        ["/etc/systemd/system/robot-runtime.service", "/usr/lib/systemd/system/robot-runtime.service"];

    public static void NotRunning(Section service, CellConfig config)
    {
        if (RuntimeFolder.SystemFolderIsClosed)
            service.Warn("service", $"{RuntimeFolder.SystemFolder} is closed to this user: the system's service may run",
                "its devices are not looked at from here: sudo robot doctor asks it");
        else
            service.Skip("service", "none runs: the devices were looked at from here");
        service.Judge("dashboard", WhyTaken(config.Service.Listen) is { } why ? $"{config.Service.Listen}: {why}"
            : $"{config.Service.Listen} is free", CheckState.Warning, WhyTaken(config.Service.Listen) is null ? null
                : "the service would record without its dashboard: end the other program, or change service.listen");
    }

    public static void Installed(Section service, Machine machine)
    {
        if (s_units.FirstOrDefault(machine.Has) is not { } unit)
        {
            service.Skip("systemd unit", "not installed; make install does it");
            return;
        }
        string command = machine.Lines(unit).FirstOrDefault(l => l.StartsWith("ExecStart=", StringComparison.Ordinal)) ?? "ExecStart=";
        string[] words = command["ExecStart=".Length..].Split(' ');
        string? config = words.SkipWhile(w => w != "--config").Skip(1).FirstOrDefault();
        service.Judge("systemd unit", unit, CheckState.Fault,
            !machine.Has(words[0]) ? $"it starts {words[0]}, which is not there: make install again"
            : config is null || !machine.Has(config) ? $"it starts with the config {config}, which is not there: copy your "
                + "cell's file to it"
            : null);
    }

    private static string? WhyTaken(string listen)
    {
        var address = IPEndPoint.Parse(listen);
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(address);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}
