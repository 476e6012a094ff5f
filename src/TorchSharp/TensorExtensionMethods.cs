using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A tensor in TorchSharp's own file form: type, dimensions (LEB128) and the raw elements.</summary>
public static class TensorExtensionMethods
{
    /// <summary>Bytes of one element.</summary>
    public static int ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentException($"{type} is no type of an element."),
    };

    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        writer.Write7BitEncodedInt64((long)tensor.dtype);
        var sizes = tensor.shape;
        writer.Write7BitEncodedInt64(sizes.Length);
        foreach (var size in sizes)
            writer.Write7BitEncodedInt64(size);
        using var near = tensor.cpu();
        using var together = near.contiguous();
        writer.Write(together.bytes);
    }

    /// <summary>Reads into a tensor that has the type and shape of what was saved.</summary>
    /// <exception cref="ArgumentException">It has another type or shape.</exception>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var type = (ScalarType)reader.Read7BitEncodedInt64();
        var sizes = new long[reader.Read7BitEncodedInt64()];
        long count = 1;
        for (var i = 0; i < sizes.Length; i++)
            count *= sizes[i] = reader.Read7BitEncodedInt64();
        if (!skip && (type != tensor.dtype || !sizes.AsSpan().SequenceEqual(tensor.shape)))
        {
            throw new ArgumentException(
                $"The file has {type} of [{string.Join(", ", sizes)}] where {tensor.dtype} of "
                + $"[{string.Join(", ", tensor.shape)}] belongs.");
        }
        var raw = reader.ReadBytes(checked((int)(count * type.ElementSize())));
        if (raw.Length != count * type.ElementSize())
            throw new EndOfStreamException("The file ends within a tensor.");
        if (skip)
            return;
        using var read = empty(sizes, type);
        raw.CopyTo(read.bytes);
        using (no_grad())
            tensor.copy_(read);
    }
}
