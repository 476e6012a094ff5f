namespace RobotWorldModel.Drivers.Samples;

/// <summary>How many pictures a second a camera makes, by their numbers, looked at every second. One thread.</summary>
internal sealed class PictureRate
{
    private const long SpanNs = 1_000_000_000;
    private const double LeastShare = 0.9;
    private double _rateHz;
    private long _fromSequence, _fromNs;
    private bool _slow;

    /// <summary>Of the last whole span; 0 before.</summary>
    public double MeasuredHz { get; private set; }

    /// <param name="rateHz">What the camera says that it makes.</param>
    public void Restart(double rateHz) => (_rateHz, _fromNs, _slow, MeasuredHz) = (rateHz, long.MinValue, false, 0);

    /// <param name="sequence">Of the newest picture.</param>
    public bool IsSlow(long sequence, long nowNs)
    {
        if (_fromNs == long.MinValue)
            (_fromSequence, _fromNs) = (sequence, nowNs);
        if (nowNs - _fromNs < SpanNs)
            return _slow;
        MeasuredHz = (sequence - _fromSequence) * 1e9 / (nowNs - _fromNs);
        (_fromSequence, _fromNs) = (sequence, nowNs);
        return _slow = MeasuredHz < LeastShare * _rateHz;
    }
}
