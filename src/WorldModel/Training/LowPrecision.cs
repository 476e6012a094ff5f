using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>Losses whose products are computed in bfloat16, where a run asks for it.</summary>
internal static class LowPrecision
{
#if TORCHSHARP_PACKAGE
    /// <summary>Why a device cannot; null where it can.</summary>
    public static string? Missing(string device) => $"the TorchSharp package has no autocast, on {device} or elsewhere";

    /// <summary>Around losses, without their backward.</summary>
    public static IDisposable? Begin(TrainConfig config) =>
        config.Bf16 ? throw new NotSupportedException(Missing(config.Device)) : null;
#else
    /// <summary>Why a device cannot; null where it can.</summary>
    public static string? Missing(string device) => TorchDevices.Bf16.Missing(new Device(device));

    /// <summary>Around losses, without their backward.</summary>
    public static IDisposable? Begin(TrainConfig config) => config.Bf16 ? TorchDevices.Bf16.Autocast(new Device(config.Device)) : null;
#endif
}
