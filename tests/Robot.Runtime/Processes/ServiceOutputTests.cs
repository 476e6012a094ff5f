using RobotWorldModel.Runtime.Processes;

namespace RobotWorldModel.Runtime.Tests.Processes;

public class ServiceOutputTests
{
    [Fact]
    public void What_it_said_on_the_way_up_is_why_it_did_not_come_up()
    {
        var output = new ServiceOutput(_ => Assert.Fail("nothing is shown before it is up"));
        output.Add("robot: cell a is in use by another process (pid 1); end that one first");
        output.Add("a second line");
        Assert.Equal("cell a is in use by another process (pid 1); end that one first\na second line", output.Said);
    }

    [Fact]
    public void Once_it_is_up_what_is_wrong_is_shown_and_nothing_else()
    {
        var shown = new List<string>();
        var output = new ServiceOutput(shown.Add);
        output.Add("robot: no real-time class: it works, but ticks may be late under load");
        output.Up();
        output.Add("demo_000: was cut off; finishing it from its log");
        output.Add("robot: the dashboard ended with code 75");
        Assert.Equal(["robot: the dashboard ended with code 75"], shown);
        output.Flush(shown.Add);
        Assert.Single(shown);
    }

    [Fact]
    public void Beside_a_live_view_it_waits_until_that_has_gone()
    {
        var shown = new List<string>();
        var output = new ServiceOutput(null);
        output.Up();
        output.Add("robot: one");
        output.Add("robot: two");
        output.Flush(shown.Add);
        output.Flush(shown.Add);
        Assert.Equal(["robot: one", "robot: two"], shown);
    }
}
