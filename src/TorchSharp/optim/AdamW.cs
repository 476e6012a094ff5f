using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), in the order of operations of torch.optim.AdamW. Each group has a
/// learning rate, betas, eps and a decay of its own; the default decay is 0, as in TorchSharp (PyTorch: 0.01).
/// </summary>
public sealed class AdamW : OptimizerHelper
{
    private readonly List<State> _states = [];

    internal AdamW(
        IEnumerable<Parameter> parameters, double lr, double beta1, double beta2, double eps, double decay, bool amsgrad, bool maximize)
        : this([new ParamGroup(parameters, lr, beta1, beta2, eps, decay)], lr, beta1, beta2, eps, decay, amsgrad, maximize)
    {
    }

    internal AdamW(
        IEnumerable<ParamGroup> groups, double lr, double beta1, double beta2, double eps, double decay, bool amsgrad, bool maximize)
    {
        if (amsgrad || maximize)
            throw new NotSupportedException("AdamW with amsgrad or maximize is not in this subset of TorchSharp.");
        foreach (var group in groups)
        {
            group.Complete(new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = decay,
            });
            _states.Add(new State(group));
        }
    }

    public override IEnumerable<optim.ILearningRateController> ParamGroups => _states.Select(state => state.Group);

    public override IEnumerable<Parameter> parameters() => _states.SelectMany(state => state.Parameters);

    public override Tensor? step(Func<Tensor>? closure = null)
    {
        var loss = closure?.Invoke();
        _states.ForEach(state => state.Step());
        return loss;
    }

    protected override void Dispose(bool disposing)
    {
        _states.ForEach(state => state.Free());
        base.Dispose(disposing);
    }

    private protected override void SaveState(BinaryWriter writer)
    {
        writer.Write7BitEncodedInt64(_states.Count);
        _states.ForEach(state => state.Save(writer));
    }

    private protected override void LoadState(BinaryReader reader)
    {
        var count = reader.Read7BitEncodedInt64();
        if (count != _states.Count)
            throw new ArgumentException($"The file has {count} groups of parameters, this optimizer {_states.Count}.");
        _states.ForEach(state => state.Load(reader));
    }

    public class Options : OptimizerOptions
    {
        public double? beta1;
        public double? beta2;
        public double? eps;
        public double? weight_decay;
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this(parameters, new Options { LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay })
        {
            if (amsgrad || maximize)
                throw new NotSupportedException("AdamW with amsgrad or maximize is not in this subset of TorchSharp.");
        }

        internal void Complete(Options defaults)
        {
            Options.LearningRate ??= defaults.LearningRate;
            Options.beta1 ??= defaults.beta1;
            Options.beta2 ??= defaults.beta2;
            Options.eps ??= defaults.eps;
            Options.weight_decay ??= defaults.weight_decay;
            InitialLearningRate = LearningRate;
        }
    }

    // The averages of a group's gradients and of their _squares, and how many steps they saw.
    private sealed class State
    {
        private readonly Tensor[] _averages;
        private readonly Tensor[] _squares;
        private readonly nint[] _handles;
        private long _steps;

        internal State(ParamGroup group)
        {
            Group = group;
            Parameters = [.. group.Parameters];
            _averages = [.. Parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];
            _squares = [.. Parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];
            _handles = new nint[3 * Parameters.Length];
        }

        internal ParamGroup Group { get; }

        internal Parameter[] Parameters { get; }

        internal unsafe void Step()
        {
            var n = Parameters.Length;
            for (var i = 0; i < n; i++)
                (_handles[i], _handles[n + i], _handles[(2 * n) + i]) = (Parameters[i].Handle, _averages[i].Handle, _squares[i].Handle);
            _steps++;
            var set = Group.Options;
            fixed (nint* all = _handles)
            {
                Native.Check(Native.rt_adamw(
                    all, all + n, all + (2 * n), n, _steps, Group.LearningRate, set.beta1!.Value, set.beta2!.Value, set.eps!.Value,
                    set.weight_decay!.Value));
            }
            GC.KeepAlive(this);
        }

        internal void Save(BinaryWriter writer)
        {
            writer.Write(_steps);
            writer.Write(Group.LearningRate);
            writer.Write7BitEncodedInt64(Parameters.Length);
            for (var i = 0; i < Parameters.Length; i++)
            {
                _averages[i].Save(writer);
                _squares[i].Save(writer);
            }
        }

        internal void Load(BinaryReader reader)
        {
            _steps = reader.ReadInt64();
            Group.LearningRate = reader.ReadDouble();
            var count = reader.Read7BitEncodedInt64();
            if (count != Parameters.Length)
                throw new ArgumentException($"The file has {count} parameters in a group, this optimizer {Parameters.Length}.");
            for (var i = 0; i < Parameters.Length; i++)
            {
                _averages[i].Load(reader);
                _squares[i].Load(reader);
            }
        }

        internal void Free()
        {
            foreach (var tensor in _averages.Concat(_squares))
                tensor.Dispose();
        }
    }
}
