using System.Text;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Bota;

/// <summary>
/// Brings a sensor into its configuration mode, sets it, and lets it run. Nothing is saved on it: what it does after its next start is as
/// before.
/// </summary>
internal sealed class BotaDialog(BytePort port, int baud)
{
    private const int AnswerMs = 200, ConfigTries = 5, AnswerBytes = 7; // r,0,C,0

    private readonly byte[] _bytes = new byte[512];
    private bool _heard;

    /// <param name="sincLength">Which makes the rate.</param>
    /// <exception cref="DeviceLostException">It does not answer, or refuses; says what to look at.</exception>
    public void Configure(int sincLength)
    {
        EnterConfiguration();
        // No temperature compensation (the maker advises against it), its calibration, binary frames, the line as it is.
        Order($"c,0,1,0,{IndexOf(baud)}");
        // Neither chop nor fast, and the second filter off: the least delay.
        Order($"f,{sincLength},0,0,1");
        Order("R");
    }

    private static int IndexOf(int baud)
    {
        int index = 0;
        while (BotaWire.Bauds[index] != baud)
            index++;
        return index;
    }

    /// <summary>More than once: a sensor that is starting does not hear.</summary>
    private void EnterConfiguration()
    {
        for (int i = 0; i < ConfigTries; i++)
            if (Ask("C"))
                return;
        throw new DeviceLostException(_heard
            ? $"what sends on that line does not answer as a Bota sensor at {baud} baud: another device, or another `baud`"
            : $"no answer within {ConfigTries * AnswerMs} ms at {baud} baud: look at its power, the wiring and `baud`");
    }

    private void Order(string command)
    {
        if (!Ask(command))
            throw new DeviceLostException($"no answer to '{command}' within {AnswerMs} ms: check cable, ground and shield");
    }

    /// <summary>False where no answer comes in time.</summary>
    private bool Ask(string command)
    {
        port.Discard();
        port.Send(Encoding.ASCII.GetBytes(command), AnswerMs);
        long deadline = HostClock.NowNs + AnswerMs * 1_000_000L;
        int kept = 0; // of the bytes before, where the answer may begin
        while (true)
        {
            int leftMs = (int)Math.Max(0, (deadline - HostClock.NowNs + 999_999) / 1_000_000);
            int read = leftMs == 0 ? 0 : port.Receive(_bytes.AsSpan(kept), leftMs);
            if (read == 0)
                return false;
            _heard = true;
            ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, kept + read);
            if (AnswerIn(bytes, (byte)command[0]) is { } answer)
                return answer == $"r,0,{command[0]},0"
                    ? true
                    : throw new DeviceLostException($"it refuses '{command}' (it answers '{answer}'): is it a serial Bota sensor?");
            kept = Math.Min(bytes.Length, AnswerBytes - 1);
            bytes[^kept..].CopyTo(_bytes);
        }
    }

    /// <summary>r,DIGIT,LETTER,DIGIT among whatever else is sent; null where there is none.</summary>
    private static string? AnswerIn(ReadOnlySpan<byte> bytes, byte letter)
    {
        for (int i = 0; i + AnswerBytes <= bytes.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.Slice(i, AnswerBytes);
            if (at[0] == 'r' && at[1] == ',' && char.IsAsciiDigit((char)at[2]) && at[3] == ',' && at[4] == letter && at[5] == ','
                && char.IsAsciiDigit((char)at[6]))
                return Encoding.ASCII.GetString(at);
        }
        return null;
    }
}
