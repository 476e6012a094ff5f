namespace RobotWorldModel.Simulation.Tests;

/// <summary>Tests that judge when samples arrive: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
