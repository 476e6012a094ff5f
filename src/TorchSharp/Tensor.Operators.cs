namespace TorchSharp;

public static partial class torch
{
    // Numbers have operators of their own: without them each would become a Scalar first.
    public partial class Tensor
    {
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator +(Tensor left, Tensor right) => left.With(Binary.Add, right);

        public static Tensor operator +(Tensor left, Scalar right) => left.With(Binary.Add, right);

        public static Tensor operator +(Tensor left, int right) => left.With(Binary.Add, (long)right);

        public static Tensor operator +(Tensor left, long right) => left.With(Binary.Add, right);

        public static Tensor operator +(Tensor left, float right) => left.With(Binary.Add, (double)right);

        public static Tensor operator +(Tensor left, double right) => left.With(Binary.Add, right);

        public static Tensor operator +(int left, Tensor right) => right.With(Binary.Add, (long)left);

        public static Tensor operator +(long left, Tensor right) => right.With(Binary.Add, left);

        public static Tensor operator +(float left, Tensor right) => right.With(Binary.Add, (double)left);

        public static Tensor operator +(double left, Tensor right) => right.With(Binary.Add, left);

        public static Tensor operator -(Tensor left, Tensor right) => left.With(Binary.Sub, right);

        public static Tensor operator -(Tensor left, Scalar right) => left.With(Binary.Sub, right);

        public static Tensor operator -(Tensor left, int right) => left.With(Binary.Sub, (long)right);

        public static Tensor operator -(Tensor left, long right) => left.With(Binary.Sub, right);

        public static Tensor operator -(Tensor left, float right) => left.With(Binary.Sub, (double)right);

        public static Tensor operator -(Tensor left, double right) => left.With(Binary.Sub, right);

        public static Tensor operator -(int left, Tensor right) => right.With(Binary.SubFrom, (long)left);

        public static Tensor operator -(long left, Tensor right) => right.With(Binary.SubFrom, left);

        public static Tensor operator -(float left, Tensor right) => right.With(Binary.SubFrom, (double)left);

        public static Tensor operator -(double left, Tensor right) => right.With(Binary.SubFrom, left);

        public static Tensor operator *(Tensor left, Tensor right) => left.With(Binary.Mul, right);

        public static Tensor operator *(Tensor left, Scalar right) => left.With(Binary.Mul, right);

        public static Tensor operator *(Tensor left, int right) => left.With(Binary.Mul, (long)right);

        public static Tensor operator *(Tensor left, long right) => left.With(Binary.Mul, right);

        public static Tensor operator *(Tensor left, float right) => left.With(Binary.Mul, (double)right);

        public static Tensor operator *(Tensor left, double right) => left.With(Binary.Mul, right);

        public static Tensor operator *(int left, Tensor right) => right.With(Binary.Mul, (long)left);

        public static Tensor operator *(long left, Tensor right) => right.With(Binary.Mul, left);

        public static Tensor operator *(float left, Tensor right) => right.With(Binary.Mul, (double)left);

        public static Tensor operator *(double left, Tensor right) => right.With(Binary.Mul, left);

        public static Tensor operator /(Tensor left, Tensor right) => left.With(Binary.Div, right);

        public static Tensor operator /(Tensor left, Scalar right) => left.With(Binary.Div, right);

        public static Tensor operator /(Tensor left, int right) => left.With(Binary.Div, (long)right);

        public static Tensor operator /(Tensor left, long right) => left.With(Binary.Div, right);

        public static Tensor operator /(Tensor left, float right) => left.With(Binary.Div, (double)right);

        public static Tensor operator /(Tensor left, double right) => left.With(Binary.Div, right);

        public static Tensor operator /(int left, Tensor right) => right.With(Binary.DivInto, (long)left);

        public static Tensor operator /(long left, Tensor right) => right.With(Binary.DivInto, left);

        public static Tensor operator /(float left, Tensor right) => right.With(Binary.DivInto, (double)left);

        public static Tensor operator /(double left, Tensor right) => right.With(Binary.DivInto, left);

        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
    }
}
