using System.Globalization;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// Built-ins that need no robot: numbers, lists, poses and strings. Source: URScript manual, modules urmath and internals.
/// </summary>
public static class MathBuiltins
{
    public static void AddTo(BuiltinLibrary library)
    {
        AddNumbers(library);
        AddLists(library);
        AddPoses(library);
        AddStrings(library);
        MatrixBuiltins.AddTo(library);
    }

    private static void AddNumbers(BuiltinLibrary library)
    {
        AddUnary(library, "sin(f)", Math.Sin);
        AddUnary(library, "cos(f)", Math.Cos);
        AddUnary(library, "tan(f)", Math.Tan);
        AddUnary(library, "asin(f)", Math.Asin);
        AddUnary(library, "acos(f)", Math.Acos);
        AddUnary(library, "atan(f)", Math.Atan);
        AddUnary(library, "sqrt(f)", Math.Sqrt);
        AddUnary(library, "d2r(d)", static d => d * (Math.PI / 180));
        AddUnary(library, "r2d(r)", static r => r * (180 / Math.PI));
        library.Add("atan2(x, y)", static (_, a) => Real(Math.Atan2(a[0].AsNumber(), a[1].AsNumber()), "atan2"));
        library.Add("pow(base, exponent)", static (_, a) => Real(Math.Pow(a[0].AsNumber(), a[1].AsNumber()), "pow"));
        library.Add("log(b, f)", static (_, a) => Real(Math.Log(a[1].AsNumber(), a[0].AsNumber()), "log"));
        library.Add("floor(f)", static (_, a) => Whole(Math.Floor(a[0].AsNumber()), "floor"));
        library.Add("ceil(f)", static (_, a) => Whole(Math.Ceiling(a[0].AsNumber()), "ceil"));
        library.Add("random()", static (_, _) => Value.Float(Random.Shared.NextDouble()));
        library.Add("norm(a)", static (_, a) => Norm(a[0]));
    }

    private static void AddUnary(BuiltinLibrary library, string signature, Func<double, double> function)
    {
        string name = signature[..signature.IndexOf('(')];
        library.Add(signature, (_, a) => Real(function(a[0].AsNumber()), name));
    }

    private static void AddLists(BuiltinLibrary library)
    {
        library.Add("length(v)", static (_, a) => Length(a[0]));
        library.Add("get_list_length(v)", static (_, a) => Value.Int(a[0].AsItems().Length));
        library.Add("binary_list_to_integer(l)", static (_, a) => FromBits(a[0].AsItems()));
        library.Add("integer_to_binary_list(x)", static (_, a) => ToBits(a[0].AsInt()));
    }

    private static void AddPoses(BuiltinLibrary library)
    {
        library.Add("pose_trans(p_from, p_from_to)", static (_, a) => Value.PoseOf((ToPose(a[0]) * ToPose(a[1])).ToVector()));
        library.Add("pose_inv(p_from)", static (_, a) => Value.PoseOf(ToPose(a[0]).Inverse.ToVector()));
        library.Add("pose_add(p_1, p_2)", static (_, a) => PoseAdd(ToPose(a[0]), ToPose(a[1])));
        library.Add("pose_sub(p_to, p_from)", static (_, a) => PoseSub(ToPose(a[0]), ToPose(a[1])));
        library.Add("pose_dist(p_from, p_to)", static (_, a) => Value.Float(PoseSub(ToPose(a[1]), ToPose(a[0])).AsVector6().Norm));
        library.Add("point_dist(p_from, p_to)", static (_, a) => Value.Float((ToPose(a[1]).Position - ToPose(a[0]).Position).Length));
        library.Add("wrench_trans(T_from_to, w_from)", static (_, a) => TransformWrench(ToPose(a[0]), a[1].AsVector6()));
        library.Add("rotvec2rpy(rotation_vector)", static (_, a) => RollPitchYaw(ToVec3(a[0])));
        library.Add("rpy2rotvec(rpy_vector)", static (_, a) =>
        {
            Vec3 rpy = ToVec3(a[0]);
            return FromVec3(Quat.FromRpy(rpy.X, rpy.Y, rpy.Z).ToRotationVector());
        });
        library.Add("interpolate_pose(p_from, p_to, alpha)", static (_, a) => Interpolate(ToPose(a[0]), ToPose(a[1]), a[2].AsNumber()));
    }

    private static void AddStrings(BuiltinLibrary library)
    {
        library.Add("to_str(val)", static (_, a) => Value.String(a[0].ToString()));
        library.Add("to_num(str)", static (_, a) => ToNumber(a[0].AsString()));
        library.Add("str_cat(op1, op2)", static (_, a) => Value.String(a[0].ToString() + a[1]));
        library.Add("str_len(str)", static (_, a) => Value.Int(a[0].AsString().Length));
        library.Add("str_empty(str)", static (_, a) => Value.Bool(a[0].AsString().Length == 0));
        library.Add("str_sub(src, index, len=None)", static (_, a) => Part(a[0].AsString(), a[1].AsInt(), a[2]));
        library.Add("str_find(src, target, start_from=0)", static (_, a) => Find(a[0].AsString(), a[1].AsString(), a[2].AsInt()));
        library.Add("str_at(src, index)", static (_, a) => CharacterAt(a[0].AsString(), a[1].AsInt()));
    }

    private static Value Real(double value, string function) =>
        double.IsFinite(value)
            ? Value.Float(value)
            : throw new ScriptFaultException($"{function}: the argument is outside of the function's domain");

