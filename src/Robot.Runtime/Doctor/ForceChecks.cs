using System.Globalization;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>The force sensor's values while nobody touches the tool.</summary>
/// <param name="Values">As it sends them, in the order of their arrival.</param>
/// <param name="OutsideN">What is left of their mean when the calibration's bias and weight are taken away, N; null where nothing was
/// measured, or the arm's pose is not known.</param>
internal sealed record ForceLook(ForceSensorInfo Info, IReadOnlyList<Wrench> Values, double? OutsideN);

internal static class ForceChecks
{
    private const double MuchOutsideN = 5; // more than bias and cables change from one day to the next

    /// <param name="limitN">motion.force_limit.</param>
    public static void Judge(Section force, ForceLook look, double limitN)
    {
        if (look.Values.Count < 2)
            return; // the rate says it
        double mean = look.Values.Average(w => w.ForceNorm);
        double noise = Math.Sqrt(look.Values.Average(w => Math.Pow(w.ForceNorm - mean, 2)));
        bool frozen = look.Values.All(w => w == look.Values[0]);
        string outside = look.OutsideN is { } n
            ? string.Create(CultureInfo.InvariantCulture, $", {n:0.0} N of it from outside the tool")
            : "";
        string found = string.Create(CultureInfo.InvariantCulture,
            $"{Describe(look.Info)}: {mean:0.0} N at rest{outside}, {noise:0.00} N of noise over {look.Values.Count} values");
        force.Judge("values", found, CheckState.Warning,
            !look.Values.All(w => double.IsFinite(w.ForceNorm)) ? "some are no numbers: look at the sensor's status"
            : frozen ? "not one value differs from another, as no sensor's do: is its sensor head connected, and its program running?"
            : (look.OutsideN ?? mean) > limitN ? $"more than motion.force_limit ({limitN} N) with nobody touching the tool, so that "
                + $"motion would end at once: ./robot calibrate wrench measures the tool's weight and the sensor's bias"
            : look.OutsideN > MuchOutsideN ? "with nobody touching the tool that should be nothing: another tool, or another bias "
                + "than was measured: ./robot force tare, or ./robot calibrate wrench anew"
            : null);
    }

    private static string Describe(ForceSensorInfo info) =>
        string.Join(' ', new[] { info.Model, info.Serial }.Where(t => t.Length > 0));
}
