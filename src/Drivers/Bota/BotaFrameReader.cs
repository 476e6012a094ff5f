namespace RobotWorldModel.Drivers.Bota;

/// <summary>
/// Takes the frames out of a sensor's bytes, however they are cut. 0xAA also occurs among the values: after a wrong sum one byte is passed
/// over, not a frame. Allocates nothing after construction.
/// </summary>
internal sealed class BotaFrameReader
{
    /// <summary>Frames of one read.</summary>
    public const int MostFrames = BufferBytes / BotaWire.FrameBytes;

    private const int BufferBytes = 2048;

    private readonly byte[] _bytes = new byte[BufferBytes];
    private int _start, _end, _bootLetters;

    /// <summary>Bytes that belonged to no frame.</summary>
    public long Skipped { get; private set; }

    /// <summary>Among them was what a sensor says when it starts.</summary>
    public bool HasBooted { get; private set; }

    /// <summary>Where to put the next bytes; call <see cref="Added"/> after. Never empty once <see cref="TryNext"/> has said no.</summary>
    public Span<byte> Free
    {
        get
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
            return _bytes.AsSpan(_end);
        }
    }

    public void Reset() => (_start, _end, _bootLetters, HasBooted) = (0, 0, 0, false);

    public void Added(int bytes) => _end += bytes;

    public bool TryNext(out BotaFrame frame)
    {
        for (; _end - _start >= BotaWire.FrameBytes; Skip())
        {
            if (!BotaWire.TryRead(_bytes.AsSpan(_start, BotaWire.FrameBytes), out frame))
                continue;
            _start += BotaWire.FrameBytes;
            return true;
        }
        frame = default;
        return false;
    }

    private void Skip()
    {
        byte letter = _bytes[_start++];
        Skipped++;
        ReadOnlySpan<byte> text = BotaWire.BootText; // its first letter comes only once in it
        _bootLetters = letter == text[_bootLetters] ? _bootLetters + 1 : letter == text[0] ? 1 : 0;
        if (_bootLetters < text.Length)
            return;
        (_bootLetters, HasBooted) = (0, true);
    }
}