    private static Value Whole(double value, string function) => Math.Abs(value) <= int.MaxValue
        ? Value.Int((int)value)
        : throw new ScriptFaultException($"{function}: the result does not fit an integer");

    // The absolute value of a number (URScript has no abs), the Euclidean length of a list.
    private static Value Norm(in Value value)
    {
        if (value.IsNumber)
            return value.Kind == ValueKind.Int ? Value.Int(Math.Abs(value.AsInt())) : Value.Float(Math.Abs(value.AsNumber()));
        double sum = 0;
        foreach (Value item in value.AsItems())
            sum += item.AsNumber() * item.AsNumber();
        return Value.Float(Math.Sqrt(sum));
    }

    private static Value Length(in Value value) =>
        Value.Int(value.Kind == ValueKind.String ? value.AsString().Length : value.AsItems().Length);

    // The first is the least significant; at most 32.
    private static Value FromBits(ReadOnlySpan<Value> bits)
    {
        if (bits.Length > 32)
            throw new ScriptFaultException($"binary_list_to_integer takes at most 32 values, not {bits.Length}");
        int value = 0;
        for (int i = 0; i < bits.Length; i++)
            value |= bits[i].AsBool() ? 1 << i : 0;
        return Value.Int(value);
    }

    private static Value ToBits(int value)
    {
        var bits = new Value[32];
        for (int i = 0; i < bits.Length; i++)
            bits[i] = Value.Bool((value >> i & 1) != 0);
        return Value.List(bits);
    }

    private static Vec3 ToVec3(in Value value)
    {
        ReadOnlySpan<Value> items = value.AsItems();
        return items.Length == 3
            ? new(items[0].AsNumber(), items[1].AsNumber(), items[2].AsNumber())
            : throw new ScriptFaultException($"Type error: a list of 3 numbers is needed, this one has {items.Length}");
    }

    private static Value FromVec3(Vec3 v) => Value.List([Value.Float(v.X), Value.Float(v.Y), Value.Float(v.Z)]);

    // Fixed axes x, y, z, in this order.
    private static Value RollPitchYaw(Vec3 rotationVector)
    {
        var rotation = Quat.FromRotationVector(rotationVector);
        Vec3 x = rotation.Rotate(Vec3.UnitX), y = rotation.Rotate(Vec3.UnitY), z = rotation.Rotate(Vec3.UnitZ);
        double pitch = Math.Asin(Math.Clamp(-x.Z, -1, 1));
        bool locked = Math.Abs(x.Z) > 1 - 1e-12; // roll and yaw turn about one axis: all of it is given to yaw
        double roll = locked ? 0 : Math.Atan2(y.Z, z.Z);
        double yaw = locked ? Math.Atan2(-y.X, y.Y) : Math.Atan2(x.Y, x.X);
        return FromVec3(new(roll, pitch, yaw));
    }

    // A wrench (fx, fy, fz, tx, ty, tz) at one frame, as it is felt at and written in another.
    private static Value TransformWrench(in Pose fromTo, in Vector6 wrench)
    {
        Vec3 force = new(wrench[0], wrench[1], wrench[2]);
        Vec3 torque = new Vec3(wrench[3], wrench[4], wrench[5]) - fromTo.Position.Cross(force);
        Quat back = fromTo.Rotation.Inverse;
        Vec3 f = back.Rotate(force), t = back.Rotate(torque);
        return Value.ListOf(new(f.X, f.Y, f.Z, t.X, t.Y, t.Z));
    }

    private static Pose ToPose(in Value value) => Pose.FromVector(value.AsPose());

    // Positions are added, rotations applied one after the other.
    private static Value PoseAdd(in Pose a, in Pose b) =>
        Value.PoseOf(new Pose(a.Position + b.Position, (a.Rotation * b.Rotation).Normalized).ToVector());

    private static Value PoseSub(in Pose to, in Pose from) =>
        Value.PoseOf(new Pose(to.Position - from.Position, (to.Rotation * from.Rotation.Inverse).Normalized).ToVector());

    private static Value Interpolate(in Pose from, in Pose to, double alpha)
    {
        Vec3 turn = (to.Rotation * from.Rotation.Inverse).ToRotationVector();
        Quat rotation = Quat.FromRotationVector(turn * alpha) * from.Rotation;
        return Value.PoseOf(new Pose(from.Position + (to.Position - from.Position) * alpha, rotation).ToVector());
    }

    private static Value ToNumber(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int i))
            return Value.Int(i);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double d) && double.IsFinite(d)
            ? Value.Float(d)
            : throw new ScriptFaultException($"to_num: \"{text}\" is not a number");
    }

    private static Value Part(string text, int index, in Value length)
    {
        if (index < 0 || index > text.Length)
            throw new ScriptFaultException($"Index out of bounds: {index} of a string of {text.Length}");
        int rest = text.Length - index;
        return Value.String(text.Substring(index, length.Kind == ValueKind.None ? rest : Math.Clamp(length.AsInt(), 0, rest)));
    }

    private static Value Find(string text, string target, int from) => from >= 0 && from <= text.Length
        ? Value.Int(text.IndexOf(target, from, StringComparison.Ordinal))
        : throw new ScriptFaultException($"Index out of bounds: {from} of a string of {text.Length}");

    private static Value CharacterAt(string text, int index) => index >= 0 && index < text.Length
        ? Value.String(text.Substring(index, 1))
        : throw new ScriptFaultException($"Index out of bounds: {index} of a string of {text.Length}");
}
