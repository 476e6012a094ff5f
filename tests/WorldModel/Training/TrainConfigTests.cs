using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Training;

public class TrainConfigTests
{
    public static TheoryData<string> Names => [.. Presets.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_preset_can_be_and_comes_back_from_its_file(string name)
    {
        TrainConfig config = Presets.Named(name).Config;
        config.Check();

        Assert.Equal(name, config.Model);
        Assert.Equal(config.ToJson(), TrainConfig.Parse(config.ToJson()).ToJson());
    }

    [Fact]
    public void A_file_and_settings_change_what_they_name_and_nothing_else()
    {
        TrainConfig config = Presets.Named("rssm").Config
            .With(JsonNode.Parse("""{"optimizer": {"clip": 10}, "batch": 4, "rssm": {"activation": "silu"}}""")!)
            .Set("optimizer.learning_rate=2e-4").Set("data.modalities=[joint_position, wrench]").Set("device=cuda").Set("behaviour=true");

        Assert.Equal((10, 4, 2e-4, "cuda", true),
            (config.Optimizer.Clip, config.Batch, config.Optimizer.LearningRate, config.Device, config.Behaviour));
        Assert.Equal(["joint_position", "wrench"], config.Data.Modalities);
        Assert.Equal(512, config.Rssm.Hidden);
        Assert.Contains("\"activation\": \"silu\"", config.ToJson());
    }

    [Fact]
    public void Values_are_not_learned_of_steps_that_nobody_learns_to_follow()
    {
        TrainConfig config = Presets.Named("rssm").Config.Set("behaviour=true");
        config.Check();
        Assert.Contains("loss.continue", Assert.Throws<ArgumentException>(() => config.Set("loss.continue=0").Check()).Message);
        config.Set("loss.continue=0").Set("behaviour=false").Check();
    }

    [Theory]
    [InlineData("optimizer.rate=1", "there is no 'optimizer.rate'; optimizer has learning_rate, floor")]
    [InlineData("size=1", "there is no 'size'; the run has model, kind, rssm")]
    [InlineData("batch=many", "$.batch")]
    [InlineData("batch", "sets nothing")]
    public void What_is_not_there_is_said(string assignment, string message)
    {
        Assert.Contains(message, Assert.ThrowsAny<JsonException>(() => Presets.Named("rssm").Config.Set(assignment)).Message);
    }

    [Theory]
    [InlineData("tdmpc2-1m", "rssm.hidden=8", "tdmpc2, tdmpc2_loss")]
    [InlineData("rssm", "tdmpc2.latent=64", "rssm, loss, behaviour, actor_critic")]
    [InlineData("rssm", "kind=tdmpc2", "rssm, loss")]
    public void A_setting_of_another_kind_of_model_is_refused(string model, string assignment, string own)
    {
        TrainConfig config = Presets.Named(model).Config;
        string message = Assert.Throws<JsonException>(() => config.Set(assignment)).Message;
        Assert.Contains($"is not for {model}: of its own it has {own}", message);
        Assert.DoesNotContain($"\"{assignment.Split('.', '=')[0]}\": {{", config.OwnJson());
        Assert.Equal(64, Presets.Named("tdmpc2-1m").Config.Set("tdmpc2.latent=64").TdMpc2.Latent);
    }

    [Fact]
    public void A_model_that_is_not_there_is_said()
    {
        Assert.Contains("there are rssm-small, rssm", Assert.Throws<ArgumentException>(() => Presets.Named("dreamer")).Message);
    }
}
