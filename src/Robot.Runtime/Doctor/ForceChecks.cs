using System.Globalization;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>The force sensor's values while nobody touches the tool.</summary>
/// <param name="Values">In the order of their arrival.</param>
internal sealed record ForceLook(ForceSensorInfo Info, IReadOnlyList<Wrench> Values);

internal static class ForceChecks
{
    /// <param name="limitN">motion.force_limit.</param>
    public static void Judge(Section force, ForceLook look, double limitN)
    {
        if (look.Values.Count < 2)
            return; // the rate says it
        double mean = look.Values.Average(w => w.ForceNorm);
        double noise = Math.Sqrt(look.Values.Average(w => Math.Pow(w.ForceNorm - mean, 2)));
        bool frozen = look.Values.All(w => w == look.Values[0]);
        string found = string.Create(CultureInfo.InvariantCulture,
            $"{Describe(look.Info)}: {mean:0.0} N at rest, {noise:0.00} N of noise over {look.Values.Count} values");
        force.Judge("values", found, CheckState.Warning,
            !look.Values.All(w => double.IsFinite(w.ForceNorm)) ? "some are no numbers: look at the sensor's status"
            : frozen ? "not one value differs from another, as no sensor's do: is its sensor head connected, and its program running?"
            : mean > limitN ? $"more than motion.force_limit ({limitN} N) with nobody touching the tool, so that motion would end at once: zero "
                + "the sensor, or take the tool's weight out (./robot calibrate)"
            : null);
    }

    private static string Describe(ForceSensorInfo info) =>
        string.Join(' ', new[] { info.Model, info.Serial }.Where(t => t.Length > 0));
}
