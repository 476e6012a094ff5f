using TorchSharp;

namespace RobotWorldModel.TorchDevices;

/// <summary>
/// Products in bfloat16 (8 bits of mantissa) with weights that stay in float32: libtorch's autocast. What a layer gives is float32 again.
/// </summary>
public static class Bf16
{
    private static readonly string[] s_cpuFlags = ["avx512_bf16", "amx_bf16", "bf16"];

    /// <summary>Why a device computes no bfloat16 faster than float32; null where it does.</summary>
    public static string? Missing(torch.Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return File.ReadLines("/proc/cpuinfo").Where(IsFlags).SelectMany(line => line.Split(' ')).Any(s_cpuFlags.Contains) ? null
                : $"this processor has none of {string.Join(", ", s_cpuFlags)}: bfloat16 would be slower than float32";
        }
        var (name, capability) = Cuda.Describe(device.index);
        return capability >= 80 ? null : $"{name} has compute capability {capability / 10.0:0.0}; bfloat16 begins at 8.0";
    }

    /// <summary>Autocast on this thread until what this gives is disposed; backward belongs outside.</summary>
    public static IDisposable Autocast(torch.Device device) => new Scope(device.type);

    private static bool IsFlags(string line) =>
        line.StartsWith("flags", StringComparison.Ordinal) || line.StartsWith("Features", StringComparison.Ordinal);

    private sealed class Scope : IDisposable
    {
        private readonly DeviceType _device;
        private bool _on;

        public Scope(DeviceType device)
        {
            Native.Check(Native.rt_autocast_push((int)device, (int)torch.ScalarType.BFloat16));
            (_device, _on) = (device, true);
        }

        public void Dispose()
        {
            if (_on)
                Native.Check(Native.rt_autocast_pop((int)_device, (int)torch.ScalarType.BFloat16));
            _on = false;
        }
    }
}
