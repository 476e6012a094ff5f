using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// A person leads the arm while this lives. Where motion is off, freedrive comes from the pendant and nothing is asked of the arm.
/// </summary>
internal sealed class FreedriveRun : IDisposable
{
    private readonly MotionLease? _lease;
    private readonly CellConfig? _handIn; // the simulated cell whose hand leads the arm

    private FreedriveRun(MotionLease? lease, CellConfig? handIn) => (_lease, _handIn) = (lease, handIn);

    /// <summary>Nothing has ended it yet.</summary>
    public bool Active => _lease is { Active: true };

    /// <summary>In the simulated cell a scripted hand takes the tool.</summary>
    /// <exception cref="RobotException">Motion is refused.</exception>
    public static FreedriveRun Start(CellConfig config, PolicyRunner policies)
    {
        if (!config.Motion.Enabled)
            return new(null, null);
        var lease = policies.StartFreedrive();
        if (config.Simulation is null)
            return new(lease, null);
        try
        {
            Lead(config, "circle");
            return new(lease, config);
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
        if (_handIn is null)
            return;
        try
        {
            Lead(_handIn, "none");
        }
        catch (RobotException)
        {
            // the cell is gone, and its hand with it; the arm's own loss is said by the arm
        }
    }

    /// <exception cref="RobotException">The cell does not answer.</exception>
    private static void Lead(CellConfig config, string pattern) =>
        SimulatedWorld.Ask(config, "hand", new JsonObject { ["pattern"] = pattern, ["seconds"] = 3600 });
}
