namespace RobotWorldModel.Planner.Engine;

/// <summary>One state: what follows an observation, and what the next one should show.</summary>
internal sealed unsafe partial class Rollout<T>
{
    public override void Advance(ReadOnlySpan<float> action)
    {
        Recur(action);
        Sample(_net.Prior.Run<T>(1, At(1), _scratch), null, 1, At(1));
        TakeState();
    }

    public override void Correct(ReadOnlySpan<float> action, ReadOnlySpan<float> embedding)
    {
        Recur(action);
        int d = _net.Config.Deterministic;
        new ReadOnlySpan<float>(At(1).Start, d).CopyTo(_observed.Span);
        embedding.CopyTo(_observed.Span[d..]);
        Sample(_net.Posterior!.Run<T>(1, new(_observed.Start, 0, null, 0), _scratch), null, 1, At(1));
        TakeState();
    }

    public override void Embed(ReadOnlySpan<float> inputs, Span<float> embedding)
    {
        inputs.CopyTo(_observed.Span);
        Copy(_net.Encoder!.Run<T>(1, new(_observed.Start, 0, null, 0), _scratch), embedding);
    }

    public override void Decode(Span<float> vectors)
    {
        TakeStart(1);
        Copy(_net.Decoder!.Run<T>(1, At(0), _scratch), vectors);
    }

    public override void EmbedPicture(int picture, ReadOnlySpan<float> planes, Span<float> features) =>
        _net.PictureEncoders[picture].Run<T>(planes, features);

    public override void DecodePicture(int picture, Span<float> planes)
    {
        TakeStart(1);
        _net.PictureDecoders[picture].Run<T>(At(0), planes);
    }

    public override float Reward()
    {
        TakeStart(1);
        Evaluate(_net.Reward, 0, 1, 1, _rewards.Start);
        return *_rewards.Start;
    }

    private void Recur(ReadOnlySpan<float> action)
    {
        TakeStart(1);
        action.CopyTo(_actions.Span);
        Recur(0, 1, shared: false);
    }

    private void TakeState()
    {
        var row = At(1);
        new ReadOnlySpan<float>(row.Start, _start.Features.Length).CopyTo(_start.Features);
        new ReadOnlySpan<int>(row.Classes, _groups).CopyTo(_start.Classes);
    }

    private static void Copy(float* from, Span<float> to) => new ReadOnlySpan<float>(from, to.Length).CopyTo(to);
}
