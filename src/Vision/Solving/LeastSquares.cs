namespace RobotWorldModel.Vision.Solving;

/// <summary>
/// Few parameters, many residuals: Levenberg's and Marquardt's method with differences for derivatives (Numerical Recipes, 15.5).
/// </summary>
internal static class LeastSquares
{
    private const int MostSteps = 60;
    private const double Difference = 1e-6, Enough = 1e-10;

    /// <summary>Residuals for parameters.</summary>
    public delegate void Residuals(ReadOnlySpan<double> parameters, Span<double> into);

    /// <param name="parameters">Where to begin, all of about the size 1 in their effect; then where the sum of squares is least.</param>
    /// <returns>The sum of squares there.</returns>
    public static double Minimize(Residuals residuals, Span<double> parameters, int count)
    {
        int n = parameters.Length;
        double[] now = new double[count], other = new double[count], jacobian = new double[count * n], step = new double[n];
        double[,] normal = new double[n, n + 1];
        residuals(parameters, now);
        double cost = Square(now), lambda = 1e-3;
        double[] trial = new double[n];
        for (int iteration = 0; iteration < MostSteps; iteration++)
        {
            Differentiate(residuals, parameters, jacobian, other, trial);
            bool better = false;
            for (; lambda < 1e9 && !better; lambda *= 10)
            {
                Normal(jacobian, now, normal, lambda);
                Solve(normal, step);
                for (int i = 0; i < n; i++)
                    trial[i] = parameters[i] - step[i];
                residuals(trial, other);
                double next = Square(other);
                if (!(next < cost))
                    continue;
                better = true;
                double gain = (cost - next) / cost;
                trial.CopyTo(parameters);
                (now, other, cost) = (other, now, next);
                lambda /= 1000; // the loop's own step makes it a hundredth
                if (gain < Enough)
                    return cost;
            }
            if (!better)
                break;
        }
        return cost;
    }

    private static void Differentiate(
        Residuals residuals, ReadOnlySpan<double> at, double[] jacobian, double[] scratch, double[] trial)
    {
        int n = at.Length;
        double[] back = new double[scratch.Length];
        for (int p = 0; p < n; p++)
        {
            at.CopyTo(trial);
            trial[p] = at[p] + Difference;
            residuals(trial, scratch);
            trial[p] = at[p] - Difference;
            residuals(trial, back);
            for (int r = 0; r < scratch.Length; r++)
                jacobian[r * n + p] = (scratch[r] - back[r]) / (2 * Difference);
        }
    }

    private static void Normal(double[] jacobian, double[] residuals, double[,] normal, double lambda)
    {
        int n = normal.GetLength(0);
        Array.Clear(normal);
        for (int r = 0; r < residuals.Length; r++)
        {
            var row = jacobian.AsSpan(r * n, n);
            for (int i = 0; i < n; i++)
            {
                for (int j = i; j < n; j++)
                    normal[i, j] += row[i] * row[j];
                normal[i, n] += row[i] * residuals[r];
            }
        }
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
                normal[i, j] = normal[j, i];
            normal[i, i] = normal[i, i] * (1 + lambda) + 1e-12;
        }
    }

    /// <summary>Solves n equations in place, the right sides in the last column, by elimination with pivots.</summary>
    public static void Solve(double[,] a, Span<double> x)
    {
        int n = x.Length;
        for (int p = 0; p < n; p++)
        {
            int best = p;
            for (int i = p + 1; i < n; i++)
                if (Math.Abs(a[i, p]) > Math.Abs(a[best, p]))
                    best = i;
            for (int j = 0; j <= n && best != p; j++)
                (a[p, j], a[best, j]) = (a[best, j], a[p, j]);
            for (int i = p + 1; i < n; i++)
            {
                double f = a[i, p] / a[p, p];
                for (int j = p; j <= n; j++)
                    a[i, j] -= f * a[p, j];
            }
        }
        for (int i = n - 1; i >= 0; i--)
        {
            double sum = a[i, n];
            for (int j = i + 1; j < n; j++)
                sum -= a[i, j] * x[j];
            x[i] = sum / a[i, i];
        }
    }

    private static double Square(double[] residuals)
    {
        double sum = 0;
        foreach (double r in residuals)
            sum += r * r;
        return sum;
    }
}
