using RobotWorldModel.Planner.Engine;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Planner.Live;

/// <summary>
/// What a model imagines while it follows a plan, step by step, in numbers and pictures that a person knows. For whoever looks on, with an
/// engine of its own: the planner's is the planner's alone. One thread.
/// </summary>
public sealed class ImaginedPlan : IDisposable
{
    private readonly ModelCard _card;
    private readonly RssmEngine _engine;
    private readonly Normaliser _normaliser, _actions;
    private readonly float[] _vector, _action, _plan;
    private readonly float[][] _pictures;
    private readonly byte[] _planes;
    private int _at, _steps;

    /// <param name="mostSteps">Of the longest plan.</param>
    /// <exception cref="InvalidDataException">It sees no vector or several, or the weights are of another model.</exception>
    public ImaginedPlan(ModelCard card, WeightFile weights, int mostSteps)
    {
        if (card.Shape.Vectors is not [var vector])
            throw new InvalidDataException($"what a model imagines is shown of one that sees one vector, not {card.Shape.Vectors.Count}");
        _card = card;
        _engine = new RssmEngine(weights, card.Config.Rssm, card.Shape, new() { Threads = 1, MostSteps = 1, BlockRows = 12 });
        (_normaliser, _actions) = (card.Normalisation.Modalities[vector.Name], card.Normalisation.Actions);
        (_vector, _action) = (new float[vector.Size], new float[card.Shape.Actions]);
        _plan = new float[mostSteps * _action.Length];
        _pictures = [.. card.Shape.Images.Select(image => new float[image.Channels * image.Side * image.Side])];
        _planes = new byte[_pictures.Select(p => p.Length).DefaultIfEmpty().Max()];
    }

    /// <summary>Values of the state that a plan begins from: h, then s.</summary>
    public int LatentSize => _card.Config.Rssm.Features;

    public int ActionSize => _action.Length;

    /// <summary>Steps of the plan.</summary>
    public int Steps => _steps;

    /// <summary>Begins a plan.</summary>
    /// <param name="latent">As <see cref="ModelController.PlannedFrom"/>.</param>
    /// <param name="actions">As they are recorded: [steps, action].</param>
    /// <exception cref="ArgumentException">They are another model's, or more than there is room for.</exception>
    public void Begin(ReadOnlySpan<float> latent, ReadOnlySpan<float> actions)
    {
        if (latent.Length != LatentSize || actions.Length > _plan.Length || actions.Length % ActionSize != 0)
            throw new ArgumentException($"a plan of {actions.Length} values from a state of {latent.Length} is none of this model's");
        int d = _card.Config.Rssm.Deterministic;
        _engine.SetState(latent[..d], latent[d..]);
        actions.CopyTo(_plan);
        (_at, _steps) = (0, actions.Length / ActionSize);
    }

    /// <summary>Moves on by one of the plan's actions; false where it is over.</summary>
    public bool MoveNext()
    {
        if (_at == _steps)
            return false;
        _actions.Apply(_plan.AsSpan(_at++ * ActionSize, ActionSize), _action);
        _engine.Advance(_action);
        return true;
    }

    /// <summary>The vector that is imagined now, in the units that it was recorded in; the model's until the next call.</summary>
    public ReadOnlySpan<float> Vector()
    {
        _engine.Decode(_vector);
        for (int i = 0; i < _vector.Length && _card.Config.Rssm.Symlog; i++)
            _vector[i] = (float)Math.CopySign(double.ExpM1(Math.Abs((double)_vector[i])), _vector[i]);
        _normaliser.Invert(_vector, _vector);
        return _vector;
    }

    /// <summary>A picture that is imagined now. Depth is grey, from white at no distance to black at the farthest that was seen.</summary>
    /// <param name="picture">Which of those that the model sees.</param>
    /// <param name="rgb">Filled: rows from the top, three bytes a pixel, side · side · 3.</param>
    public void Picture(int picture, Span<byte> rgb)
    {
        ImageShape shape = _card.Shape.Images[picture];
        int pixels = shape.Side * shape.Side;
        float[] values = _pictures[picture];
        _engine.DecodePicture(picture, values);
        Span<byte> planes = _planes.AsSpan(0, values.Length);
        if (shape.Channels == 3)
            _card.Normalisation.Modalities[shape.Name].Invert(values, planes);
        for (int i = 0; i < pixels; i++)
        {
            for (int c = 0; c < 3; c++)
                rgb[3 * i + c] = shape.Channels == 3 ? planes[c * pixels + i] : (byte)Math.Clamp(255 * (1 - values[i]), 0, 255);
        }
    }

    public void Dispose() => _engine.Dispose();
}
