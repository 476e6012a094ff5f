using System.Diagnostics;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Desk.Film;

/// <summary>
/// What a model imagines for the plan that is followed, as a film: the newest plan from its first step to its last, at the speed at which
/// the arm would go, then the newest again. It is imagined here, after the plan, by an engine of the desk's: core and its planner give
/// away a copy of each plan, and no time. The time of its pictures is how far ahead of the plan's first tick they are.
/// </summary>
/// <param name="view"><see cref="Arm"/>, or one of the pictures that the model sees: wrist_rgb.</param>
internal sealed class FilmSource(CoreLink core, string runtimeFolder, string view) : IPictureSource
{
    /// <summary>The arm as it is and as it is imagined.</summary>
    public const string Arm = "arm";

    private const int RateHz = 15, StepsAPicture = 2, PausePictures = 4;
    private static readonly double s_stepNs = 1e9 / ReachTask.RateHz;

    private readonly PlanFeed _feed = new(runtimeFolder);
    private readonly SharedPlan _followed = new(); // the plan that is imagined
    private string _model = "";
    private ImaginedPlan? _imagined;
    private ReachFilm? _reach;
    private int _picture = -1, _side;
    private byte[] _message = [];
    private long _sequence, _last = -1;
    private bool _begun;

    /// <exception cref="InvalidDataException">The model cannot be read, or has no such view; says why.</exception>
    public async Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            long number = Stopwatch.GetTimestamp() * RateHz / Stopwatch.Frequency;
            if (number <= _last)
            {
                await Task.Delay(1000 / RateHz / 4, cancellation);
                continue;
            }
            _last = number;
            if (Draw(number) is { Length: > 0 } message)
                return message;
        }
    }

    public void Dispose()
    {
        _feed.Dispose();
        _imagined?.Dispose();
    }

    // Which picture of the film it is says the clock alone: films of one plan that are shown side by side show the same step.
    private ReadOnlyMemory<byte> Draw(long number)
    {
        if (core.Status.Status is not { Mpc: { State: "controlling" } mpc, Robot: { } robot } status
            || !PreviewSource.PlainName().IsMatch(status.Cell) || _feed.Newest(status.Cell) is not { } newest
            || newest.Observed.Length != ReachTask.ObservationSize)
        {
            _begun = false;
            return default;
        }
        if (mpc.Model != _model)
        {
            Open(mpc.Model, robot);
            return default; // that took its time: the plan is an old one by now
        }
        int pictures = newest.Actions.Length / _imagined!.ActionSize / StepsAPicture + PausePictures, at = (int)(number % pictures);
        if (at == 0 || !_begun)
            Follow(newest);
        int step = Math.Min(at * StepsAPicture, Math.Max(0, _imagined.Steps - 1));
        Span<byte> rgb = _message.AsSpan(PictureMessage.HeaderBytes);
        int height = _side;
        if (_reach is not null)
        {
            height = _reach.Height;
            _reach.Draw(newest, step, rgb);
        }
        else
        {
            Imagine(step);
            _imagined.Picture(_picture, rgb);
        }
        PictureMessage.WriteHeader(_message, _side, height, ++_sequence, (long)(step * s_stepNs));
        return _message;
    }

    private void Follow(SharedPlan plan)
    {
        (_followed.Latent, _followed.Actions) = (plan.Latent, plan.Actions);
        if (plan.Latent.Length != _imagined!.LatentSize || plan.Actions.Length % _imagined.ActionSize != 0)
            throw new InvalidDataException($"{_model} is another model now than the one that plans");
        _imagined.Begin(plan.Latent, plan.Actions);
        _reach?.Begin(_imagined, plan);
        _begun = true;
    }

    private void Imagine(int step)
    {
        _imagined!.Begin(_followed.Latent, _followed.Actions);
        for (int i = 0; i <= step; i++)
            _imagined.MoveNext();
    }

    private void Open(string model, RobotStatus robot)
    {
        const int MostSteps = 512;
        _imagined?.Dispose();
        (_imagined, _reach, _begun, _model) = (null, null, false, "");
        (ModelCard card, string weights) = ModelCard.Open(model);
        _imagined = new(card, WeightFile.Read(weights), MostSteps);
        int height;
        if (view == Arm)
        {
            _reach = new(card, robot.Model, robot.Tool?.Tcp);
            (_side, height) = (ReachFilm.Width, _reach.Height);
        }
        else
        {
            _picture = card.Shape.Images.ToList().FindIndex(image => image.Name == view);
            if (_picture < 0)
                throw new InvalidDataException($"{model} does not see {view}");
            height = _side = card.Shape.Images[_picture].Side;
        }
        _message = new byte[PictureMessage.HeaderBytes + _side * height * 3];
        _model = model;
    }
}
