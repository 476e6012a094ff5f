using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace RobotWorldModel.WorldModel.Checkpoints;

/// <summary>One entry of a <see cref="WeightFile"/>.</summary>
/// <param name="Shape">Lengths of the dimensions, none for a scalar.</param>
/// <param name="Values">Row-major, the last dimension closest.</param>
/// <param name="Integer">Whether the file has it as int64.</param>
public sealed record Weight(IReadOnlyList<int> Shape, float[] Values, bool Integer = false);

/// <summary>
/// The weights of a model as TorchSharp's <c>Module.save</c> writes them (.dat), without libtorch: the number of entries, then of each its
/// name, element type, shape and little-endian values. The format has neither version nor checksum.
/// </summary>
public sealed class WeightFile
{
    // torch's ScalarType, as far as a state_dict of ours has them.
    private const int Int64Type = 4, Float32Type = 6;
    private const int MostDimensions = 16;
    private const float LargestExact = 1 << 24;
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);
    private readonly OrderedDictionary<string, Weight> _weights = new(StringComparer.Ordinal);
    private readonly string _source;

    /// <param name="source">What messages call it: a path.</param>
    public WeightFile(string source, IEnumerable<KeyValuePair<string, Weight>> weights)
    {
        _source = source;
        foreach (var (name, weight) in weights)
            Add(name, weight);
    }

    /// <summary>All entries in the file's order.</summary>
    public IReadOnlyDictionary<string, Weight> Weights => _weights;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or holds another type than float32 or int64, or an int64 beyond 2^24, which
    /// a float32 does not hold.</exception>
    public static WeightFile Read(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        var reader = new Reader(path, content);
        int count = reader.Number("the number of entries", int.MaxValue);
        var file = new WeightFile(path, []);
        for (int i = 0; i < count; i++)
            file.Add(reader.Name(), reader.Weight());
        if (!reader.AtEnd)
            throw new InvalidDataException($"{path}: {count} weights, and more behind them: damaged, or not a file of Module.save");
        return file;
    }

    /// <summary>Writes the file, replacing it whole: a reader sees the old or the new one.</summary>
    public void Write(string path)
    {
        string beside = $"{path}.part";
        using (var writer = new BinaryWriter(File.Create(beside), s_utf8))
        {
            writer.Write7BitEncodedInt64(_weights.Count);
            foreach (var (name, weight) in _weights)
            {
                writer.Write(name);
                Write(writer, weight);
            }
        }
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Whether there is an entry.</summary>
    public bool Has(string name) => _weights.ContainsKey(name);

    /// <summary>Values of an entry that must have a shape.</summary>
    /// <exception cref="InvalidDataException">It is missing or of another shape.</exception>
    public float[] Get(string name, params ReadOnlySpan<int> shape)
    {
        if (!_weights.TryGetValue(name, out var weight))
        {
            throw new InvalidDataException(
                $"{_source}: weight '{name}' is missing: the checkpoint is of another model than its configuration");
        }
        if (!shape.SequenceEqual([.. weight.Shape]))
        {
            throw new InvalidDataException($"{_source}: weight '{name}' is [{string.Join(", ", weight.Shape)}], expected "
                + $"[{string.Join(", ", shape.ToArray())}]: the checkpoint is of another model than its configuration");
        }
        return weight.Values;
    }

    private void Add(string name, Weight weight)
    {
        long count = 1;
        foreach (int length in weight.Shape)
            count *= length;
        if (count != weight.Values.Length)
            throw new ArgumentException($"weight '{name}' has {weight.Values.Length} values, its shape {count}");
        if (!_weights.TryAdd(name, weight))
            throw new InvalidDataException($"{_source}: weight '{name}' is there twice");
    }

    private static void Write(BinaryWriter writer, Weight weight)
    {
        writer.Write7BitEncodedInt64(weight.Integer ? Int64Type : Float32Type);
        writer.Write7BitEncodedInt64(weight.Shape.Count);
        foreach (int length in weight.Shape)
            writer.Write7BitEncodedInt64(length);
        if (weight.Integer)
        {
            foreach (float value in weight.Values)
                writer.Write((long)value);
        }
        else if (BitConverter.IsLittleEndian)
            writer.Write(MemoryMarshal.AsBytes<float>(weight.Values));
        else
        {
            foreach (float value in weight.Values)
                writer.Write(value);
        }
    }

    private ref struct Reader(string path, ReadOnlySpan<byte> content)
    {
        private ReadOnlySpan<byte> _left = content;
        private string _entry = "";

        public readonly bool AtEnd => _left.IsEmpty;

        public string Name()
        {
            int length = Number("the length of a name", _left.Length);
            var bytes = Take(length, "a name");
            try
            {
                _entry = s_utf8.GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                throw Damaged("a name is not UTF-8");
            }
            return _entry;
        }

        public Weight Weight()
        {
            int type = Number("its type", int.MaxValue);
            if (type is not (Float32Type or Int64Type))
            {
                throw new InvalidDataException($"{path}: weight '{_entry}' is of type {TypeName(type)}; only float32 and int64 are read "
                    + "here: save the model in float32");
            }
            int[] shape = new int[Number("its number of dimensions", MostDimensions)];
            long count = 1;
            int size = type == Int64Type ? sizeof(long) : sizeof(float);
            for (int i = 0; i < shape.Length; i++)
            {
                shape[i] = Number("its shape", int.MaxValue);
                count *= shape[i];
                if (count * size > _left.Length)
                    throw Damaged($"weight '{_entry}' needs more than the {_left.Length} bytes that are left");
            }
            var bytes = Take((int)count * size, "its values");
            float[] values = new float[count];
            for (int i = 0; i < values.Length; i++)
                values[i] = type == Int64Type ? Whole(bytes[(i * size)..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * size)..]);
            return new(shape, values, type == Int64Type);
        }

        /// <summary>LEB128: seven bits a byte, the lowest first.</summary>
        public int Number(string what, int most)
        {
            ulong value = 0;
            for (int shift = 0; shift < 35; shift += 7)
            {
                byte b = Take(1, what)[0];
                value |= (ulong)(b & 0x7f) << shift;
                if ((b & 0x80) == 0)
                    return value <= (ulong)most ? (int)value : throw Damaged($"{what} is {value}, more than {most}");
            }
            throw Damaged($"{what} has no end");
        }

        private readonly float Whole(ReadOnlySpan<byte> bytes)
        {
            long value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            return Math.Abs((double)value) <= LargestExact ? value
                : throw new InvalidDataException($"{path}: weight '{_entry}' has the integer {value}, which a float32 does not hold");
        }

        private ReadOnlySpan<byte> Take(int count, string what)
        {
            if (count > _left.Length)
                throw Damaged($"it ends in the middle of {what}");
            var taken = _left[..count];
            _left = _left[count..];
            return taken;
        }

        private readonly InvalidDataException Damaged(string why)
        {
            string where = _entry.Length == 0 ? "" : $" at or behind weight '{_entry}'";
            return new($"{path}: {why}{where}: the file is damaged or was not written by Module.save");
        }

        private static string TypeName(int type) => type switch
        {
            0 => "uint8",
            1 => "int8",
            2 => "int16",
            3 => "int32",
            5 => "float16",
            7 => "float64",
            8 or 9 or 10 => "complex",
            11 => "bool",
            15 => "bfloat16",
            _ => $"{type}",
        };
    }
}
