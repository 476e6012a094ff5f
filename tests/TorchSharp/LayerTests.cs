using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace RobotWorldModel.TorchSharp.Tests;

/// <summary>Layers against the formulas that their documentation gives, in plain loops.</summary>
public class LayerTests : NoLeaks
{
    [Fact]
    public void Linear_is_a_sum_of_products()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(3, 2);
        var (w, b) = (layer.weight.data<float>().ToArray(), layer.bias!.data<float>().ToArray());
        var y = layer.call(tensor([1f, -2, 0.5f], [1, 3])).data<float>().ToArray();

        for (var i = 0; i < 2; i++)
            Assert.Equal(b[i] + w[i * 3] - (2 * w[(i * 3) + 1]) + (0.5f * w[(i * 3) + 2]), y[i], 1e-5);
        Assert.All(w, value => Assert.InRange(value, -1 / MathF.Sqrt(3), 1 / MathF.Sqrt(3)));
    }

    [Fact]
    public void GRUCell_has_its_gates_in_the_order_r_z_n()
    {
        using var scope = NewDisposeScope();
        const int D = 4, In = 3;
        using var cell = nn.GRUCell(In, D);
        var (x, h) = (randn([1, In]), randn([1, D]));
        var y = cell.call(x, h).data<float>().ToArray();
        var (wi, wh) = (cell.weight_ih.data<float>().ToArray(), cell.weight_hh.data<float>().ToArray());
        var (bi, bh) = (cell.bias_ih!.data<float>().ToArray(), cell.bias_hh!.data<float>().ToArray());
        var (xs, hs) = (x.data<float>().ToArray(), h.data<float>().ToArray());

        double I(int gate, int i) => bi[(gate * D) + i] + xs.Select((v, j) => v * (double)wi[(((gate * D) + i) * In) + j]).Sum();
        double H(int gate, int i) => bh[(gate * D) + i] + hs.Select((v, j) => v * (double)wh[(((gate * D) + i) * D) + j]).Sum();
        static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));
        for (var i = 0; i < D; i++)
        {
            var r = Sigmoid(I(0, i) + H(0, i));
            var z = Sigmoid(I(1, i) + H(1, i));
            var n = Math.Tanh(I(2, i) + (r * H(2, i)));
            Assert.Equal(((1 - z) * n) + (z * hs[i]), y[i], 1e-5);
        }
    }

    [Fact]
    public void LayerNorm_has_mean_0_and_deviation_1()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.LayerNorm(50);
        var y = layer.call((randn([4, 50]) * 3) + 7).data<float>().ToArray().Chunk(50);

        Assert.All(y, row => Assert.Equal(0, row.Average(), 1e-4));
        Assert.All(y, row => Assert.Equal(1, Math.Sqrt(row.Average(v => v * v)), 1e-3));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public void Conv2d_is_a_sum_over_the_window(int stride, int padding)
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(2, 3, 3, stride: stride, padding: padding);
        var x = randn([1, 2, 7, 6]);
        var y = layer.call(x);
        var (w, b) = (layer.weight.data<float>(), layer.bias!.data<float>());
        var xs = x.data<float>();
        var ys = y.data<float>();

        Assert.Equal([1, 3, ((7 + (2 * padding) - 3) / stride) + 1, ((6 + (2 * padding) - 3) / stride) + 1], y.shape);
        for (var at = 0; at < y.numel(); at++)
        {
            var (o, i, j) = (at / (int)(y.shape[2] * y.shape[3]), at / (int)y.shape[3] % (int)y.shape[2], at % (int)y.shape[3]);
            double sum = b[o];
            for (var k = 0; k < 18; k++)
            {
                var (c, di, dj) = (k / 9, k / 3 % 3, k % 3);
                var (p, q) = ((i * stride) + di - padding, (j * stride) + dj - padding);
                sum += p is >= 0 and < 7 && q is >= 0 and < 6 ? xs[0, c, p, q] * w[o, c, di, dj] : 0;
            }
            Assert.Equal(sum, ys[0, o, i, j], 1e-4);
        }
    }

    [Fact]
    public void ConvTranspose2d_undoes_the_shape_of_Conv2d_and_is_its_adjoint()
    {
        using var scope = NewDisposeScope();
        using var down = nn.Conv2d(3, 5, 4, stride: 2, padding: 1, bias: false);
        using var up = nn.ConvTranspose2d(5, 3, 4, stride: 2, padding: 1, bias: false);
        using (no_grad())
            up.weight.copy_(down.weight);
        var (x, y) = (randn([1, 3, 8, 8]), randn([1, 5, 4, 4]));

        // <down(x), y> = <x, up(y)>
        Assert.Equal((down.call(x) * y).sum().item<float>(), (x * up.call(y)).sum().item<float>(), 1e-2);
    }

    [Fact]
    public void Activations_and_losses_are_their_formulas()
    {
        using var scope = NewDisposeScope();
        float[] values = [-3, -0.5f, 0, 0.7f, 25];
        var x = tensor(values, [5]);

        Check(F.elu(x, 1), v => v > 0 ? v : Math.Exp(v) - 1);
        Check(F.silu(x), v => v / (1 + Math.Exp(-v)));
        Check(F.mish(x), v => v * Math.Tanh(Math.Log(1 + Math.Exp(v))));
        Check(F.softplus(x), v => Math.Log(1 + Math.Exp(v)));
        Check(F.relu(x), v => Math.Max(v, 0));
        Check(x.sign(), v => Math.Sign(v));
        Assert.Equal(2.5f, F.mse_loss(tensor([1f, 3], [2]), tensor([0f, 1], [2])).item<float>());
        Assert.Equal(5f, F.mse_loss(tensor([1f, 3], [2]), tensor([0f, 1], [2]), nn.Reduction.Sum).item<float>());
        Assert.Equal(Math.Log(1 + Math.Exp(-2)), F.binary_cross_entropy_with_logits(tensor([2f], [1]), ones([1])).item<float>(), 1e-5);
        Assert.Equal([0f, 0, 1, 1, 0, 0], F.one_hot(tensor([2L, 0], [2]), 3).to(float32).data<float>());

        void Check(Tensor y, Func<double, double> formula) =>
            Assert.All(values.Zip(y.data<float>()), pair => Assert.Equal(formula(pair.First), pair.Second, 1e-5));
    }

    [Fact]
    public void Sequential_runs_in_order_and_names_its_parts()
    {
        using var scope = NewDisposeScope();
        using var net = nn.Sequential(("first", nn.Linear(2, 3)), ("act", nn.ELU()), ("last", nn.Linear(3, 1)));

        Assert.Equal(["first.weight", "first.bias", "last.weight", "last.bias"], net.named_parameters().Select(one => one.name));
        var by = net.state_dict();
        var x = randn([4, 2]);
        var expected = F.linear(F.elu(F.linear(x, by["first.weight"], by["first.bias"]), 1), by["last.weight"], by["last.bias"]);
        Assert.Equal(expected.data<float>(), net.call(x).data<float>());
    }
}
