using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>Batches as the model takes them.</summary>
internal static class BatchTensors
{
    /// <summary>What a model sees and does, from the data.</summary>
    public static ModelShape ShapeOf(Dataset data, WindowOptions windows) => new()
    {
        Vectors = [.. data.Modalities.Where(m => m.Kind == ModalityKind.Vector).Select(m => new NamedSize(m.Name, m.Size))],
        Images =
        [
            .. data.Modalities.Where(m => m.Kind != ModalityKind.Vector).Select(m => new ImageShape(m.Name, m.Columns.Count, m.Side)),
        ],
        Actions = data.Actions.Size * windows.FrameSkip,
    };

    /// <summary>The batch's windows on a device.</summary>
    public static Sequences Of(Batch batch, DataNormalisation normalisation, Device device)
    {
        long b = batch.Count, t = batch.Steps;
        var (vectors, images, masks) =
            (new Dictionary<string, Tensor>(), new Dictionary<string, Tensor>(), new Dictionary<string, Tensor>());
        foreach (BatchModality seen in batch.Modalities)
        {
            Modality m = seen.Modality;
            masks[m.Name] = Whole(seen.Mask, b, t);
            if (m.Kind == ModalityKind.Vector)
                vectors[m.Name] = Whole(seen.Values, b, t, m.Size);
            else if (m.Kind == ModalityKind.Depth)
                images[m.Name] = Whole(seen.Values, b, t, 1, m.Side, m.Side);
            else
                images[m.Name] = Pictures(seen, normalisation.Modalities[m.Name], b, t, device) * masks[m.Name].reshape(b, t, 1, 1, 1);
        }
        return new Sequences(
            new Observations(vectors, images, masks), Whole(batch.Actions, b, t, batch.Actions.Length / (batch.Size * t)),
            Whole(batch.Rewards, b, t), Whole(batch.RewardMask, b, t), Whole(batch.Continues, b, t), Whole(batch.IsFirst, b, t));

        Tensor Whole(float[] values, params long[] size) =>
            tensor(values.AsMemory(0, checked((int)size.Aggregate((x, y) => x * y))), size, device: device);
    }

    private static Tensor Pictures(BatchModality seen, Normaliser normaliser, long b, long t, Device device)
    {
        long side = seen.Modality.Side;
        Tensor bytes = tensor(seen.Pixels[..checked((int)(b * t * seen.Modality.Size))], [b, t, 3, side, side], device: device);
        Tensor offset = tensor([.. normaliser.Offset.Select(o => (float)o)], [3, 1, 1], device: device);
        Tensor scale = tensor([.. normaliser.Scale.Select(s => (float)s)], [3, 1, 1], device: device);
        return ((bytes.to(float32) / 255f) - offset) * scale;
    }
}
