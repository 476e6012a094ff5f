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
