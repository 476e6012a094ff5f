// Most tests here wait for real sockets and real time, so more of them may go on at once than there are cores.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace RobotWorldModel.Simulation.Tests
{
    /// <summary>Tests that judge when samples arrive: nothing else runs beside them.</summary>
    [CollectionDefinition(Name, DisableParallelization = true)]
    public sealed class AloneCollection
    {
        public const string Name = "alone";
    }
}
