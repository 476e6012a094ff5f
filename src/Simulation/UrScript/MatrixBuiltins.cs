namespace RobotWorldModel.Simulation.UrScript;

/// <summary>Functions of vectors and matrices (lists of rows). Source: URScript manual, module urmath.</summary>
internal static class MatrixBuiltins
{
    public static void AddTo(BuiltinLibrary library)
    {
        library.Add("normalize(v)", static (_, a) => Normalize(a[0]));
        library.Add("size(v)", static (_, a) => Size(a[0]));
        library.Add("transpose(m)", static (_, a) => FromRows(Transpose(Rows(a[0]))));
        library.Add("inv(m)", static (_, a) => FromRows(Invert(Rows(a[0]))));
    }

    private static Value Normalize(in Value vector)
    {
        ReadOnlySpan<Value> items = vector.AsItems();
        double sum = 0;
        foreach (Value item in items)
            sum += item.AsNumber() * item.AsNumber();
        if (sum == 0)
            throw new ScriptFaultException("normalize: the vector has no length");
        var result = new Value[items.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = Value.Float(items[i].AsNumber() / Math.Sqrt(sum));
        return Value.List(result);
    }

    // Of a matrix its rows and columns, of a list its length.
    private static Value Size(in Value value)
    {
        ReadOnlySpan<Value> items = value.AsItems();
        return items.Length > 0 && items[0].Kind == ValueKind.List
            ? Value.List([Value.Int(items.Length), Value.Int(items[0].AsItems().Length)])
            : Value.Int(items.Length);
    }

    private static double[][] Rows(in Value matrix)
    {
        ReadOnlySpan<Value> items = matrix.AsItems();
        var rows = new double[items.Length][];
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<Value> row = items[i].AsItems();
            rows[i] = new double[row.Length];
            for (int k = 0; k < row.Length; k++)
                rows[i][k] = row[k].AsNumber();
            if (row.Length != rows[0].Length)
                throw new ScriptFaultException("Type error: the rows of a matrix must have one length");
        }
        return rows.Length > 0 && rows[0].Length > 0 ? rows : throw new ScriptFaultException("Type error: the matrix is empty");
    }

    private static Value FromRows(double[][] rows) =>
        Value.List(Array.ConvertAll(rows, static row => Value.List(Array.ConvertAll(row, Value.Float))));

    private static double[][] Transpose(double[][] rows)
    {
        var columns = new double[rows[0].Length][];
        for (int k = 0; k < columns.Length; k++)
            columns[k] = Array.ConvertAll(rows, row => row[k]);
        return columns;
    }

    // Gauss and Jordan, with the largest pivot of each column.
    private static double[][] Invert(double[][] m)
    {
        int n = m.Length;
        if (m[0].Length != n)
            throw new ScriptFaultException($"inv: the matrix must be square, not {n} x {m[0].Length}");
        var inverse = new double[n][];
        for (int i = 0; i < n; i++)
            (inverse[i] = new double[n])[i] = 1;
        for (int p = 0; p < n; p++)
        {
            int best = p;
            for (int row = p + 1; row < n; row++)
                best = Math.Abs(m[row][p]) > Math.Abs(m[best][p]) ? row : best;
            if (Math.Abs(m[best][p]) < 1e-12)
                throw new ScriptFaultException("inv: the matrix is singular");
            (m[p], m[best], inverse[p], inverse[best]) = (m[best], m[p], inverse[best], inverse[p]);
            double pivot = m[p][p];
            for (int k = 0; k < n; k++)
                (m[p][k], inverse[p][k]) = (m[p][k] / pivot, inverse[p][k] / pivot);
            for (int row = 0; row < n; row++)
            {
                double factor = row == p ? 0 : m[row][p];
                for (int k = 0; k < n; k++)
                    (m[row][k], inverse[row][k]) = (m[row][k] - factor * m[p][k], inverse[row][k] - factor * inverse[p][k]);
            }
        }
        return inverse;
    }
}
