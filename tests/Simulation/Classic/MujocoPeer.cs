using System.Globalization;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Classic;

/// <summary>The same motion as MuJoCo steps it.</summary>
internal static class MujocoPeer
{
    /// <summary>Positions and speeds after each step.</summary>
    /// <param name="model">A file of tests/peers.</param>
    /// <param name="start">Positions, then speeds.</param>
    /// <param name="actions">One a step, -1..1.</param>
    public static double[][] Run(string model, double[] start, float[] actions)
    {
        Skip.IfNot(File.Exists("/usr/include/mujoco/mujoco.h"), "MuJoCo is missing: make setup installs libmujoco-dev");
        string program = CPeer.Build("peers/mujoco_step.c", "-lmujoco");
        using var peer = new PeerProcess(program, Path.Combine(PeerProcess.Folder, model));
        double[] input = [actions.Length, .. start, .. actions.Select(a => (double)a)];
        peer.WriteLine(string.Join(' ', input.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));
        string[] lines = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(line => line.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
    }

    public static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance);
    }
}
