using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>
/// What was seen in one step, or in sequences whose steps lie in one batch dimension: normalised vectors [B, size] and pictures
/// [B, C, side, side], and for each a mask [B], 1 where it was there.
/// </summary>
public sealed record Observations(
    IReadOnlyDictionary<string, Tensor> Vectors, IReadOnlyDictionary<string, Tensor> Images, IReadOnlyDictionary<string, Tensor> Masks);

/// <summary>
/// Sequences: observations [B, T, ...]; actions [B, T, A], of which actions[t] was given on observation t and leads to t + 1; rewards and
/// continues [B, T], received on entering t (continues is 0 where the episode ended there for good); rewardMask [B, T], 1 where both are
/// known; first [B, T], 1 where an episode begins.
/// </summary>
public sealed record Sequences(
    Observations Observations, Tensor Actions, Tensor Rewards, Tensor RewardMask, Tensor Continues, Tensor First);
