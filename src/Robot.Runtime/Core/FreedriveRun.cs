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
    private readonly string? _hand;

    private FreedriveRun(MotionLease? lease, string? hand) => (_lease, _hand) = (lease, hand);

    /// <summary>In the simulated cell a scripted hand takes the tool.</summary>
    /// <exception cref="RobotException">Motion is refused.</exception>
    public static FreedriveRun Start(CellConfig config, PolicyRunner policies)
    {
        if (!config.Motion.Enabled)
            return new(null, null);
        var lease = policies.StartFreedrive();
        if (config.Simulation is not { } simulation)
            return new(lease, null);
        string hand = RuntimeFolder.Resolve(simulation.Control);
        try
        {
            Lead(hand, "circle");
            return new(lease, hand);
        }
        catch
        {
            lease.Dispose(); // nobody leads the arm: it must not stay free
            throw;
        }
    }

    /// <summary>The arm holds again, then the hand lets go.</summary>
    public void Dispose()
    {
        _lease?.Dispose();
        if (_hand is null)
            return;
        try
        {
            Lead(_hand, "none");
        }
        catch (RobotException)
        {
            // the cell is gone, and its hand with it; the arm's own loss is said by the arm
        }
    }

    /// <exception cref="RobotException">The cell does not answer.</exception>
    private static void Lead(string socket, string pattern)
    {
        try
        {
            using var cell = new CellControl(socket);
            cell.Call("hand", new JsonObject { ["pattern"] = pattern, ["seconds"] = 3600 });
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidOperationException)
        {
            throw new RobotException(ExitCode.Device, $"the simulated cell does not answer: {e.Message}");
        }
    }
}
