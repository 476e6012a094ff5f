namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor neg() => Of(Unary.Neg);

        public Tensor abs() => Of(Unary.Abs);

        public Tensor sign() => Of(Unary.Sign);

        public Tensor exp() => Of(Unary.Exp);

        public Tensor expm1() => Of(Unary.Expm1);

        public Tensor log() => Of(Unary.Log);

        public Tensor log1p() => Of(Unary.Log1p);

        public Tensor sqrt() => Of(Unary.Sqrt);

        public Tensor rsqrt() => Of(Unary.Rsqrt);

        public Tensor square() => Of(Unary.Square);

        public Tensor reciprocal() => Of(Unary.Reciprocal);

        public Tensor sigmoid() => Of(Unary.Sigmoid);

        public Tensor tanh() => Of(Unary.Tanh);

        public Tensor sin() => Of(Unary.Sin);

        public Tensor cos() => Of(Unary.Cos);

        public Tensor floor() => Of(Unary.Floor);

        public Tensor isnan() => Of(Unary.IsNan);

        public Tensor isfinite() => Of(Unary.IsFinite);

        public Tensor logical_not() => Of(Unary.Not);

        public Tensor add(Tensor target) => With(Binary.Add, target);

        public Tensor add(Scalar scalar) => With(Binary.Add, scalar);

        public Tensor sub(Tensor target) => With(Binary.Sub, target);

        public Tensor sub(Scalar target) => With(Binary.Sub, target);

        public Tensor mul(Tensor target) => With(Binary.Mul, target);

        public Tensor mul(Scalar target) => With(Binary.Mul, target);

        public Tensor pow(Tensor exponent) => With(Binary.Pow, exponent);

        public Tensor pow(Scalar exponent) => With(Binary.Pow, exponent);

        public Tensor maximum(Tensor other) => With(Binary.Maximum, other);

        public Tensor minimum(Tensor other) => With(Binary.Minimum, other);

        public Tensor atan2(Tensor other) => With(Binary.Atan2, other);

        public Tensor matmul(Tensor target) => With(Binary.Matmul, target);

        public Tensor eq(Tensor target) => With(Binary.Eq, target);

        public Tensor eq(Scalar target) => With(Binary.Eq, target);

        public Tensor ne(Tensor target) => With(Binary.Ne, target);

        public Tensor ne(Scalar target) => With(Binary.Ne, target);

        public Tensor lt(Tensor target) => With(Binary.Lt, target);

        public Tensor lt(Scalar target) => With(Binary.Lt, target);

        public Tensor le(Tensor target) => With(Binary.Le, target);

        public Tensor le(Scalar target) => With(Binary.Le, target);

        public Tensor gt(Tensor target) => With(Binary.Gt, target);

        public Tensor gt(Scalar target) => With(Binary.Gt, target);

        public Tensor ge(Tensor target) => With(Binary.Ge, target);

        public Tensor ge(Scalar target) => With(Binary.Ge, target);

        public Tensor logical_and(Tensor other) => With(Binary.And, other);

        public Tensor logical_or(Tensor other) => With(Binary.Or, other);

        public Tensor add_(Tensor target) => InPlace(Binary.Add, target);

        public Tensor add_(Scalar scalar) => InPlace(Binary.Add, scalar);

        public Tensor sub_(Tensor target) => InPlace(Binary.Sub, target);

        public Tensor sub_(Scalar target) => InPlace(Binary.Sub, target);

        public Tensor mul_(Tensor target) => InPlace(Binary.Mul, target);

        public Tensor mul_(Scalar target) => InPlace(Binary.Mul, target);

        public Tensor clamp(Scalar? min = null, Scalar? max = null)
        {
            var bounds = (min is null ? 0 : 1) | (max is null ? 0 : 2) | (min?.Whole == true ? 4 : 0) | (max?.Whole == true ? 8 : 0);
            Native.Check(Native.rt_clamp(Handle, bounds, min?.Real ?? 0, max?.Real ?? 0, out var r));
            return Made(r);
        }

        public Tensor sum(ScalarType? type = null) => Typed(type).Over(Reduce.Sum, [], false);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Typed(type).Over(Reduce.Sum, [dim], keepdim);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Typed(type).Over(Reduce.Sum, dim, keepdim);

        public Tensor mean() => Over(Reduce.Mean, [], false);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Typed(type).Over(Reduce.Mean, dimensions, keepdim);

        public Tensor std(bool unbiased = true) => Over(Reduce.Std, [], false, unbiased);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Typed(type).Over(Reduce.Std, dimensions, keepdim, unbiased);

        public Tensor var(bool unbiased = true) => Over(Reduce.Var, [], false, unbiased);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Typed(type).Over(Reduce.Var, dimensions, keepdim, unbiased);

        public Tensor max() => Over(Reduce.Max, [], false);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Picked(Pick.Max, 0, dim, keepdim);

        public Tensor min() => Over(Reduce.Min, [], false);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Picked(Pick.Min, 0, dim, keepdim);

        public Tensor amax(params long[] dims) => Over(Reduce.Max, dims, false);

        public Tensor amin(params long[] dims) => Over(Reduce.Min, dims, false);

        public Tensor argmax() => Over(Reduce.ArgMax, [], false);

        public Tensor argmax(long dim, bool keepdim = false) => Over(Reduce.ArgMax, [dim], keepdim);

        public Tensor logsumexp(long dim, bool keepdim = false) => Over(Reduce.LogSumExp, [dim], keepdim);

        public Tensor any() => Over(Reduce.Any, [], false);

        public Tensor any(long dim, bool keepdim = false) => Over(Reduce.Any, [dim], keepdim);

        public Tensor all() => Over(Reduce.All, [], false);

        public Tensor all(long dim, bool keepdim = false) => Over(Reduce.All, [dim], keepdim);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Typed(dtype).On(Along.Softmax, dim);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Typed(dtype).On(Along.LogSoftmax, dim);

        public Tensor cumsum(long dim, ScalarType? type = null) => Typed(type).On(Along.CumSum, dim);

        public Tensor cumprod(long dim, ScalarType? type = null) => Typed(type).On(Along.CumProd, dim);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Picked(Pick.TopK, k, dim, largest);

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Picked(Pick.Sort, 0, dim, descending);

        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false)
        {
            Native.Check(Native.rt_quantile(Handle, q.Handle, dim, 0, keepdim ? 1 : 0, out var r));
            GC.KeepAlive(q);
            return Made(r);
        }

        // Of: a function of this tensor alone. GC.KeepAlive in Made and below: the last use of a wrapper is the call into the library,
        // during which nothing else would hold it.
        internal Tensor Of(Unary op)
        {
            Native.Check(Native.rt_unary(op, Handle, out var r));
            return Made(r);
        }

        internal Tensor With(Binary op, Tensor other)
        {
            Native.Check(Native.rt_binary(op, Handle, other.Handle, out var r));
            GC.KeepAlive(other);
            return Made(r);
        }

        internal Tensor With(Binary op, Scalar other) => With(op, other.Whole, other.Real, other.Integer);

        internal Tensor With(Binary op, double other) => With(op, false, other, 0);

        internal Tensor With(Binary op, long other) => With(op, true, other, other);

        internal Tensor InPlace(Binary op, Tensor other)
        {
            Native.Check(Native.rt_in_place(op, Handle, other.Handle));
            GC.KeepAlive(other);
            GC.KeepAlive(this);
            return this;
        }

        internal Tensor InPlace(Binary op, Scalar other)
        {
            Native.Check(Native.rt_in_place_scalar(op, Handle, other.Whole ? 1 : 0, other.Real, other.Integer));
            GC.KeepAlive(this);
            return this;
        }

        internal unsafe Tensor Over(Reduce op, ReadOnlySpan<long> dims, bool keep, bool unbiased = true)
        {
            fixed (long* at = dims)
            {
                Native.Check(Native.rt_reduce(op, Handle, at, dims.Length, keep ? 1 : 0, unbiased ? 1 : 0, out var r));
                return Made(r);
            }
        }

        internal Tensor On(Along op, long p = 0, long q = 0, long r = 0)
        {
            Native.Check(Native.rt_along(op, Handle, p, q, r, out var result));
            return Made(result);
        }

        private (Tensor, Tensor) Picked(Pick op, long k, long dim, bool flag)
        {
            Native.Check(Native.rt_select_by_value(op, Handle, k, dim, flag ? 1 : 0, out var values, out var indices));
            GC.KeepAlive(this);
            return (new Tensor(values), new Tensor(indices));
        }

        private Tensor With(Binary op, bool whole, double real, long integer)
        {
            Native.Check(Native.rt_binary_scalar(op, Handle, whole ? 1 : 0, real, integer, out var r));
            return Made(r);
        }

        private Tensor Typed(ScalarType? type) => type is { } wanted && wanted != dtype ? to(wanted) : this;

        private Tensor Made(nint result)
        {
            GC.KeepAlive(this);
            return new Tensor(result);
        }
    }
}
