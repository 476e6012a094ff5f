using System.Diagnostics;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>What a run has to say after a step.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Numbers">Losses and rates of the step.</param>
/// <param name="StepsPerSecond">Of late.</param>
/// <param name="Validation">Where there was one after this step.</param>
/// <param name="IsBest">Whether it was the best so far.</param>
public sealed record TrainProgress(
    long Step, long Steps, IReadOnlyDictionary<string, double> Numbers, double StepsPerSecond, ValidationResult? Validation, bool IsBest);

/// <summary>
/// Trains a model on a dataset into a run's folder. A run that was stopped or killed goes on from its last checkpoint; on the CPU its
/// losses are then those of a run that never stopped, to the bit.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainConfig _config;
    private readonly Dataset _data;
    private readonly RunFolder _run;
    private readonly DataNormalisation _normalisation;
    private readonly ModelShape _shape;
    private readonly ILearner _learner;
    private readonly BatchLoader _loader;
    private readonly Validation? _validation;
    private readonly MetricsLog _metrics;
    private readonly EventFile _events;
    private readonly ProgressWriter _progress;
    private readonly Dictionary<string, double> _latest = [];
    private ValidationResult? _validated;
    private DataPosition _position;
    private double? _best;
    private double _perSecond; // of late

    /// <param name="config">A new run's; one that goes on must have the same.</param>
    /// <param name="data">What to learn from.</param>
    /// <param name="run">Where it is kept.</param>
    /// <param name="goOn">Whether to go on from the run's checkpoint.</param>
    /// <exception cref="ArgumentException">The configuration cannot be.</exception>
    /// <exception cref="InvalidDataException">There is too little data, other data than the run learned from, or no
    /// checkpoint.</exception>
    public Trainer(TrainConfig config, Dataset data, RunFolder run, bool goOn)
    {
        config.Check();
        (_config, _data, _run) = (config, data, run);
        string? checkpoint = goOn
            ? run.Checkpoint ?? throw new InvalidDataException($"{run.Path} has no checkpoint to go on from: leave --resume away to begin")
            : null;
        RunState? state = checkpoint is null ? null : RunFolder.ReadState(checkpoint);
        if (state is not null && state.DataDigest != data.Summary.Digest)
            throw new InvalidDataException($"{run.Path} learned from other episodes than there are now: a run goes on with the same data. "
                + "Train a new one, or give back the episodes.");
        set_num_threads(config.Threads);
        manual_seed(config.Seed);
        WindowList train = data.Windows(DataPart.Train, config.Windows), validation = data.Windows(DataPart.Validation, config.Windows);
        _normalisation = DataNormalisation.Fit(data, config.Normalisation);
        _shape = BatchTensors.ShapeOf(data, config.Windows);
        _learner = Learner.Of(config, _shape);
        if (checkpoint is not null)
            _learner.Load(checkpoint, state!);
        (Step, _position, _best) = (state?.Step ?? 0, state?.Position ?? default, state?.Best);
        _loader = new BatchLoader(train, _normalisation, new LoaderOptions
        {
            BatchSize = Math.Min(config.Batch, Math.Max(train.Count, 1)),
            Seed = unchecked((ulong)config.Seed),
            Workers = config.Workers,
        }, _position);
        _validation = validation.Count > 0 ? new Validation(config, validation, _normalisation) : null;
        Directory.CreateDirectory(run.Path);
        File.WriteAllText(run.ConfigFile, config.ToJson());
        _metrics = new MetricsLog(run.MetricsFile, goOn ? Step : -1);
        _events = new EventFile(run.Path, goOn ? Step + 1 : null);
        _progress = new ProgressWriter(run, config.Steps);
        _events.Text("config", Step, $"```json\n{config.ToJson()}\n```");
    }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    public ModelShape Shape => _shape;

    /// <summary>Numbers that the model learns.</summary>
    public long Parameters => _learner.Model.parameters().Sum(one => one.numel());

    /// <summary>How often and how long a step waited for data.</summary>
    public LoaderReport Loading => _loader.Report();

    /// <summary>Learns until the run is whole or is told to stop; a checkpoint is left in either case.</summary>
    /// <param name="said">Told after each step.</param>
    /// <param name="stop">Ends it after the step that it is in.</param>
    /// <exception cref="InvalidDataException">A loss is no number; the message says at which episode and frame.</exception>
    /// <exception cref="IOException">The disk.</exception>
    public void Run(Action<TrainProgress> said, CancellationToken stop)
    {
        _progress.Learns(Step, 0);
        try
        {
            Loop(said, stop);
        }
        catch (Exception e)
        {
            TellFailure(e.Message);
            throw;
        }
        _progress.Write(Step < _config.Steps ? RunPhase.Stopped : RunPhase.Done, Step, _perSecond, "");
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
        _loader.Dispose();
        _learner.Dispose();
    }

    private void Loop(Action<TrainProgress> said, CancellationToken stop)
    {
        long since = Stopwatch.GetTimestamp();
        while (Step < _config.Steps && !stop.IsCancellationRequested)
        {
            Learn();
            double now = 1 / Stopwatch.GetElapsedTime(since).TotalSeconds;
            since = Stopwatch.GetTimestamp();
            _perSecond = _perSecond == 0 ? now : (0.95 * _perSecond) + (0.05 * now);
            bool best = false;
            bool validate = Step % _config.ValidateEvery == 0 || Step == _config.Steps;
            if (validate && _validation is not null)
                best = Validate(stop);
            if (Step % _config.CheckpointEvery == 0 || Step == _config.Steps)
                Save();
            Log();
            _progress.Learns(Step, _perSecond);
            said(new TrainProgress(Step, _config.Steps, _latest, _perSecond, validate ? _validated : null, best));
        }
        if (Step < _config.Steps)
            Save();
    }

    // On a full disk that fails too: what failed first is what is told.
    private void TellFailure(string message)
    {
        try
        {
            _progress.Write(RunPhase.Failed, Step, _perSecond, message);
        }
        catch (IOException)
        {
        }
    }

    private void Learn()
    {
        using var scope = NewDisposeScope();
        var batches = new List<Batch>();
        var sequences = new List<Sequences>();
        try
        {
            for (int i = 0; i < _config.Optimizer.Accumulate; i++)
            {
                // Never null: epochs have no end. A batch is given back once its numbers are in tensors.
                Batch batch = _loader.Next()!;
                batches.Add(batch);
                sequences.Add(BatchTensors.Of(batch, _normalisation, device(_config.Device)));
                _position = batch.Next;
            }
            Dictionary<string, double> numbers = _learner.Step(sequences, Step);
            _latest.Clear();
            foreach ((string name, double value) in numbers)
                _latest[name] = value;
            Step++;
        }
        catch (NotFiniteNumberException)
        {
            throw new InvalidDataException(NotFinite.Find(_learner, batches, sequences, Step));
        }
        finally
        {
            batches.ForEach(batch => batch.Dispose());
        }
    }

    private bool Validate(CancellationToken stop)
    {
        try
        {
            _validated = _validation!.Of(_learner, stop);
        }
        catch (OperationCanceledException)
        {
            return false; // a part of it would be another measure
        }
        _latest["validation_loss"] = _validated.Loss;
        bool better = !(_best <= _validated.Loss);
        if (better)
            _best = _validated.Loss;
        if (better || !_learner.LossRanks)
            _run.SaveBest(folder => ModelCard.Save(folder, _learner.Model, Card));
        return better && _learner.LossRanks;
    }

    private void Save() => _run.SaveLast(
        new RunState
        {
            Step = Step,
            Position = _position,
            Best = _best,
            ReturnRange = _learner.ReturnRange,
            DataDigest = _data.Summary.Digest,
        },
        folder =>
        {
            ModelCard.Save(folder, _learner.Model, Card);
            _learner.Save(folder);
        });

    private ModelCard Card(string sum) => new()
    {
        Config = _config,
        Shape = _shape,
        Normalisation = _normalisation,
        Data = _data.Summary,
        Step = Step,
        Validation = _validated,
        Sha256 = sum,
        Saved = DateTime.UtcNow,
        Parameters = Parameters,
    };

    private void Log()
    {
        (string, double)[] values = [.. _latest.Select(one => (one.Key, one.Value))];
        _metrics.Write(Step, values);
        _events.Scalars(Step, values);
    }
}
