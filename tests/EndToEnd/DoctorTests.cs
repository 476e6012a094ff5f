using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The whole command beside a running service, which has the devices.</summary>
[Collection(RunningCellCollection.Name)]
public sealed class DoctorTests(RunningCell running)
{
    [Fact]
    public void Beside_a_service_it_asks_that_one_and_disturbs_nothing()
    {
        string pictures = running.Cell["doctor-pictures"];
        CoreStatus before = running.Cell.Status();
        var result = running.Cell.Run("doctor", "--config", running.Cell.Config, "--json", "--pictures", pictures);
        using var json = JsonDocument.Parse(result.Out); // and nothing else stands there
        JsonElement[] checks = [.. json.RootElement.GetProperty("checks").EnumerateArray()];
        Assert.Equal(json.RootElement.GetProperty("faults").GetInt32() > 0 ? ExitCode.FaultsFound : ExitCode.Done, result.ExitCode);
        Assert.Equal("", result.Err);
        Assert.Equal("ok", State("service", "service"));
        Assert.Contains("it has the devices", Found("service", "service"), StringComparison.Ordinal);
        Assert.Equal("ok", State("arm", "model"));
        Assert.Equal("ok", State("arm", "TCP and payload"));
        Assert.Equal("ok", State("arm", "port 30004"));
        Assert.Contains("the service's preview", Found("cameras", "wrist picture"), StringComparison.Ordinal);
        Assert.Equal(running.Cell.Data, Found("disk", "data root"));
        Assert.True(new FileInfo(Path.Combine(pictures, "wrist.png")).Length > 100);
        CoreStatus after = running.Cell.Status();
        Assert.Equal((before.Motion.State, before.Motion.Owner, before.Mode), (after.Motion.State, after.Motion.Owner, after.Mode));
        Assert.All(after.Streams, s => Assert.True(s.Connected, s.Message));

        string State(string section, string name) => Of(section, name).GetProperty("state").GetString()!;
        string Found(string section, string name) => Of(section, name).GetProperty("found").GetString()!;
        JsonElement Of(string section, string name) => Assert.Single(checks,
            c => c.GetProperty("section").GetString() == section && c.GetProperty("name").GetString() == name);
    }
}
