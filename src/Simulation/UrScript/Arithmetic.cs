namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// URScript's operators. Two integers stay integers under + - * %, but / always gives a float. Lists of equal length work element by
/// element, a number works on every element, and matrices (lists of lists) multiply as matrices. Source: URScript manual, "Matrix and
/// Array Expressions".
/// </summary>
internal static class Arithmetic
{
    public static Value Apply(Op op, in Value a, in Value b)
    {
        if (a.IsNumber && b.IsNumber)
            return Numbers(op, a, b);
        if (a.Kind == ValueKind.List || b.Kind == ValueKind.List)
            return Lists(op, a, b);
        throw new ScriptFaultException($"Type error: '{Symbol(op)}' does not take {a.Describe()} and {b.Describe()}");
    }

    public static Value Negate(in Value a) => a.IsNumber ? a.Negated
        : a.Kind == ValueKind.List ? Apply(Op.Multiply, a, Value.Int(-1)) : throw a.Wrong("a number");

    public static bool Less(in Value a, in Value b) => a.AsNumber() < b.AsNumber();

    /// <summary>Element i, or element (i, j) of a matrix.</summary>
    public static Value Index(in Value of, in Value index) => of.AsItems()[Checked(of, index)];

    /// <summary>A copy in which one element is another.</summary>
    public static Value WithItem(in Value of, in Value index, in Value item)
    {
        int i = Checked(of, index);
        Value[] items = (Value[])of.Array.Clone();
        items[i] = of.Kind == ValueKind.Pose ? Value.Float(item.AsNumber()) : item;
        return of.Kind == ValueKind.Pose ? Value.Pose(items) : Value.List(items);
    }

    private static int Checked(in Value of, in Value index)
    {
        int length = of.AsItems().Length, i = index.AsInt();
        return i >= 0 && i < length ? i : throw new ScriptFaultException($"Index out of bounds: {i} of a list of {length}");
    }

    private static Value Numbers(Op op, in Value a, in Value b)
    {
        double x = a.Number, y = b.Number;
        if (op is Op.Divide or Op.Modulo && y == 0)
            throw new ScriptFaultException("Division by zero");
        double result = op switch
        {
            Op.Add => x + y,
            Op.Subtract => x - y,
            Op.Multiply => x * y,
            Op.Divide => x / y,
            _ => x % y,
        };
        return op != Op.Divide && a.Kind == ValueKind.Int && b.Kind == ValueKind.Int
            ? Value.Int(unchecked((int)(long)result))
            : Value.Float(result);
    }

    private static Value Lists(Op op, in Value a, in Value b)
    {
        if (op == Op.Multiply && IsMatrix(a) && b.Kind == ValueKind.List)
            return IsMatrix(b) ? MatrixTimesMatrix(a, b) : MatrixTimesList(a, b);
        if (a.Kind == ValueKind.List && b.Kind == ValueKind.List && a.Array.Length != b.Array.Length)
            throw new ScriptFaultException(
                $"Type error: '{Symbol(op)}' needs lists of one length, not {a.Array.Length} and {b.Array.Length}");
        int length = a.Kind == ValueKind.List ? a.Array.Length : b.Array.Length;
        var result = new Value[length];
        for (int i = 0; i < length; i++)
            result[i] = Apply(op, a.Kind == ValueKind.List ? a.Array[i] : a, b.Kind == ValueKind.List ? b.Array[i] : b);
        return Value.List(result);
    }

    private static bool IsMatrix(in Value v) => v.Kind == ValueKind.List && v.Array.Length > 0 && v.Array[0].Kind == ValueKind.List;

    private static Value MatrixTimesList(in Value a, in Value b)
    {
        var result = new Value[a.Array.Length];
        for (int i = 0; i < result.Length; i++)
        {
            ReadOnlySpan<Value> row = a.Array[i].AsItems();
            if (row.Length != b.Array.Length)
                throw new ScriptFaultException(
                    $"Type error: a matrix with {row.Length} columns does not multiply a list of {b.Array.Length}");
            Value sum = Value.Int(0);
            for (int k = 0; k < row.Length; k++)
                sum = Apply(Op.Add, sum, Apply(Op.Multiply, row[k], b.Array[k]));
            result[i] = sum;
        }
        return Value.List(result);
    }

    private static Value MatrixTimesMatrix(in Value a, in Value b)
    {
        int columns = b.Array[0].Array.Length;
        var result = new Value[a.Array.Length][];
        for (int i = 0; i < result.Length; i++)
            result[i] = new Value[columns];
        for (int j = 0; j < columns; j++)
        {
            var column = new Value[b.Array.Length];
            for (int k = 0; k < column.Length; k++)
                column[k] = Index(b.Array[k], Value.Int(j));
            Value[] product = MatrixTimesList(a, Value.List(column)).Array;
            for (int i = 0; i < result.Length; i++)
                result[i][j] = product[i];
        }
        return Value.List(Array.ConvertAll(result, Value.List));
    }

    private static string Symbol(Op op) => op switch { Op.Add => "+", Op.Subtract => "-", Op.Multiply => "*", Op.Divide => "/", _ => "%" };
}
