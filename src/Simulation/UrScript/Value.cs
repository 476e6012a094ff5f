using System.Globalization;
using System.Text;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.UrScript;

public enum ValueKind : byte { None, Bool, Int, Float, String, List, Pose, Struct }

/// <summary>A URScript value. Lists and poses are values too: assigning copies, so what is shared is never written.</summary>
public readonly struct Value
{
    private readonly double _number;
    private readonly object? _reference;

    private Value(ValueKind kind, double number, object? reference)
    {
        Kind = kind;
        _number = number;
        _reference = reference;
    }

    public ValueKind Kind { get; }

    public bool IsNumber => Kind is ValueKind.Int or ValueKind.Float;

    public static readonly Value None;

    public static Value Bool(bool value) => new(ValueKind.Bool, value ? 1 : 0, null);

    public static Value Int(int value) => new(ValueKind.Int, value, null);

    public static Value Float(double value) => new(ValueKind.Float, value, null);

    public static Value String(string value) => new(ValueKind.String, 0, value);

    /// <summary>Takes the array over: nobody may write it afterwards.</summary>
    public static Value List(Value[] items) => new(ValueKind.List, 0, items);

    /// <summary>Six numbers; takes the array over.</summary>
    internal static Value Pose(Value[] items) => new(ValueKind.Pose, 0, items);

    /// <summary>Names (strings) and, in their order, values; takes both arrays over.</summary>
    internal static Value Struct(Value[] names, Value[] values) => new(ValueKind.Struct, 0, new Members(names, values));

    public static Value ListOf(in Vector6 v) => List(Items(v));

    /// <summary>p[x, y, z, rx, ry, rz].</summary>
    public static Value PoseOf(in Vector6 v) => Pose(Items(v));

    internal Value Negated => Kind == ValueKind.Int ? Int((int)-_number) : Float(-_number);

    /// <summary>The number, be it int or float.</summary>
    internal double Number => _number;

    internal bool IsTrue => _number != 0;

    internal Value[] Array => (Value[])_reference!;

    public bool AsBool() => Kind == ValueKind.Bool ? _number != 0 : throw Wrong("a boolean");

    /// <summary>
    /// What a condition makes of it: a boolean, or a number that is not zero. The manual speaks of booleans only; programs in the field
    /// (UR's own client library among them) test numbers, and the controller takes them.
    /// </summary>
    public bool AsCondition() => Kind == ValueKind.Bool || IsNumber ? _number != 0 : throw Wrong("a boolean");

    public double AsNumber() => IsNumber ? _number : throw Wrong("a number");

    /// <summary>An integer; a float is none, even 1.0: what passes here must pass on every controller.</summary>
    public int AsInt() => Kind == ValueKind.Int ? (int)_number : throw Wrong("an integer");

    public string AsString() => Kind == ValueKind.String ? (string)_reference! : throw Wrong("a string");

    /// <summary>Items of a list or pose; not to be written.</summary>
    public ReadOnlySpan<Value> AsItems() => Kind is ValueKind.List or ValueKind.Pose ? Array : throw Wrong("a list");

    /// <summary>A list or pose of six numbers.</summary>
    public Vector6 AsVector6()
    {
        ReadOnlySpan<Value> items = AsItems();
        if (items.Length != 6)
            throw new ScriptFaultException($"Type error: a list of 6 numbers is needed, this one has {items.Length}");
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = items[i].AsNumber();
        return v;
    }

    /// <exception cref="ScriptFaultException">Not a struct, or one without that member.</exception>
    internal Value Member(string name)
    {
        Members members = AsStruct();
        return members.Values[members.Find(name)];
    }

    /// <summary>A copy in which one member is another.</summary>
    internal Value WithMember(string name, in Value value)
    {
        Members members = AsStruct();
        Value[] values = (Value[])members.Values.Clone();
        values[members.Find(name)] = value;
        return Struct(members.Names, values);
    }

    public Vector6 AsPose() => Kind == ValueKind.Pose ? AsVector6() : throw Wrong("a pose");

    public bool SameAs(in Value other)
    {
        if (IsNumber && other.IsNumber)
            return _number == other._number;
        if (Kind != other.Kind)
            return false;
        return Kind switch
        {
            ValueKind.None => true,
            ValueKind.Bool => _number == other._number,
            ValueKind.String => (string)_reference! == (string)other._reference!,
            ValueKind.Struct =>
                SameItems(AsStruct().Names, other.AsStruct().Names) && SameItems(AsStruct().Values, other.AsStruct().Values),
            _ => SameItems(Array, other.Array),
        };
    }

    /// <summary>As to_str and textmsg write it: six significant digits, no spaces.</summary>
    public override string ToString() => Kind switch
    {
        ValueKind.None => "None",
        ValueKind.Bool => _number != 0 ? "True" : "False",
        ValueKind.Int => ((int)_number).ToString(CultureInfo.InvariantCulture),
        ValueKind.Float => double.IsNaN(_number) ? "nan" : _number.ToString("g6", CultureInfo.InvariantCulture),
        ValueKind.String => (string)_reference!,
        ValueKind.Struct => StructToString(),
        _ => ItemsToString(),
    };

    internal ScriptFaultException Wrong(string needed) => new($"Type error: {needed} is needed, not {Describe()}");

    internal string Describe() => Kind switch
    {
        ValueKind.None => "nothing",
        ValueKind.String => $"the string \"{this}\"",
        ValueKind.Bool or ValueKind.Int or ValueKind.Float => ToString(),
        ValueKind.Struct => "a struct",
        ValueKind.Pose => "a pose",
        _ => $"a list of {Array.Length}",
    };

    private sealed record Members(Value[] Names, Value[] Values)
    {
        public int Find(string name)
        {
            for (int i = 0; i < Names.Length; i++)
                if (Names[i].AsString() == name)
                    return i;
            throw new ScriptFaultException($"The struct has no member '{name}'");
        }
    }

    private Members AsStruct() => Kind == ValueKind.Struct ? (Members)_reference! : throw Wrong("a struct");

    private static Value[] Items(in Vector6 v) => [Float(v[0]), Float(v[1]), Float(v[2]), Float(v[3]), Float(v[4]), Float(v[5])];

    private static bool SameItems(Value[] a, Value[] b)
    {
        if (a.Length != b.Length)
            return false;
        for (int i = 0; i < a.Length; i++)
            if (!a[i].SameAs(b[i]))
                return false;
        return true;
    }

    private string StructToString()
    {
        Members members = AsStruct();
        var text = new StringBuilder("struct(");
        for (int i = 0; i < members.Names.Length; i++)
            text.Append(i > 0 ? "," : "").Append(members.Names[i]).Append('=').Append(members.Values[i]);
        return text.Append(')').ToString();
    }

    private string ItemsToString()
    {
        var text = new StringBuilder(Kind == ValueKind.Pose ? "p[" : "[");
        for (int i = 0; i < Array.Length; i++)
            text.Append(i > 0 ? "," : "").Append(Array[i].ToString());
        return text.Append(']').ToString();
    }
}
