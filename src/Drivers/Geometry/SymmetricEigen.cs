namespace RobotWorldModel.Drivers.Geometry;

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations (Numerical Recipes, 11.1).</summary>
public static class SymmetricEigen
{
    private const int MostSweeps = 50;

    /// <param name="matrix">n × n, symmetric; its content is used up.</param>
    /// <returns>The eigenvalues, largest first, and the unit eigenvector of each as a row.</returns>
    public static (double[] Values, double[][] Vectors) Of(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double[,] vectors = new double[n, n];
        for (int i = 0; i < n; i++)
            vectors[i, i] = 1;
        for (int sweep = 0; sweep < MostSweeps && OffDiagonal(matrix) > 0; sweep++)
            for (int p = 0; p < n; p++)
                for (int q = p + 1; q < n; q++)
                    Rotate(matrix, vectors, p, q);
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => matrix[i, i])];
        return ([.. order.Select(i => matrix[i, i])], [.. order.Select(i => Enumerable.Range(0, n).Select(k => vectors[k, i]).ToArray())]);
    }

    private static double OffDiagonal(double[,] matrix)
    {
        double sum = 0;
        for (int p = 0; p < matrix.GetLength(0); p++)
            for (int q = p + 1; q < matrix.GetLength(0); q++)
                sum += matrix[p, q] * matrix[p, q];
        return sum;
    }

    private static void Rotate(double[,] a, double[,] v, int p, int q)
    {
        if (a[p, q] == 0)
            return;
        double theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < a.GetLength(0); k++)
            (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
        for (int k = 0; k < a.GetLength(0); k++)
            (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
        a[p, q] = a[q, p] = 0; // exactly, or it would go on for ever
        for (int k = 0; k < a.GetLength(0); k++)
            (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
    }
}
