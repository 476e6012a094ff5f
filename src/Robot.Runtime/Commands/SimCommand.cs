using System.CommandLine;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot sim: the simulated cell, a process of its own that speaks the devices' own protocols.</summary>
internal static class SimCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var command = new Command(
            "sim", "Runs the simulated cell of a config: controller, gripper, force sensor and cameras on their own protocols.")
        {
            config,
            SimFaultCommand.Create(),
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var cell = CellConfig.Load(parsed.GetValue(config)!);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            ChildProcess.WhenParentEnds(ended.Cancel);
            RealTime.TryLockMemory();
            using var simulated = Start(SimulationOptionsOf(cell));
            Console.WriteLine($"{cell.Cell}: the simulated cell is ready: {simulated.Describe()}; Ctrl-C ends it");
            try
            {
                await Task.Delay(Timeout.Infinite, ended.Token);
            }
            catch (OperationCanceledException)
            {
                Console.WriteLine($"{cell.Cell}: sent {simulated.DescribeCounts()}");
            }
            return cancel.IsCancellationRequested && !ChildProcess.IsChild ? ExitCode.Interrupted : ExitCode.Done;
        });
        return command;
    }

    private static SimulatedCell Start(CellOptions options)
    {
        try
        {
            var cell = new SimulatedCell(options);
            cell.Start();
            return cell;
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Config, $"the simulated cell: {e.Message}");
        }
        catch (DirectoryNotFoundException e)
        {
            throw new RobotException(ExitCode.Config, $"simulation.robot.programs: {e.Message}");
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new RobotException(ExitCode.Busy,
                $"{e.Message}; another simulated cell may run at {options.Host}: end it, or give this one another address");
        }
    }

    /// <summary>The cell as its devices' sections and the simulation section say.</summary>
    /// <exception cref="RobotException">The config has no simulation section, or it is the config of a real cell.</exception>
    internal static CellOptions SimulationOptionsOf(CellConfig cell)
    {
        if (cell.Simulation is not { } simulation || cell.Robot is not { } robot)
            throw new RobotException(ExitCode.Config,
                $"{cell.File}: has no simulation section; only hardware-configs/sim-cell.yaml and its like can be simulated");
        if (!System.Net.IPAddress.TryParse(robot.Host, out var address) || !System.Net.IPAddress.IsLoopback(address))
            throw new RobotException(ExitCode.Config,
                $"{cell.File}: robot.host is {robot.Host}; a simulated cell lives on a loopback address such as 127.0.1.1");
        if (cell.Force is { Driver: ForceDrivers.Urcap } force)
            CheckAtController(cell, "force", force.Host);
        if (cell.Gripper is { Driver: not GripperDrivers.OnALine } hand)
            CheckAtController(cell, "gripper", hand.Host);
        return new()
        {
            Host = robot.Host,
            Model = robot.Model,
            Controller = simulation.Robot.ToControllerOptions(),
            Tcp = Drivers.Geometry.Pose.FromVector(new(robot.Tcp)),
            PayloadKg = robot.PayloadKg,
            ControlSocket = RuntimeFolder.Resolve(simulation.Control),
            Cameras = [.. cell.Cameras.Where(c => c.Driver == CameraDrivers.Process)
                .Select(c => (c.Name, RuntimeFolder.Resolve(c.Socket)))],
            WithForce = cell.Force is { Driver: ForceDrivers.Urcap },
            NetFt = NetFtOf(cell),
            Ft300Line = cell.Force is { Driver: ForceDrivers.Stream or ForceDrivers.Polled } f ? LineOf(cell, "force", f.Line) : null,
            Bota = cell.Force is { Driver: ForceDrivers.Bota } b
                ? new() { Port = LineOf(cell, "force", b.Line), Baud = b.Baud }
                : null,
            WithGripper = cell.Gripper is not null,
            GripperLine = cell.Gripper is { Driver: GripperDrivers.OnALine } g ? LineOf(cell, "gripper", g.Line) : null,
            GripperStrokeM = cell.Gripper is { } gripper ? GripperDrivers.Options(gripper).StrokeM : GripperGeometry.MaxWidth,
            Seed = simulation.Seed,
            Clocks = simulation.Clocks,
            Noise = simulation.Noise,
            PictureWidth = simulation.PictureWidth,
            PictureHeight = simulation.PictureHeight,
            Board = BoardOf(cell),
            RobotTransport = simulation.Robot.ToOptions(),
            ForceTransport = simulation.Force.ToOptions(),
            GripperTransport = simulation.Gripper.ToOptions(),
            CameraTransport = simulation.Cameras.ToOptions(),
        };
    }

    /// <summary>URCaps listen on the controller.</summary>
    private static void CheckAtController(CellConfig cell, string section, string host)
    {
        string robot = cell.Robot!.Host;
        if (!System.Net.IPAddress.TryParse(host, out var address) || !address.Equals(System.Net.IPAddress.Parse(robot)))
            throw new RobotException(ExitCode.Config, $"{cell.File}: {section}.host is {host}; a simulated device of a URCap is where its "
                + $"controller is, as a real one: set it to robot.host, {robot}");
    }

    private static CellBoard? BoardOf(CellConfig cell)
    {
        try
        {
            return cell.Simulation!.Board?.ToBoard();
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Config, $"{cell.File}: simulation.board: {e.Message}");
        }
    }

    /// <summary>Where a simulated device of a serial line is: a port of its own in the runtime folder, or a loopback address.</summary>
    private static PortAddress LineOf(CellConfig cell, string section, string line)
    {
        PortAddress port = Ports.Of(line)!;
        bool ours = port.Kind == PortKind.Serial
            ? !port.Path.StartsWith("/dev/", StringComparison.Ordinal)
            : System.Net.IPAddress.TryParse(port.Path, out var address) && System.Net.IPAddress.IsLoopback(address);
        return ours
            ? port
            : throw new RobotException(ExitCode.Config, $"{cell.File}: {section}.line is {line}; a simulated device has a name of its own "
                + $"such as {cell.Cell}-{section}.tty, or a loopback address");
    }

    /// <summary>The sensor on the network that the config's driver looks for; null where it looks for another one.</summary>
    private static NetFtServerOptions? NetFtOf(CellConfig cell)
    {
        if (cell.Force is not { Driver: ForceDrivers.Ati or ForceDrivers.OnRobot } force)
            return null;
        if (!System.Net.IPAddress.TryParse(force.Host, out var address) || !System.Net.IPAddress.IsLoopback(address))
            throw new RobotException(ExitCode.Config,
                $"{cell.File}: force.host is {force.Host}; a simulated sensor lives on a loopback address such as 127.0.1.1");
        bool onRobot = force.Driver == ForceDrivers.OnRobot;
        var options = new NetFtServerOptions { OnRobot = onRobot, Host = force.Host, Port = force.Port, HttpPort = force.HttpPort };
        if (onRobot)
            (options.CountsPerForce, options.CountsPerTorque) = (force.CountsPerForce, force.CountsPerTorque);
        options.RateHz = force.RateHz ?? options.RateHz;
        return options;
    }
}
