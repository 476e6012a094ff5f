namespace TorchSharp.Modules;

/// <summary>A tensor that is learned. It takes the array over from the tensor that it is made of, and no scope frees it.</summary>
public sealed class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true) : base(data)
    {
        requires_grad_(requires_grad);
    }

    // As nn.Linear and nn.GRUCell begin: uniform within a bound that depends on what comes in.
    internal static Parameter Uniform(double bound, long[] size, torch.Device? device, torch.ScalarType? type)
    {
        var data = torch.empty(size, type, device);
        data.uniform_(-bound, bound);
        return new Parameter(data);
    }

    internal static Parameter Constant(double value, long[] size, torch.Device? device, torch.ScalarType? type) =>
        new(torch.full(size, value, type, device));
}
