using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>One modality of a window that a report shows, in its own unit; pictures 0 … 1 as they are shown.</summary>
/// <param name="Frames">[T + H, D].</param>
/// <param name="Mask">[T + H].</param>
/// <param name="Imagined">[H, D].</param>
internal sealed record ExampleModality(Modality Modality, float[] Frames, float[] Mask, float[] Imagined);

/// <summary>A window that a report shows.</summary>
internal sealed record Example(WindowOrigin Origin, int Context, int Horizon, IReadOnlyList<ExampleModality> Modalities);

/// <summary>Keeps the first windows to show, of different episodes where there are.</summary>
internal sealed class ExampleWindows(DataNormalisation normalisation, int count)
{
    private readonly List<Example> _kept = [];

    public IReadOnlyList<Example> Kept => _kept;

    public void Add(ImaginedBatch batch)
    {
        for (int w = 0; w < batch.Origins.Length; w++)
        {
            string episode = batch.Origins[w].Episode;
            if (_kept.Count < count)
                _kept.Add(Of(batch, w));
            else if (_kept.TrueForAll(one => one.Origin.Episode != episode)
                && _kept.FindIndex(one => _kept.Count(other => other.Origin.Episode == one.Origin.Episode) > 1) is >= 0 and var twice)
                _kept[twice] = Of(batch, w);
        }
    }

    private Example Of(ImaginedBatch batch, int window)
    {
        (int steps, int horizon) = (batch.Context + batch.Horizon, batch.Horizon);
        return new(batch.Origins[window], batch.Context, horizon, [.. batch.Modalities.Select(m =>
        {
            int size = m.Modality.Size;
            return new ExampleModality(
                m.Modality, Shown(m.Modality, m.Frames.AsSpan(window * steps * size, steps * size)),
                m.Mask[(window * steps)..((window + 1) * steps)],
                Shown(m.Modality, m.Imagined.AsSpan(window * horizon * size, horizon * size)));
        })]);
    }

    private float[] Shown(Modality modality, ReadOnlySpan<float> normal)
    {
        var shown = new float[normal.Length];
        if (modality.Kind == ModalityKind.Vector)
            Frames.ToUnits(modality, normalisation.Modalities[modality.Name], normal, shown);
        else
            Frames.ToShown(modality, normalisation.Modalities[modality.Name], normal, shown);
        return shown;
    }
}
