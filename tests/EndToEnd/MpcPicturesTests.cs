using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Checkpoints;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>
/// Live planning in a model that sees a camera, recorded with both of them at 128x128. The model is the shipped one with eyes that it was
/// not born with: its convolutions are drawn by lot, and what comes of them weighs nothing, so that it still reaches.
/// </summary>
public class MpcPicturesTests(ITestOutputHelper output)
{
    private const int Side = 32, Depth = 4, Layers = 3, Features = Depth * 4 * 16;

    [Fact]
    public async Task A_model_that_sees_a_camera_controls_and_what_it_imagines_to_see_is_shown()
    {
        using var cell = new TestCell(pictureWidth: 128, changes: ("picture_width: 128", "picture_height: 128\n  picture_width: 128"));
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        Eventually.True(() => cell.Status().Dashboard is { Up: true }, "the dashboard is there", 60);
        GiveEyes(cell["model"], "scene");
        double[] tcp = cell.Status().Robot!.Tcp;
        File.WriteAllText(cell["goal.yaml"], FormattableString.Invariant($"goal: [{tcp[0] - 0.04}, {tcp[1]}, {tcp[2]}]\n"));

        RobotProcess running = cell.Start("mpc", "--config", cell.Config, "--data", cell.Data, "--model", cell["model"],
            "--goal", cell["goal.yaml"], "--seconds", "60", "--record");
        Eventually.True(() => running.HasExited || cell.Status().Mpc is { State: "controlling" or "stopped" }, "the model controls", 60);
        Assert.True(cell.Status().Mpc is { State: "controlling" }, $"{cell.Status().Mpc?.Message} {running.Said()}");
        Assert.Equal((Side, Side), await ImaginedAsync(cell));
        cell.Run("stop", "--config", cell.Config).MustEndWith(ExitCode.Done);
        CommandResult run = running.WaitForEnd().MustEndWith(ExitCode.Interrupted);
        output.WriteLine(run.Out);

        MpcStatus status = cell.Status().Mpc!;
        Assert.Equal(["scene_rgb"], status.Pictures);
        Assert.InRange(status.PicturesMissing!.Value, 0, status.Ticks / 2); // however loaded the machine is
        cell.MustVerify(Assert.Single(cell.Episodes));
        var metadata = EpisodeMetadata.Read(cell.Episodes[0]);
        Assert.Equal(["wrist", "scene"], metadata.Cameras.Select(c => c.Name));
        Assert.All(metadata.Cameras, c => Assert.Equal((128, 128), (c.Color!.Width, c.Color.Height)));

        GiveEyes(cell["other"], "ceiling");
        CommandResult refused = cell.Run("mpc", "--config", cell.Config, "--data", cell.Data, "--model", cell["other"],
            "--goal", cell["goal.yaml"]).MustEndWith(ExitCode.Config);
        Assert.Contains("sees ceiling_rgb, and this cell has only wrist_rgb, wrist_depth, scene_rgb", refused.Err,
            StringComparison.Ordinal);
    }

    private static async Task<(int Width, int Height)> ImaginedAsync(TestCell cell)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"{cell.Url.Replace("http", "ws", StringComparison.Ordinal)}ws/imagined/scene_rgb"), limit.Token);
        byte[] picture = new byte[24 + Side * Side * 3];
        int read = 0;
        ValueWebSocketReceiveResult part;
        do
            read += (part = await socket.ReceiveAsync(picture.AsMemory(read), limit.Token)).Count;
        while (!part.EndOfMessage);
        Assert.Equal(picture.Length, read);
        return (BinaryPrimitives.ReadInt32LittleEndian(picture), BinaryPrimitives.ReadInt32LittleEndian(picture.AsSpan(4)));
    }

    private static void GiveEyes(string folder, string camera)
    {
        string name = $"{camera}_rgb", from = Repository.Path("models/reach"), file = Path.Combine(folder, "model.dat");
        var random = new Random(1);
        var weights = new Dictionary<string, Weight>(WeightFile.Read(Path.Combine(from, "model.dat")).Weights);
        Weight first = weights["posterior.linear0.weight"];
        (int rows, int columns, int wider) = (first.Shape[0], first.Shape[1], first.Shape[1] + Features + 1);
        float[] values = new float[rows * wider];
        for (int row = 0; row < rows; row++)
            first.Values.AsSpan(row * columns, columns).CopyTo(values.AsSpan(row * wider));
        weights["posterior.linear0.weight"] = new([rows, wider], values);
        for (int i = 0, channels = 3; i < Layers; channels = Depth << i++)
            Draw($"encoder.{name}.conv{i}", Depth << i, Depth << i, channels, 4, 4);
        Draw($"decoder.{name}.dense", Features, Features, weights["reward.linear0.weight"].Shape[1]);
        for (int i = 0, channels = Depth * 4; i < Layers; i++, channels /= 2)
            Draw($"decoder.{name}.deconv{i}", i == Layers - 1 ? 3 : channels / 2, channels, i == Layers - 1 ? 3 : channels / 2, 4, 4);
        Directory.CreateDirectory(folder);
        new WeightFile("eyes", weights).Write(file);
        WriteCard(from, folder, camera, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));

        void Draw(string layer, int outputs, params int[] shape)
        {
            weights[$"{layer}.weight"] = new(shape, Numbers(shape.Aggregate((a, b) => a * b)));
            weights[$"{layer}.bias"] = new([outputs], Numbers(outputs));
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => 0.2f * random.NextSingle() - 0.1f)];
    }

    private static void WriteCard(string from, string to, string camera, string sum)
    {
        string name = $"{camera}_rgb";
        JsonNode card = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "model.json")))!;
        card["sha256"] = sum;
        card["validation"]!["one_step_error"]!["p99_9"] = 1e6; // who computes beside this test may make the arm stutter
        card["config"]!["rssm"]!["image_depth"] = Depth;
        card["shape"]!["images"] = new JsonArray(new JsonObject { ["name"] = name, ["channels"] = 3, ["side"] = Side });
        card["normalisation"]!["modalities"]![name] = JsonNode.Parse(
            """{"kind":"min_max","offset":[0.5,0.5,0.5],"scale":[2,2,2],"min":[0,0,0],"max":[255,255,255]}""");
        card["data"]!["modalities"]!.AsArray().Add(new JsonObject
        {
            ["name"] = name,
            ["kind"] = "color",
            ["source"] = camera,
            ["columns"] = new JsonArray("red", "green", "blue"),
            ["units"] = new JsonArray("-", "-", "-"),
            ["side"] = Side,
        });
        File.WriteAllText(Path.Combine(to, "model.json"), card.ToJsonString());
    }
}
