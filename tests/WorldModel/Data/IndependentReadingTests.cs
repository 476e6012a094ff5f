using System.Text.Json;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

/// <summary>Batches against what Python reads in the same episodes.</summary>
public class IndependentReadingTests
{
    private const int Frames = 40, Side = 8;

    [SkippableFact]
    public void Batches_are_what_another_reader_finds_in_the_files()
    {
        using var folder = new MemoryFolder();
        string[] episodes = [.. Enumerable.Range(0, 3).Select(seed => SyntheticEpisode.Commit(folder.Path, seed + 40, Frames))];
        using var peers = new Peers(episodes);
        Dataset data = Dataset.Open(folder.Path, new()
        {
            Modalities = ["joint_position", "wrench", "wrist_rgb", "wrist_depth"],
            PictureSide = Side,
            Validation = 0,
        }, Assert.Fail);
        DataNormalisation normalisation = DataNormalisation.Fit(data, new() { Vectors = Scaling.MinMax });
        WindowList windows = data.Windows(DataPart.Train, new() { Length = Frames, RequireActions = false });
        using var loader = new BatchLoader(windows, normalisation, new() { BatchSize = 3, Epochs = 1 });
        using Batch batch = loader.Next()!;
        int gaps = 0;
        for (int e = 0; e < episodes.Length; e++)
        {
            JsonElement truth = peers.Read(e);
            gaps += Compare(batch, e, truth, "joint_position", 6, 1e-5, normalisation);
            gaps += Compare(batch, e, truth, "wrench", 6, 1e-5, normalisation);
            gaps += Compare(batch, e, truth, "wrist_rgb", 3 * Side * Side, 0.501, normalisation); // rounded to bytes
            gaps += Compare(batch, e, truth, "wrist_depth", Side * Side, 1e-5, normalisation);
            for (int t = 0; t < Frames; t++)
            {
                int at = e * Frames + t;
                Assert.Equal(truth.GetProperty("actions").GetProperty("mask")[t].GetInt32(), batch.ActionMask[at]);
                var action = new float[7];
                normalisation.Actions.Invert(batch.Actions.AsSpan(at * 7, 7), action);
                for (int i = 0; i < 7 && batch.ActionMask[at] == 1; i++)
                    Assert.Equal(truth.GetProperty("actions").GetProperty("values")[t][i].GetDouble(), action[i], 1e-5);
                Assert.Equal(truth.GetProperty("rewards").GetProperty("values")[t][0].GetDouble(), batch.Rewards[at], 1e-6);
            }
        }
        Assert.True(gaps > 5, $"only {gaps} gaps were seen");
    }

    private static int Compare(
        Batch batch, int window, JsonElement truth, string name, int size, double tolerance, DataNormalisation normalisation)
    {
        int gaps = 0;
        BatchModality m = batch[name];
        var raw = new float[size];
        for (int t = 0; t < Frames; t++)
        {
            int at = window * Frames + t;
            JsonElement expected = truth.GetProperty(name).GetProperty("values")[t];
            Assert.Equal(truth.GetProperty(name).GetProperty("mask")[t].GetInt32(), m.Mask[at]);
            if (m.Mask[at] == 0)
            {
                gaps++;
                Assert.All(m.Pixels.Skip(at * size).Take(size), p => Assert.Equal(0, p));
                Assert.All(m.Values.Skip(at * size).Take(size), v => Assert.Equal(0, v));
                continue;
            }
            if (m.Modality.Kind == ModalityKind.Color)
                raw = [.. m.Pixels.AsSpan(at * size, size).ToArray().Select(p => (float)p)];
            else
                normalisation.Modalities[name].Invert(m.Values.AsSpan(at * size, size), raw);
            for (int i = 0; i < size; i++)
                Assert.True(Math.Abs(expected[i].GetDouble() - raw[i]) <= tolerance,
                    $"{name}, {batch.Describe(window, t)}, number {i}: {raw[i]} instead of {expected[i]}");
        }
        return gaps;
    }

    private sealed class Peers(string[] episodes) : IDisposable
    {
        private readonly PythonPeer[] _peers = [.. episodes.Select(e => new PythonPeer("episode_windows.py", e, $"{Side}"))];

        public JsonElement Read(int episode) => JsonDocument.Parse(_peers[episode].ReadToEnd()).RootElement;

        public void Dispose() => Array.ForEach(_peers, p => p.Dispose());
    }
}
