namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>Tests that judge times or fill both cores: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
