using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Core.Mpc;

namespace RobotWorldModel.Runtime.Tests.Core.Mpc;

public class MpcPolicyTests
{
    [Theory]
    [InlineData(StreamFreshness.Fresh, 2, 1, true)]
    [InlineData(StreamFreshness.Stale, 5, 1, true)] // a package was lost
    [InlineData(StreamFreshness.Stale, 17, 1, true)]
    [InlineData(StreamFreshness.Stale, 18, 1, false)] // more than half a tick
    [InlineData(StreamFreshness.Stale, 110, 100, true)] // states that are known to come three ticks late
    [InlineData(StreamFreshness.Stale, 118, 100, false)]
    [InlineData(StreamFreshness.Missing, 5, 1, false)] // there never was one
    public void A_state_is_acted_on_for_half_a_tick(StreamFreshness freshness, int ageMs, double latencyMs, bool acted) =>
        Assert.Equal(acted, MpcPolicy.MayBeActedOn(freshness, ageMs * 1_000_000L, latencyMs));
}
