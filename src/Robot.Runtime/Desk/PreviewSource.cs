using System.Diagnostics;
using System.Text.RegularExpressions;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>A camera's pictures, newest first, each once. Finds the slot again when core has made a new one.</summary>
internal sealed partial class PreviewSource(CoreLink core, string runtimeFolder, string camera) : IPictureSource
{
    private const int HeaderBytes = PictureMessage.HeaderBytes;

    /// <summary>A little less than 1/30 s, or a 30 Hz camera would be shown at 15 Hz when the two beat.</summary>
    private static readonly TimeSpan s_shortestPeriod = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan s_reopen = TimeSpan.FromSeconds(1);

    private PreviewSlot? _slot;
    private byte[] _message = [];
    private long _lastSequence = -1, _lastTime = Stopwatch.GetTimestamp();

    public async Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        TimeSpan wait = s_shortestPeriod - Stopwatch.GetElapsedTime(_lastTime);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, cancellation);
        while (true)
        {
            if (Open() && Read() is { Length: > 0 } message)
            {
                _lastTime = Stopwatch.GetTimestamp();
                return message;
            }
            if (_slot is not null && Stopwatch.GetElapsedTime(_lastTime) > s_reopen)
                Dispose();
            await Task.Delay(_slot is null ? s_reopen / 4 : s_look, cancellation);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    public static partial Regex PlainName();

    public void Dispose()
    {
        _slot?.Dispose();
        _slot = null;
    }

    private bool Open()
    {
        if (_slot is not null)
            return true;
        if (core.Status.Status is not { } status || !PlainName().IsMatch(status.Cell))
            return false;
        try
        {
            _slot = PreviewSlot.Open(PreviewSlot.PathOf(runtimeFolder, status.Cell, camera));
        }
        catch (IOException)
        {
            return false; // core has not made it yet
        }
        if (_message.Length != HeaderBytes + _slot.CapacityBytes)
            (_message, _lastSequence) = (new byte[HeaderBytes + _slot.CapacityBytes], -1);
        _lastTime = Stopwatch.GetTimestamp();
        return true;
    }

    private ReadOnlyMemory<byte> Read()
    {
        if (!_slot!.TryRead(_lastSequence, _message.AsSpan(HeaderBytes), out int width, out int height, out long sequence, out long time))
            return default;
        _lastSequence = sequence;
        PictureMessage.WriteHeader(_message, width, height, sequence, time);
        return _message.AsMemory(0, HeaderBytes + width * height * 3);
    }
}
