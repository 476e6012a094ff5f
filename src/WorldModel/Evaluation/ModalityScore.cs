using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>Gathers one modality's errors over windows of T steps seen and H imagined.</summary>
internal sealed class ModalityScore
{
    private readonly Modality _modality;
    private readonly Normaliser _normaliser;
    private readonly int _context, _horizon;
    private readonly OpenLoopError _normal;
    private readonly (string Unit, int[] Columns, OpenLoopError Error)[] _units;
    private readonly PictureScore? _pictures;
    private readonly float[] _raw, _rawImagined, _still;
    private double _temporal, _temporalStill;
    private long _whole;

    public ModalityScore(Modality modality, Normaliser normaliser, int context, int horizon)
    {
        (_modality, _normaliser, _context, _horizon) = (modality, normaliser, context, horizon);
        int[] steps = [.. Enumerable.Range(1, horizon)];
        _normal = new OpenLoopError(modality.Size, steps);
        _units = modality.Kind == ModalityKind.Vector
            ? [.. modality.Units.Select((unit, i) => (unit, i)).GroupBy(one => one.unit, one => one.i)
                .Select(group => (group.Key, group.ToArray(), new OpenLoopError(group.Count(), steps)))]
            : [(modality.Kind == ModalityKind.Color ? "0 … 1" : modality.Units[0], [], new OpenLoopError(modality.Size, steps))];
        _pictures = modality.Kind == ModalityKind.Vector ? null : new PictureScore(modality, horizon);
        _raw = new float[(context + horizon) * modality.Size];
        (_rawImagined, _still) = (new float[horizon * modality.Size], new float[horizon * modality.Size]);
    }

    /// <summary>One window, normalised.</summary>
    /// <param name="frames">[T + H, D].</param>
    /// <param name="mask">[T + H].</param>
    /// <param name="imagined">[H, D].</param>
    public void Add(ReadOnlySpan<float> frames, ReadOnlySpan<float> mask, ReadOnlySpan<float> imagined)
    {
        ReadOnlySpan<float> known = mask[..^_horizon], then = mask[^_horizon..];
        _normal.Add(frames[..(_context * _modality.Size)], known, frames[(_context * _modality.Size)..], then, imagined);
        Frames.ToUnits(_modality, _normaliser, frames, _raw);
        Frames.ToUnits(_modality, _normaliser, imagined, _rawImagined);
        foreach ((_, int[] columns, OpenLoopError error) in _units)
        {
            ReadOnlySpan<float> real = Columns(_raw, columns), guess = Columns(_rawImagined, columns);
            int seen = real.Length / (_context + _horizon) * _context;
            error.Add(real[..seen], known, real[seen..], then, guess);
        }
        if (_pictures is null)
        {
            Temporal(frames, mask, imagined);
            return;
        }
        Frames.ToShown(_modality, _normaliser, frames, _raw);
        Frames.ToShown(_modality, _normaliser, imagined, _rawImagined);
        Temporal(_raw, mask, _rawImagined);
        _pictures.Add(_raw.AsSpan((_context - 1) * _modality.Size), mask[^(_horizon + 1)..], _rawImagined);
    }

    public ModalityResult Result() => new()
    {
        Name = _modality.Name,
        Kind = _modality.Kind.ToString().ToLowerInvariant(),
        LeftOut = _normal.LeftOut,
        Normalised = Known(_normal),
        Units = [.. _units.Select(one => new UnitErrors(
            one.Unit, one.Columns.Length == 0 ? _modality.Columns : [.. one.Columns.Select(c => _modality.Columns[c])],
            Known(one.Error)))],
        Pictures = _pictures?.Result() ?? [],
        Temporal = _whole == 0 ? null : new TemporalConsistency(_whole, _temporal / _whole, _temporalStill / _whole),
    };

    /// <summary>Rows of steps that some window had an observation at: of no window there is no error.</summary>
    internal static OpenLoopRow[] Known(OpenLoopError error) => [.. error.Result().Where(row => row.Windows > 0)];

    private void Temporal(ReadOnlySpan<float> frames, ReadOnlySpan<float> mask, ReadOnlySpan<float> imagined)
    {
        if (_horizon < 2 || mask[^_horizon..].Contains(0))
            return;
        ReadOnlySpan<float> real = frames[(_context * _modality.Size)..];
        _whole++;
        _temporal += Errors.TemporalConsistency(imagined, real, _modality.Size);
        _temporalStill += Errors.TemporalConsistency(_still, real, _modality.Size); // all frames alike, whichever they are
    }

    private ReadOnlySpan<float> Columns(float[] rows, int[] columns)
    {
        if (columns.Length == 0 || columns.Length == _modality.Size)
            return rows;
        var some = new float[rows.Length / _modality.Size * columns.Length];
        for (int row = 0, at = 0; row < rows.Length; row += _modality.Size)
            foreach (int column in columns)
                some[at++] = rows[row + column];
        return some;
    }
}

/// <summary>Gathers PSNR and SSIM of imagined pictures, and of the last one seen, by step.</summary>
internal sealed class PictureScore(Modality modality, int horizon)
{
    private const double Range = 1;
    private readonly Ssim _ssim = new();
    private readonly long[] _windows = new long[horizon];
    private readonly double[] _psnr = new double[horizon], _psnrStill = new double[horizon];
    private readonly double[] _similar = new double[horizon], _similarStill = new double[horizon];

    /// <param name="real">The last picture seen and what then came, 0 … 1: [1 + H, D].</param>
    /// <param name="mask">[1 + H]; without a last picture the window is left out.</param>
    /// <param name="imagined">[H, D].</param>
    public void Add(ReadOnlySpan<float> real, ReadOnlySpan<float> mask, ReadOnlySpan<float> imagined)
    {
        int size = modality.Size;
        if (mask[0] == 0)
            return;
        for (int k = 0; k < horizon; k++)
        {
            if (mask[k + 1] == 0)
                continue;
            ReadOnlySpan<float> now = real.Slice((k + 1) * size, size), guess = imagined.Slice(k * size, size), last = real[..size];
            _windows[k]++;
            _psnr[k] += Errors.Psnr(guess, now, Range);
            _psnrStill[k] += Errors.Psnr(last, now, Range);
            _similar[k] += Similar(guess, now);
            _similarStill[k] += Similar(last, now);
        }
    }

    public IReadOnlyList<PictureRow> Result() =>
    [
        .. Enumerable.Range(0, horizon).Where(k => _windows[k] > 0).Select(k => new PictureRow(
            k + 1, _windows[k], _psnr[k] / _windows[k], _psnrStill[k] / _windows[k], _similar[k] / _windows[k],
            _similarStill[k] / _windows[k])),
    ];

    private double Similar(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        _ssim.Of(a, b, modality.Columns.Count, modality.Side, modality.Side, Range);
}
