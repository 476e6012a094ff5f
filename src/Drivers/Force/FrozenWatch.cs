using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Force;

/// <summary>
/// Sees that a sensor repeats one value. Six converters with noise on them never read the same for long: what they last measured is then
/// sent again and again, and no measurement. Kept from one connection to the next: connecting anew sets no converter going.
/// </summary>
internal sealed class FrozenWatch
{
    /// <summary>What is said of it.</summary>
    public const string Message = "it has sent the same six values for 0.5 s: its converter stands still; "
        + "take its power away and give it back";

    private const long LongestNs = 500_000_000;
    private Wrench _last = new(double.NaN, 0, 0, 0, 0, 0);
    private long _sinceNs;

    public bool IsFrozen { get; private set; }

    /// <summary>Takes in a value; true where it is but a repetition of what stood still.</summary>
    public bool Add(in Wrench value, long arrivalNs)
    {
        if (value != _last)
            (_last, _sinceNs) = (value, arrivalNs);
        return IsFrozen = arrivalNs - _sinceNs >= LongestNs;
    }
}
