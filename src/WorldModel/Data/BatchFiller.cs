namespace RobotWorldModel.WorldModel.Data;

/// <summary>Fills batches from a dataset's windows; one for each worker. What it writes depends on nothing but the windows.</summary>
internal sealed class BatchFiller(WindowList windows, DataNormalisation normalisation, PictureStore.Decoder pictures)
{
    private readonly Dataset _data = windows.Dataset;
    private readonly WindowOptions _options = windows.Options;
    private readonly Normaliser[] _normalisers = [.. windows.Dataset.Modalities.Select(m => normalisation.Modalities[m.Name])];

    /// <param name="order">Numbers of windows, at most as many as the batch has room for.</param>
    public void Fill(Batch batch, ReadOnlySpan<int> order)
    {
        batch.Count = order.Length;
        Clear(batch);
        for (int w = 0; w < order.Length; w++)
        {
            (int episode, int start) = windows[order[w]];
            TrainingEpisode e = _data.Episodes[episode];
            batch.Origins[w] = new(e.Name, start);
            batch.IsFirst[w * batch.Steps] = 1;
            for (int t = 0; t < batch.Steps; t++)
            {
                int frame = start + t * _options.FrameSkip, at = w * batch.Steps + t;
                for (int m = 0; m < _normalisers.Length; m++)
                    Observe(batch.Modalities[m], m, episode, e, frame, at);
                Act(batch, e, frame, at);
                Reward(batch, e, frame, at);
            }
        }
    }

    private static void Clear(Batch batch)
    {
        foreach (BatchModality m in batch.Modalities)
        {
            Array.Clear(m.Values);
            Array.Clear(m.Pixels);
            Array.Clear(m.Mask);
        }
        foreach (float[] numbers in new[] { batch.Actions, batch.ActionMask, batch.Rewards, batch.RewardMask, batch.IsFirst })
            Array.Clear(numbers);
        Array.Fill(batch.Continues, 1);
        Array.Clear(batch.Origins);
    }

    private void Observe(BatchModality to, int modality, int episode, TrainingEpisode e, int frame, int at)
    {
        int size = to.Modality.Size;
        Span<float> values = to.Values.Length == 0 ? default : to.Values.AsSpan(at * size, size);
        if (to.Modality.Kind == ModalityKind.Vector)
        {
            if (e.Vectors[modality] is not { } track || !track.Known[frame])
                return;
            _normalisers[modality].Apply(track.Row(frame), values);
        }
        else
        {
            Span<byte> pixels = to.Pixels.Length == 0 ? default : to.Pixels.AsSpan(at * size, size);
            if (!pictures.TryGet(episode, modality, frame, pixels, values))
                return;
            if (to.Modality.Kind == ModalityKind.Depth)
                _normalisers[modality].Apply(values, values);
        }
        to.Mask[at] = 1;
    }

    private void Act(Batch batch, TrainingEpisode e, int frame, int at)
    {
        int skip = _options.FrameSkip, size = e.Actions.Size;
        if (frame + skip > e.Frames || !e.ActsFrom(frame, frame + skip))
            return;
        normalisation.Actions.Apply(
            e.Actions.Values.AsSpan(frame * size, skip * size), batch.Actions.AsSpan(at * skip * size, skip * size));
        batch.ActionMask[at] = 1;
    }

    /// <summary>Of all frames since the step before.</summary>
    private void Reward(Batch batch, TrainingEpisode e, int frame, int at)
    {
        if (e.Rewards is not { } rewards)
            return;
        float sum = 0;
        bool ended = false;
        for (int k = Math.Max(0, frame - _options.FrameSkip + 1); k <= frame; k++)
        {
            if (!rewards.Known[k])
                return;
            sum += rewards.Row(k)[0];
            ended |= rewards.Row(k)[1] != 0;
        }
        batch.Rewards[at] = sum;
        batch.Continues[at] = ended ? 0 : 1;
        batch.RewardMask[at] = 1;
    }
}
