using RobotWorldModel.Collector.Cdr;

namespace RobotWorldModel.Collector.Capture;

/// <summary>Plans and decisions to and from CDR; their texts are in <see cref="RosSchemas"/>.</summary>
internal static class PlanMessages
{
    public static int BytesOf(PlanRecord p) => CaptureMessages.MaxBytes + sizeof(float) * (p.Latent.Length + p.ActionBefore.Length
        + p.WarmStart.Length + p.Carried.Length + p.Sequence.Length + p.EliteReturns.Length);

    public static int BytesOf(DecisionRecord d) => CaptureMessages.MaxBytes + sizeof(float) * (2 * d.Action.Length + d.Observation.Length);

    public static void Write(ref CdrWriter w, in RosHeader header, PlanRecord p)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(p.Slot);
        w.I64(p.BeganNs);
        w.I64(p.EndedNs);
        w.I64((long)p.Seed);
        w.I64((long)p.Number);
        w.I32(p.Shift);
        w.I32(p.Iterations);
        w.Bool(p.Warm);
        w.F32(p.ExpectedReturn);
        w.Sequence(p.Latent);
        w.Sequence(p.ActionBefore);
        w.Sequence(p.WarmStart);
        w.Sequence(p.Carried);
        w.Sequence(p.Sequence);
        w.Sequence(p.EliteReturns);
    }

    public static void Read(ref CdrReader r, PlanRecord p)
    {
        CaptureMessages.SkipHeader(ref r);
        (p.Slot, p.BeganNs, p.EndedNs) = (r.I64(), r.I64(), r.I64());
        (p.Seed, p.Number) = ((ulong)r.I64(), (ulong)r.I64());
        (p.Shift, p.Iterations, p.Warm, p.ExpectedReturn) = (r.I32(), r.I32(), r.Bool(), r.F32());
        r.Sequence(p.Latent);
        r.Sequence(p.ActionBefore);
        r.Sequence(p.WarmStart);
        r.Sequence(p.Carried);
        r.Sequence(p.Sequence);
        r.Sequence(p.EliteReturns);
    }

    public static void Write(ref CdrWriter w, in RosHeader header, DecisionRecord d)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(d.Slot);
        w.Bool(d.Late);
        w.Bool(d.Fallback);
        w.Sequence(d.Action);
        w.Sequence(d.Guarded);
        w.Bool(d.Seen);
        w.Sequence(d.Observation);
        w.F64(d.Reward);
        w.Bool(d.Terminal);
        w.Bool(d.Success);
    }

    public static void Read(ref CdrReader r, DecisionRecord d)
    {
        CaptureMessages.SkipHeader(ref r);
        (d.Slot, d.Late, d.Fallback) = (r.I64(), r.Bool(), r.Bool());
        r.Sequence(d.Action);
        r.Sequence(d.Guarded);
        d.Seen = r.Bool();
        r.Sequence(d.Observation);
        (d.Reward, d.Terminal, d.Success) = (r.F64(), r.Bool(), r.Bool());
    }
}
