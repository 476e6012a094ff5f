using System.Globalization;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>Whether data is what a model can say anything about.</summary>
public static class DataFit
{
    /// <summary>
    /// What of the data differs from what the model learned from, in one line: robot, rate, action space or modalities; null where it
    /// fits.
    /// </summary>
    public static string? Mismatch(DatasetSummary learned, DatasetSummary given)
    {
        if (learned.Robot != given.Robot)
            return Line("robot", learned.Robot ?? "none", given.Robot ?? "none");
        if (learned.RateHz != given.RateHz)
            return Line("rate", Hz(learned.RateHz), Hz(given.RateHz));
        if (learned.Actions != given.Actions)
            return Line("action space", learned.Actions.ToString(), given.Actions.ToString());
        foreach (Modality known in learned.Modalities)
        {
            Modality? other = given.Modalities.FirstOrDefault(m => m.Name == known.Name);
            if (other is null || Describe(known) != Describe(other))
                return Line(known.Name, Describe(known), other is null ? "none" : Describe(other));
        }
        return null;
    }

    private static string Line(string what, string learned, string given) =>
        $"the model's {what} is not the data's: it learned from {learned}, the data has {given}";

    private static string Hz(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate:0.####} Hz");

    private static string Describe(Modality m) =>
        $"{string.Join(", ", m.Columns.Zip(m.Units, (c, u) => $"{c} {u}"))}{(m.Side > 0 ? $" at {m.Side}x{m.Side}" : "")}";
}
