using System.Globalization;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>The errors of one thing in one unit, as the terminal and the report show them.</summary>
/// <param name="Name">Short: see <see cref="ShortName"/>.</param>
/// <param name="FullName">With all columns.</param>
public sealed record ErrorTable(string Name, string FullName, string Unit, IReadOnlyList<OpenLoopRow> Rows)
{
    /// <summary>The model's error to that of the better baseline, at the table's last step; null where there is none.</summary>
    public double? Share
    {
        get
        {
            OpenLoopRow? last = EvaluationResult.TableSteps.Select(At).LastOrDefault(row => row is not null);
            double better = last is null ? 0 : Math.Min(last.RepeatLast.Rmse, last.ConstantVelocity.Rmse);
            return better > 0 ? last!.Model.Rmse / better : null;
        }
    }

    /// <summary>Each modality in each of its units, and the reward.</summary>
    public static IReadOnlyList<ErrorTable> Of(EvaluationResult result) =>
    [
        .. result.Modalities.SelectMany(m => m.Units.Select(unit => Of(m, unit))),
        .. result.Reward is { } reward ? [new ErrorTable("reward", "reward", "-", reward.Rows)] : (ErrorTable[])[],
    ];

    private static ErrorTable Of(ModalityResult m, UnitErrors unit)
    {
        string source = m.Name.Split(':')[0];
        return m.Units.Count == 1
            ? new(ShortName.OfModality(m.Name), m.Name, unit.Unit, unit.Rows)
            : new($"{source}: {ShortName.OfColumns(unit.Columns)}", $"{source}: {string.Join(", ", unit.Columns)}", unit.Unit, unit.Rows);
    }

    public OpenLoopRow? At(int step) => Rows.FirstOrDefault(row => row.Step == step);

    /// <summary>Three digits that count.</summary>
    public static string Number(double value)
    {
        if (value == 0)
            return "0";
        int digits = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return digits is < -4 or > 5
            ? value.ToString("0.00e0", CultureInfo.InvariantCulture)
            : value.ToString("F" + Math.Clamp(2 - digits, 0, 6), CultureInfo.InvariantCulture);
    }
}
