using System.Net.Sockets;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// A person leads the arm while this lives. Where motion is off, freedrive comes from the pendant and nothing is asked of the arm.
/// </summary>
internal sealed class FreedriveRun : IDisposable
{
    private readonly MotionLease? _lease;

    private FreedriveRun(MotionLease? lease) => _lease = lease;

    /// <summary>In the simulated cell a scripted hand takes the tool.</summary>
    /// <exception cref="RobotException">Motion is refused.</exception>
    public static FreedriveRun Start(CellConfig config, PolicyRunner policies)
    {
        if (!config.Motion.Enabled)
            return new(null);
        var lease = policies.StartFreedrive();
        if (config.Simulation is not { } simulation)
            return new(lease);
        try
        {
            LeadByHand(RuntimeFolder.Resolve(simulation.Control));
            return new(lease);
        }
        catch
        {
            lease.Dispose(); // nobody leads the arm: it must not stay free
            throw;
        }
    }

    public void Dispose() => _lease?.Dispose();

    private static void LeadByHand(string socket)
    {
        try
        {
            using var cell = new CellControl(socket);
            cell.Call("hand", new JsonObject { ["pattern"] = "circle", ["seconds"] = 3600 });
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new RobotException(ExitCode.Device, $"the simulated cell does not answer: {e.Message}");
        }
    }
}
