using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What can be asked of a simulated cell alone: the truth, and to put things somewhere. No real cell has it.</summary>
internal static class SimulatedWorld
{
    /// <summary>Asks the cell's control socket; see <see cref="SimulatedCell"/> for its methods.</summary>
    /// <exception cref="RobotException">The cell does not run, or refuses (69).</exception>
    public static JsonNode? Ask(CellConfig config, string method, JsonObject? parameters = null)
    {
        try
        {
            using var cell = new CellControl(RuntimeFolder.Resolve(config.Simulation!.Control));
            return cell.Call(method, parameters);
        }
        catch (InvalidOperationException e)
        {
            throw new RobotException(ExitCode.Device, e.Message);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new RobotException(ExitCode.Device,
                $"the simulated cell does not answer '{method}' ({e.Message}); start it with ./robot sim --config {config.File}");
        }
    }

    /// <summary>Where its objects lie, for an episode's metadata.</summary>
    /// <exception cref="RobotException">The cell does not answer.</exception>
    public static JsonElement Describe(CellConfig config) =>
        JsonSerializer.SerializeToElement(new JsonObject { ["scene"] = Ask(config, "scene")!.DeepClone() });

    /// <summary>Where objects lay when an episode was recorded, by name; null where its metadata does not say.</summary>
    public static JsonObject? SceneOf(JsonElement? simulation) =>
        simulation is { ValueKind: JsonValueKind.Object } s && s.TryGetProperty("scene", out var scene)
            && scene.ValueKind == JsonValueKind.Object
            ? JsonObject.Create(scene)
            : null;

    /// <summary>Puts objects where they lay when an episode was recorded.</summary>
    /// <exception cref="RobotException">The cell does not answer, or has other objects.</exception>
    public static void Place(CellConfig config, JsonObject scene) =>
        Ask(config, "place", new JsonObject { ["scene"] = scene.DeepClone() });

    /// <summary>Puts every object on the table's far edge, out of the arm's workspace, for a task that knows of none.</summary>
    /// <exception cref="RobotException">The cell does not answer.</exception>
    public static void ClearTable(CellConfig config)
    {
        var scene = (JsonObject)Ask(config, "scene")!.DeepClone();
        double y = -0.5;
        foreach (var (_, pose) in scene)
            (pose![0], pose[1], y) = (-0.9, y, y + 0.25);
        Place(config, scene);
    }
}
