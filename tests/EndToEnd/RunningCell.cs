using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>A cell of one camera and its service that stay up for the tests of a collection.</summary>
public sealed class RunningCell : IDisposable
{
    private readonly Lazy<string> _scripted;

    public RunningCell()
    {
        Cell = new(cameras: 1);
        try
        {
            File.WriteAllText(Path.Combine(Cell.Programs, Turning), """
                def turning():
                  q = get_actual_joint_positions()
                  while True:
                    q[5] = 0.2 - q[5]
                    movej(q, a=1, v=0.1)
                  end
                end

                """);
            Sim = Cell.StartSim();
            Service = Cell.StartService();
            Cell.WaitForDevices();
        }
        catch
        {
            Cell.Dispose();
            throw;
        }
        _scripted = new(RecordScripted);
    }

    /// <summary>A program on the controller's disk: it turns the last joint to and fro.</summary>
    public const string Turning = "turning.script";

    internal TestCell Cell { get; }

    internal RobotProcess Sim { get; }

    internal RobotProcess Service { get; }

    /// <summary>A scripted demonstration, recorded once.</summary>
    public string Scripted => _scripted.Value;

    public void Dispose() => Cell.Dispose();

    private string RecordScripted()
    {
        string[] before = Cell.Episodes;
        Cell.Record("--source", "scripted").MustEndWith(ExitCode.Done);
        return Cell.Episodes.Except(before).Single();
    }
}

[CollectionDefinition(Name)]
public sealed class RunningCellCollection : ICollectionFixture<RunningCell>
{
    public const string Name = "running cell";
}
