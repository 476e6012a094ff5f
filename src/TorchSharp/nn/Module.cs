using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// A part of a model: parameters, buffers and modules inside, by name. They are registered by name, or from the fields of the
        /// class with <see cref="RegisterComponents"/>. Its state is saved in TorchSharp's file form.
        /// </summary>
        public abstract class Module : IDisposable
        {
            private readonly List<(string Name, Module Module)> _submodules = [];
            private readonly List<(string Name, Parameter Parameter)> _ownParameters = [];
            private readonly List<(string Name, Tensor Buffer)> _ownBuffers = [];
            private readonly string _name;
            private bool _on = true;

            protected Module(string name)
            {
                _name = name;
            }

            /// <summary>Whether it trains (dropout acts) or is evaluated.</summary>
            public virtual bool training => _on;

            public virtual string GetName() => _name;

            public virtual void register_module(string name, Module submodule) => _submodules.Add((name, submodule));

            public void add_module(string name, Module module) => register_module(name, module);

            public virtual void register_parameter(string name, Parameter param) => _ownParameters.Add((name, param));

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (!persistent)
                    throw new NotSupportedException("Buffers that are not saved are not in this subset of TorchSharp.");
                _ownBuffers.Add((name, tensor.DetachFromDisposeScope()));
            }

            public virtual IEnumerable<(string name, Module module)> named_children() => _submodules;

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                recurse ? _ownParameters.Concat(Below(module => module.named_parameters())) : _ownParameters;

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(
                bool recurse = true, bool include_nonpersistent = true) =>
                recurse ? _ownBuffers.Concat(Below(module => module.named_buffers())) : _ownBuffers;

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(one => one.parameter);

            /// <summary>Parameters and buffers by name: the live tensors, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var before = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                _ownParameters.ForEach(one => destination.Add(before + one.Name, one.Parameter));
                _ownBuffers.ForEach(one => destination.Add(before + one.Name, one.Buffer));
                _submodules.ForEach(one => one.Module.state_dict(destination, before + one.Name));
                return destination;
            }

            public virtual void train(bool train = true)
            {
                _on = train;
                _submodules.ForEach(one => one.Module.train(train));
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                    ZeroGrad(parameter, set_to_none);
            }

            public Module save(string location, IList<string>? skip = null)
            {
                using var stream = File.Create(location);
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                var kept = sd.Where(one => skip is null || !skip.Contains(one.Key)).ToList();
                writer.Write7BitEncodedInt64(kept.Count);
                foreach (var (key, value) in kept)
                {
                    writer.Write(key);
                    value.Save(writer);
                }
            }

            public virtual Module load(
                string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var stream = File.OpenRead(location);
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>Reads what was saved into the tensors that are there.</summary>
            /// <exception cref="ArgumentException">Strict, and a name, type or shape differs from this module's.</exception>
            public virtual Module load(
                BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                var own = state_dict();
                var missing = own.Keys.Where(key => skip is null || !skip.Contains(key)).ToHashSet();
                var count = reader.Read7BitEncodedInt64();
                for (long i = 0; i < count; i++)
                {
                    var key = reader.ReadString();
                    if (!own.TryGetValue(key, out var tensor) && strict)
                        throw new ArgumentException($"The file has '{key}', which this module does not have.");
                    var passed = tensor is null || skip?.Contains(key) == true;
                    (tensor ?? own.Values.First()).Load(reader, passed);
                    missing.Remove(key);
                    if (loadedParameters is not null)
                        loadedParameters[key] = !passed;
                }
                if (strict && missing.Count > 0)
                    throw new ArgumentException($"The file lacks {string.Join(", ", missing)}.");
                return this;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Frees parameters, buffers and what is inside.</summary>
            protected virtual void Dispose(bool disposing)
            {
                _ownParameters.ForEach(one => one.Parameter.Dispose());
                _ownBuffers.ForEach(one => one.Buffer.Dispose());
                _submodules.ForEach(one => one.Module.Dispose());
            }

            /// <summary>
            /// Registers the fields of this object that hold modules, parameters and tensors (as buffers), under their names.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                foreach (var field in GetType().GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
                    .Where(field => field.DeclaringType != typeof(Module)))
                {
                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(field.Name, module);
                            break;
                        case Parameter parameter:
                            register_parameter(field.Name, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(field.Name, tensor);
                            break;
                        default:
                            break;
                    }
                }
            }

            /// <summary>Moves parameters and buffers where they lie: the same objects, with other memory.</summary>
            internal void Move(ScalarType? type, Device? device)
            {
                using var quiet = no_grad();
                foreach (var parameter in parameters())
                    parameter.Replace(type, device);
                foreach (var (_, buffer) in named_buffers())
                    buffer.Replace(type, device);
            }

            internal static void ZeroGrad(Parameter parameter, bool setToNone)
            {
                if (setToNone)
                {
                    parameter.grad = null;
                    return;
                }
                using var grad = parameter.grad;
                grad?.zero_();
            }

            private IEnumerable<(string, T)> Below<T>(Func<Module, IEnumerable<(string Name, T What)>> of) =>
                _submodules.SelectMany(one => of(one.Module).Select(inner => ($"{one.Name}.{inner.Name}", inner.What)));
        }

        public interface IModule<T, TResult>
        {
            TResult call(T input1);
        }

        /// <summary>A module of one input.</summary>
        public abstract class Module<T, TResult>(string name) : Module(name), IModule<T, TResult>
        {
            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        public interface IModule<T1, T2, TResult>
        {
            TResult call(T1 input1, T2 input2);
        }

        /// <summary>A module of two inputs.</summary>
        public abstract class Module<T1, T2, TResult>(string name) : Module(name), IModule<T1, T2, TResult>
        {
            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}
