using System.Buffers.Binary;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// The controller's speed slider, by an input recipe of its own: a fieldbus that owns it must not keep the control program's registers
/// from us. Claimed when it is first set on a connection, and free again when that ends.
/// </summary>
internal sealed class SpeedSlider(RtdeLink link, SampleStream<RobotState> states)
{
    /// <summary>Exactly zero and back has put arms into protective stops.</summary>
    public const double Least = 0.01;

    private const int Tries = 5, WaitBetweenMs = 300, TakenTimeoutMs = 1000, LookMs = 2;
    private const int MaskAt = RtdeWire.HeaderBytes + 1, PackageBytes = MaskAt + 4 + 8;
    private const double Near = 1e-3;
    private static readonly RtdeRecipe s_recipe = new(
        [("speed_slider_mask", RtdeType.UInt32), ("speed_slider_fraction", RtdeType.Double)], "move it there, or at the pendant");

    private readonly Lock _oneAtATime = new();
    private readonly byte[] _package = new byte[PackageBytes];
    private RtdeSession? _claimedOn;

    /// <summary>Sets it and waits until the controller shows it, a second at most.</summary>
    /// <param name="fraction">0..1; below <see cref="Least"/> that is set.</param>
    /// <returns>Null where the controller shows it, else what is in the way and what to do.</returns>
    public string? Set(double fraction, CancellationToken cancel)
    {
        fraction = Math.Clamp(fraction, Least, 1);
        lock (_oneAtATime)
        {
            if (link.Session is not { } session)
                return $"not connected: {link.Message}";
            if (_claimedOn != session && Claim(session, cancel) is { } problem)
                return problem;
            long askedNs = HostClock.NowNs;
            if (!Write(session, 1, fraction))
                return $"not connected: {link.Message}";
            string? refusal = Await(fraction, askedNs, cancel);
            // Taken or not: the mask says that the slider is to be moved, and must not go on saying so.
            return Write(session, 0, fraction) ? refusal : refusal ?? $"not connected: {link.Message}";
        }
    }

    // Again where a connection of ours that is gone may still hold it.
    private string? Claim(RtdeSession session, CancellationToken cancel)
    {
        for (int tries = 1; ; tries++)
        {
            (byte[]? reply, string? problem) = link.AskForInputs(session, s_recipe.Request, cancel);
            problem ??= s_recipe.Read(session, reply, out _package[MaskAt - 1]);
            if (problem is null)
                break;
            if (tries == Tries || cancel.WaitHandle.WaitOne(WaitBetweenMs))
                return problem;
        }
        BinaryPrimitives.WriteUInt16BigEndian(_package, PackageBytes);
        _package[2] = (byte)RtdePackage.Data;
        _claimedOn = session;
        return null;
    }

    private bool Write(RtdeSession session, uint mask, double fraction)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_package.AsSpan(MaskAt), mask);
        BinaryPrimitives.WriteDoubleBigEndian(_package.AsSpan(MaskAt + 4), fraction);
        return session.TryWrite(_package);
    }

    private string? Await(double fraction, long askedNs, CancellationToken cancel)
    {
        long deadline = askedNs + TakenTimeoutMs * 1_000_000L;
        while (!(states.TryGetNewest(out var newest) && newest.ArrivalNs > askedNs
            && Math.Abs(newest.Value.TargetSpeedFraction - fraction) < Near))
        {
            if (cancel.WaitHandle.WaitOne(LookMs))
                return "interrupted";
            if (HostClock.NowNs > deadline)
                return $"the controller did not move its speed slider to {fraction:P0} within {TakenTimeoutMs / 1000} s: "
                    + "move it at the pendant";
        }
        return null;
    }
}
