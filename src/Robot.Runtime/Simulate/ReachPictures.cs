using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Rendering;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>
/// The pictures of an episode of reach, drawn after it was played: from where its arm was. Each row has the one that was taken a row
/// before, as live, where a picture takes its time to arrive; objects lie elsewhere in each episode.
/// </summary>
internal sealed class ReachPictures
{
    private readonly PlayedEpisode _played;
    private readonly int _columns;
    private readonly double _rateHz;
    private readonly CellPictures _cell;
    private readonly byte[] _rgb;

    /// <param name="columns">Of an observation, of which the first six are the joints.</param>
    /// <param name="side">Of pictures, pixels.</param>
    public ReachPictures(PlayedEpisode played, int columns, double rateHz, int side)
    {
        (_played, _columns, _rateHz) = (played, columns, rateHz);
        _cell = new(UrModel.Ur5e, (int)(played.Seed % int.MaxValue), side);
        _rgb = new byte[side * side * 3];
    }

    public IReadOnlyList<CameraDescription> Cameras =>
        [.. _cell.Cameras.Select(c => CameraDescription.From(c.ToInfo($"SIM-{c.Name}") with { Depth = null, DepthScale = 0 }))];

    public IReadOnlyDictionary<string, StreamReport> Streams
    {
        get
        {
            int rows = _played.Rewards.Length + 1;
            return _cell.Cameras.ToDictionary(c => EpisodeLayout.RgbStream(c.Name),
                _ => new StreamReport(_rateHz, 0, null, new(rows, rows, 0, 0, 0, 0)));
        }
    }

    /// <summary>Of each stream in a row.</summary>
    public StreamCell[] Cells(int row) =>
        [.. _cell.Cameras.Select(_ => new StreamCell(row, StreamRules.PeriodNs(_rateHz), StreamStatus.Ok))];

    public void Write(EpisodeWriter writer, int row)
    {
        var q = new Vector6();
        for (int i = 0; i < 6; i++)
            q[i] = _played.Observations[Math.Max(0, row - 1) * _columns + i];
        _cell.Pose(q);
        for (int i = 0; i < _cell.Cameras.Count; i++)
        {
            CameraModel camera = _cell.Cameras[i];
            _cell.Render(i, row, _rgb);
            writer.Color(camera.Name, row, _rgb, camera.Width, camera.Height);
        }
    }
}
