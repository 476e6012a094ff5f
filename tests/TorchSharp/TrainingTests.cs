using RobotWorldModel.Tests.Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RobotWorldModel.TorchSharp.Tests;

public class TrainingTests : NoLeaks
{
    [Fact]
    public void AdamW_steps_as_its_paper_says()
    {
        using var parameter = new Parameter(tensor([1f, -2, 3], [3]));
        using var optimizer = optim.AdamW([parameter], lr: 0.1, beta1: 0.8, beta2: 0.95, eps: 1e-6, weight_decay: 0.02);
        double[] x = [1, -2, 3], m = [0, 0, 0], v = [0, 0, 0];

        for (var step = 1; step <= 5; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            (parameter.pow(3).sum() + parameter.sum()).backward();
            optimizer.step();
            for (var i = 0; i < 3; i++)
            {
                var g = (3 * x[i] * x[i]) + 1;
                m[i] = (0.8 * m[i]) + (0.2 * g);
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                var (mean, square) = (m[i] / (1 - Math.Pow(0.8, step)), v[i] / (1 - Math.Pow(0.95, step)));
                x[i] = (x[i] * (1 - (0.1 * 0.02))) - (0.1 * mean / (Math.Sqrt(square) + 1e-6));
            }
            Assert.All(x.Zip(parameter.data<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Fact]
    public void Groups_have_rates_of_their_own()
    {
        using var slow = new Parameter(ones([1]));
        using var fast = new Parameter(ones([1]));
        using var optimizer = optim.AdamW(
            [new AdamW.ParamGroup([slow], lr: 0.01), new AdamW.ParamGroup([fast], new AdamW.Options())], lr: 0.1);
        using var scope = NewDisposeScope();

        (slow + fast).sum().backward();
        optimizer.step();

        Assert.Equal(0.99f, slow.item<float>(), 1e-5);
        Assert.Equal(0.9f, fast.item<float>(), 1e-5);
        Assert.Equal([0.01, 0.1], optimizer.ParamGroups.Select(group => group.LearningRate));
    }

    [Fact]
    public void A_net_learns_and_goes_on_to_the_bit_from_what_was_kept()
    {
        using var folder = new TempFolder();
        var (model, optimizer, state) = (folder["net.dat"], folder["adamw.dat"], (byte[]?)null);
        float[] whole, resumed;
        using (var net = Net())
        using (var adam = optim.AdamW(net.parameters(), lr: 0.01, weight_decay: 1e-3))
        {
            var first = Train(net, adam, 10);
            net.save(model);
            adam.save_state_dict(optimizer);
            using (var now = get_rng_state())
                state = now.data<byte>().ToArray();
            whole = Train(net, adam, 10);
            Assert.True(whole[^1] < first[0]);
        }
        manual_seed(99);
        using (var net = Net())
        using (var adam = optim.AdamW(net.parameters(), lr: 0.5))
        {
            net.load(model);
            adam.load_state_dict(optimizer);
            foreach (var (saved, now) in new[] { 1e-3 }.Zip(adam.ParamGroups.Cast<AdamW.ParamGroup>()))
            {
                now.Options.weight_decay = saved; // settings are the configuration's, not the state's; the rate is the schedule's
            }
            using (var then = tensor(state!, [state!.Length]))
                set_rng_state(then);
            resumed = Train(net, adam, 10);
        }
        Assert.Equal(whole, resumed);

        static Sequential Net() => nn.Sequential(nn.Linear(3, 16), nn.ELU(), nn.Linear(16, 1));

        static float[] Train(Sequential net, AdamW adam, int steps) => [.. Enumerable.Range(0, steps).Select(_ =>
        {
            using var scope = NewDisposeScope();
            adam.zero_grad();
            var x = randn([32, 3]);
            var loss = nn.functional.mse_loss(net.call(x), x.sum([1L], keepdim: true).sin());
            loss.backward();
            nn.utils.clip_grad_norm_(net.parameters(), 1);
            adam.step();
            return loss.item<float>();
        })];
    }

    [Fact]
    public void Clipping_scales_all_gradients_together()
    {
        using var a = new Parameter(ones([1]));
        using var b = new Parameter(ones([1]));
        using var scope = NewDisposeScope();
        ((a * 3) + (b * 4)).sum().backward();

        Assert.Equal(5, nn.utils.clip_grad_norm_([a, b], 100), 1e-5);
        Assert.Equal(4f, b.grad!.item<float>());
        Assert.Equal(5, nn.utils.clip_grad_norm_([a, b], 1), 1e-5);
        Assert.Equal(0.6f, a.grad!.item<float>(), 1e-5);
        Assert.Equal(0.8f, b.grad!.item<float>(), 1e-5);
    }

    [Fact]
    public void A_saved_module_is_TorchSharps_file_which_another_program_reads()
    {
        using var folder = new TempFolder();
        using var net = nn.Sequential(("a", nn.Linear(200, 3)), ("b", nn.LayerNorm(3)));
        net.save(folder["net.dat"]);

        using var reader = new PythonPeer("dat_reader.py", folder["net.dat"]);
        var read = reader.ReadToEnd();

        var expected = net.state_dict().Select(one =>
            $"{one.Key} 6 [{string.Join(", ", one.Value.shape)}] {one.Value.data<float>().Sum(v => (double)v):F4}");
        Assert.Equal(expected, read.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_file_of_another_module_is_refused_by_name()
    {
        using var folder = new TempFolder();
        using var net = nn.Sequential(("a", nn.Linear(4, 3)));
        net.save(folder["net.dat"]);

        using var other = nn.Sequential(("b", nn.Linear(4, 3)));
        Assert.Contains("'a.weight'", Assert.Throws<ArgumentException>(() => (object)other.load(folder["net.dat"])).Message);
        using var wider = nn.Sequential(("a", nn.Linear(5, 3)));
        Assert.Contains("[3, 4]", Assert.Throws<ArgumentException>(() => (object)wider.load(folder["net.dat"])).Message);
        using var longer = nn.Sequential(("a", nn.Linear(4, 3)), ("c", nn.LayerNorm(3)));
        Assert.Contains("lacks c.weight", Assert.Throws<ArgumentException>(() => (object)longer.load(folder["net.dat"])).Message);
    }
}
