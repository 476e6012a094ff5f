using System.Runtime.InteropServices;
using RobotWorldModel.TorchDevices;
using static TorchSharp.torch;

namespace RobotWorldModel.TorchSharp.Tests;

/// <summary>What CUDA has and the CPU's library says of it; autocast, which both have.</summary>
public class DeviceTests : NoLeaks
{
    [SkippableFact]
    public void A_library_without_cuda_says_so()
    {
        Skip.If(Cuda.IsBuilt, "this library was built with CUDA");
        using var x = ones([2]);

        Assert.False(cuda.is_available());
        Assert.False(x.is_pinned());
        foreach (var call in (Action[])[
            () => cuda.synchronize(), () => x.pin_memory(), () => _ = new CudaStream(), () => _ = new CudaGraph(),
            () => _ = new CudaEvent(), () => cuda.manual_seed(1), () => Cuda.Describe()])
            Assert.Contains("built without CUDA", Assert.Throws<ExternalException>(call).Message);
    }

    [SkippableFact]
    public void A_captured_graph_does_the_same_on_new_values()
    {
        Skip.IfNot(cuda.is_available(), "there is no GPU");
        using var scope = NewDisposeScope();
        using var stream = new CudaStream();
        using var use = stream.Use();
        Tensor host = ones([4]).pin_memory(), input = zeros([4], device: CUDA), output = zeros([4], device: CUDA);
        Assert.True(host.is_pinned());
        void Work()
        {
            using var inner = NewDisposeScope();
            output.copy_(input * 2 + 1);
        }
        Work();
        using var graph = new CudaGraph();
        graph.Capture(Work);
        input.copy_(host, nonBlocking: true);
        graph.Replay();
        stream.Synchronize();
        Assert.Equal([3f, 3, 3, 3], output.cpu().data<float>());
    }

    [Fact]
    public void Autocast_computes_products_in_bfloat16_and_ends()
    {
        using var scope = NewDisposeScope();
        Tensor x = randn([3, 8]), w = randn([5, 8]);
        Tensor rounded;
        using (Bf16.Autocast(CPU))
            rounded = nn.functional.linear(x, w);
        var product = nn.functional.linear(x, w);
        Assert.Equal(ScalarType.Float32, rounded.dtype); // what follows a product goes on in float32
        Assert.Equal(rounded.data<float>(), rounded.to(bfloat16).to(float32).data<float>());
        Assert.NotEqual(product.data<float>(), product.to(bfloat16).to(float32).data<float>());
        Assert.True(cuda.is_available() || !backends.cuda.matmul.allow_tf32);
    }
}
