namespace RobotWorldModel.Planner.Engine;

/// <summary>The state that rollouts start from, filtered from what is observed.</summary>
public sealed partial class RssmEngine
{
    private float[]? _inputs, _embedding;

    /// <summary>Size E of an embedded observation; 0 where the checkpoint has no posterior.</summary>
    public int EmbeddingSize => _net.Embedding;

    /// <summary>Values of all vectors that the model sees.</summary>
    public int VectorSize => _net.Decoder?.Outputs ?? 0;

    /// <summary>Values of all pictures that the model sees.</summary>
    public int PictureValues { get; }

    /// <summary>
    /// The action that led to the state, [A], by which a cost on changes judges the first one of a rollout. <see cref="Advance"/> and
    /// <see cref="Observe"/> set it.
    /// </summary>
    /// <exception cref="ArgumentException">It is set to another number of values.</exception>
    public ReadOnlySpan<float> ActionBefore
    {
        get => _blocks.PreviousAction;
        set => TakeAction(value);
    }

    /// <summary>An episode begins: nothing has been seen, h and s are zero.</summary>
    public void Reset()
    {
        _state.Reset();
        Array.Clear(_blocks.PreviousAction);
    }

    /// <summary>Where rollouts start: h [D] and s [S], or s one-hot [groups · classes], a group of zeros for no class.</summary>
    public void SetState(ReadOnlySpan<float> h, ReadOnlySpan<float> s) => _state.Set(h, s);

    /// <summary>The state as <see cref="SetState"/> takes it.</summary>
    public void GetState(Span<float> h, Span<float> s) => _state.Get(h, s);

    /// <summary>
    /// Moves the state by an action, to the mean of what the model expects, or its most likely classes: by actions that are on their way
    /// to the arm.
    /// </summary>
    /// <param name="action">[A], each value in [-1, 1].</param>
    public void Advance(ReadOnlySpan<float> action)
    {
        TakeAction(action);
        _rollouts[0].Advance(action);
    }

    /// <summary>
    /// Moves the state by the action that led here, and corrects it by what is seen, to the posterior's mean or most likely classes.
    /// </summary>
    /// <param name="action">[A]; zeros at the start of an episode.</param>
    /// <param name="vectors">All vectors one behind the other, [<see cref="VectorSize"/>], normalised as in training.</param>
    /// <param name="present">Of each vector, then of each picture whether it is there; its values count for nothing where it is
    /// not.</param>
    /// <param name="pictures">All pictures one behind the other, each [C, side, side], normalised as in training.</param>
    /// <exception cref="InvalidOperationException">The model has no posterior.</exception>
    public void Observe(
        ReadOnlySpan<float> action, ReadOnlySpan<float> vectors, ReadOnlySpan<bool> present, ReadOnlySpan<float> pictures = default)
    {
        var shape = _net.Shape;
        if (_net.Posterior is null || shape.Vectors.Count + shape.Images.Count == 0)
            throw new InvalidOperationException("the checkpoint has no posterior: it cannot be told what is seen");
        if (vectors.Length != VectorSize || present.Length != shape.Vectors.Count + shape.Images.Count || pictures.Length != PictureValues)
        {
            throw new ArgumentException($"the model sees {VectorSize} values in {shape.Vectors.Count} vectors and {PictureValues} in "
                + $"{shape.Images.Count} pictures; {vectors.Length} and {pictures.Length} were given, and of {present.Length} whether "
                + "they are there");
        }
        _embedding ??= new float[_net.Embedding];
        int done = EmbedVectors(vectors, present);
        for (int i = 0; i < shape.Images.Count; i++)
        {
            PictureEncoder encoder = _net.PictureEncoders[i];
            Span<float> features = _embedding.AsSpan(done, encoder.Outputs);
            bool there = present[shape.Vectors.Count + i];
            if (there)
                _rollouts[0].EmbedPicture(i, pictures[..encoder.Inputs], features);
            else
                features.Clear();
            done += features.Length;
            _embedding[done++] = there ? 1 : 0;
            pictures = pictures[encoder.Inputs..];
        }
        ObserveEmbedding(action, _embedding);
    }

    /// <summary>The same from an observation that was embedded elsewhere, [<see cref="EmbeddingSize"/>].</summary>
    public void ObserveEmbedding(ReadOnlySpan<float> action, ReadOnlySpan<float> embedding)
    {
        if (_net.Posterior is null || embedding.Length != _net.Embedding)
        {
            throw new ArgumentException(
                $"an embedding of {embedding.Length} values was given; this model's posterior takes {_net.Embedding}");
        }
        TakeAction(action);
        _rollouts[0].Correct(action, embedding);
    }

    /// <summary>
    /// The vectors that the model expects to see where the state is, in the space where they are compared (symlog where it is on).
    /// </summary>
    public void Decode(Span<float> vectors)
    {
        if (vectors.Length != VectorSize)
            throw new ArgumentException($"the model sees {VectorSize} values in its vectors; room for {vectors.Length} was given");
        if (VectorSize > 0)
            _rollouts[0].Decode(vectors);
    }

    /// <summary>The picture that the model expects to see where the state is, normalised as those that it sees.</summary>
    /// <param name="picture">Which of those that it sees.</param>
    /// <param name="planes">Filled: [C, side, side].</param>
    /// <exception cref="ArgumentException">Room for another number of values.</exception>
    public void DecodePicture(int picture, Span<float> planes)
    {
        if (planes.Length != _net.PictureDecoders[picture].Outputs)
            throw new ArgumentException($"picture {picture} has {_net.PictureDecoders[picture].Outputs} values; room for {planes.Length} "
                + "was given");
        _rollouts[0].DecodePicture(picture, planes);
    }

    /// <summary>The reward that the model expects to receive on entering the state.</summary>
    public float Reward() => _rollouts[0].Reward();

    /// <summary>Embeds the vectors with their masks; gives how many values of the embedding that makes.</summary>
    private int EmbedVectors(ReadOnlySpan<float> vectors, ReadOnlySpan<bool> present)
    {
        if (_net.Encoder is not { } encoder)
            return 0;
        _inputs ??= new float[encoder.Inputs];
        int to = 0;
        for (int v = 0; v < _net.Shape.Vectors.Count; v++)
        {
            int size = _net.Shape.Vectors[v].Size;
            for (int i = 0; i < size; i++)
                _inputs[to++] = !present[v] ? 0 : _net.Config.Symlog ? Symlog(vectors[i]) : vectors[i];
            _inputs[to++] = present[v] ? 1 : 0;
            vectors = vectors[size..];
        }
        _rollouts[0].Embed(_inputs, _embedding.AsSpan(0, encoder.Outputs));
        return encoder.Outputs;
    }

    /// <summary>Checks an action, and keeps it as the one before the next.</summary>
    private void TakeAction(ReadOnlySpan<float> action)
    {
        if (action.Length != ActionSize)
            throw new ArgumentException($"an action of this model has {ActionSize} values; {action.Length} were given");
        action.CopyTo(_blocks.PreviousAction);
    }

    private static float Symlog(float x) => (float)Math.CopySign(double.LogP1(Math.Abs((double)x)), x);
}
