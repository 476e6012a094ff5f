namespace TorchSharp;

public static partial class torch
{
    /// <summary>One part of an index: a number, a slice, an ellipsis or a new dimension. <c>x[.., 3..5]</c> as in PyTorch.</summary>
    public struct TensorIndex
    {
        internal enum Kind
        {
            Slice,
            Single,
            Ellipsis,
            NewDimension,
            Tensor,
        }

        internal Kind What;
        internal long? Start;
        internal long? Stop;
        internal long? Step;
        internal Tensor? Indices;

        public static readonly TensorIndex Ellipsis = new() { What = Kind.Ellipsis };
        public static readonly TensorIndex None = new() { What = Kind.NewDimension };
        public static readonly TensorIndex Null = new() { What = Kind.NewDimension };
        public static readonly TensorIndex Colon = new() { What = Kind.Slice };

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { What = Kind.Slice, Start = start, Stop = stop, Step = step };

        public static TensorIndex Slice(Range range) => Slice(At(range.Start, false), At(range.End, true));

        public static TensorIndex Single(long? index) =>
            new() { What = Kind.Single, Start = index ?? throw new ArgumentNullException(nameof(index)) };

        public static TensorIndex Tensor(Tensor tensor) => new() { What = Kind.Tensor, Indices = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(At(index, false) ?? 0);

        // From the end, ^0 is the end itself, which a slice says by having none.
        private static long? At(Index index, bool end) =>
            index.IsFromEnd ? (index.Value == 0 && end ? null : -index.Value) : index.Value;
    }
}
