using RobotWorldModel.Runtime.Core;

namespace RobotWorldModel.Runtime.Tests.Core;

public class WrenchMeanTests
{
    [Fact]
    public void Mean_and_deviation_are_those_of_all_values()
    {
        var mean = new WrenchMean();
        double[] values = [1e6 + 1, 1e6 + 2, 1e6 + 4, 1e6 + 9];
        foreach (double v in values)
            mean.Add(new(v, -v, 0, 2 * v, 1, v / 2));
        Assert.Equal(4, mean.Count);
        Assert.Equal(1e6 + 4, mean.Mean[0], 1e-6);
        Assert.Equal(-1e6 - 4, mean.Mean[1], 1e-6);
        double deviation = Math.Sqrt((9 + 4 + 0 + 25) / 3.0);
        Assert.Equal(deviation, mean.Deviation[0], 1e-6);
        Assert.Equal(2 * deviation, mean.Deviation[3], 1e-6);
        Assert.Equal(0, mean.Deviation[4]);
    }
}
