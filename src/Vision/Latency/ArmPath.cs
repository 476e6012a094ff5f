using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Vision.Latency;

/// <summary>How far the tool has moved since the first state, over time: metres, a turn counting as so far at some distance from it.
/// </summary>
public sealed class ArmPath
{
    /// <summary>m a rad: about as far as things in the picture are from the tool.</summary>
    private const double TurnReach = 0.25;

    private readonly List<long> _times = [];
    private readonly List<double> _path = [], _speeds = [];
    private Pose _last;

    public IReadOnlyList<long> Times => _times;

    /// <summary>m/s, between a state and the one before it.</summary>
    public IReadOnlyList<double> Speeds => _speeds;

    /// <param name="originatingNs">Later than the last one's; others are left out.</param>
    public void Add(long originatingNs, in Pose tcpInBase)
    {
        if (_times.Count == 0)
        {
            _path.Add(0);
            _speeds.Add(0);
        }
        else if (originatingNs <= _times[^1])
        {
            return;
        }
        else
        {
            double far = (tcpInBase.Position - _last.Position).Length
                + TurnReach * (_last.Rotation.Inverse * tcpInBase.Rotation).ToRotationVector().Length;
            _path.Add(_path[^1] + far);
            _speeds.Add(far / ((originatingNs - _times[^1]) * 1e-9));
        }
        _times.Add(originatingNs);
        _last = tcpInBase;
    }

    /// <summary>m; NaN outside of the states' time, for nothing is known of it.</summary>
    public double At(double timeNs)
    {
        if (_times.Count < 2 || timeNs < _times[0] || timeNs > _times[^1])
            return double.NaN;
        int after = _times.BinarySearch((long)timeNs);
        if (after < 0)
            after = ~after;
        if (after == 0)
            return _path[0];
        if (after >= _times.Count)
            return _path[^1];
        double share = (timeNs - _times[after - 1]) / (_times[after] - _times[after - 1]);
        return _path[after - 1] + share * (_path[after] - _path[after - 1]);
    }

    /// <summary>Times from when to when the tool moved by itself, with a rest before and after.</summary>
    /// <param name="least">Of the greatest speed: slower counts as rest.</param>
    /// <param name="restNs">A shorter rest is none.</param>
    public IReadOnlyList<(long FromNs, long ToNs)> Motions(double least, long restNs)
    {
        double threshold = least * _speeds.DefaultIfEmpty(0).Max();
        var motions = new List<(long FromNs, long ToNs)>();
        for (int i = 1; i < _times.Count; i++)
        {
            if (_speeds[i] <= threshold)
                continue;
            if (motions.Count > 0 && _times[i - 1] - motions[^1].ToNs < restNs)
                motions[^1] = (motions[^1].FromNs, _times[i]);
            else
                motions.Add((_times[i - 1], _times[i]));
        }
        return motions;
    }
}
