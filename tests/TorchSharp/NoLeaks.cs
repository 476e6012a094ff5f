namespace RobotWorldModel.TorchSharp.Tests;

/// <summary>
/// What every test of tensors ends with: the garbage collector finds no tensor that nobody freed. Such a tensor would be freed by its
/// finalizer some day, in a long run too late.
/// </summary>
[Collection("tensors")] // one after another: seeds, threads and the count are the process's
public abstract class NoLeaks : IDisposable
{
    private readonly long _before = torch.Tensor.Leaked;

    protected NoLeaks()
    {
        torch.set_num_threads(1);
        torch.manual_seed(1);
    }

    public void Dispose()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var leaked = torch.Tensor.Leaked - _before;
        GC.SuppressFinalize(this);
        Assert.True(leaked == 0, $"{leaked} tensors were freed by a finalizer: dispose them, or make them in a DisposeScope.");
    }
}
