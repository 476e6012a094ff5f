using static TorchSharp.torch;

namespace TorchSharp;

public static class ModuleExtensionMethods
{
    /// <summary>
    /// Moves a module's parameters and buffers to a device. Make the optimizer after it: on TorchSharp they become other objects.
    /// </summary>
    public static T to<T>(this T module, Device device, bool non_blocking = false) where T : nn.Module
    {
        module.Move(null, device);
        return module;
    }

    public static T to<T>(this T module, ScalarType type, bool non_blocking = false) where T : nn.Module
    {
        module.Move(type, null);
        return module;
    }
}
