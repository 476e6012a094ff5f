using System.Text.Json;
using Microsoft.Playwright;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Training;
using static Microsoft.Playwright.Assertions;

namespace RobotWorldModel.Browser.Tests;

/// <summary>
/// What a person does with the page, in a real browser; elements are found by role and label, as a
/// screen reader finds them.
/// </summary>
public sealed class DashboardTests(BrowserFixture browser) : IClassFixture<BrowserFixture>, IAsyncLifetime
{
    private const float PatienceMs = 60_000;
    private DeskRig _rig = null!;

    public async Task InitializeAsync()
    {
        SetDefaultExpectTimeout(PatienceMs);
        _rig = await DeskRig.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await browser.LeaveAsync();
        await _rig.DisposeAsync();
    }

    [SkippableFact]
    public async Task RecordsStopsFindsTheEpisodeAndScrubsIt()
    {
        _rig.Core!.EpisodeFrames = 24;
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        var trouble = new List<string>();
        page.Console += (_, message) => { if (message.Type is "error" or "warning") trouble.Add(message.Text); };
        page.PageError += (_, error) => trouble.Add(error);
        string here = _rig.Desk.Address.ToString();
        page.Request += (_, request) => { if (!request.Url.StartsWith(here, StringComparison.Ordinal)) trouble.Add(request.Url); };

        await page.GetByLabel("Task").FillAsync("pick the ball");
        await page.GetByLabel("Source").SelectOptionAsync("none");
        await page.GetByRole(AriaRole.Button, new() { Name = "Record", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status, new() { Name = "State of the cell" })).ToContainTextAsync("recording");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Recording" })).ToContainTextAsync("demo_000 pick the ball");
        await Expect(page.GetByLabel("Recorded time")).Not.ToHaveTextAsync("0:00.0");
        await ScreenshotAsync(page, "recording");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop as success" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status, new() { Name = "State of the cell" })).ToContainTextAsync("idle");
        Assert.Equal([CoreMethods.RecordStart, CoreMethods.RecordStop], _rig.Core.Requests.Select(r => r.Method));

        await page.GetByRole(AriaRole.Link, new() { Name = "Episodes", Exact = true }).ClickAsync();
        ILocator row = page.GetByRole(AriaRole.Row, new() { Name = "demo_000" });
        await Expect(row).ToContainTextAsync("pick the ball");
        await Expect(row).ToContainTextAsync("success");
        await row.GetByRole(AriaRole.Link).ClickAsync();

        ILocator picture = page.GetByRole(AriaRole.Img, new() { Name = "wrist colour" });
        ILocator depth = page.GetByRole(AriaRole.Img, new() { Name = "scene depth" });
        await Expect(picture).ToHaveAttributeAsync("data-frame", "0");
        await Expect(depth).ToHaveAttributeAsync("data-frame", "0");
        string firstPicture = await PixelsAsync(picture), firstDepth = await PixelsAsync(depth);
        await page.GetByRole(AriaRole.Slider, new() { Name = "Frame" }).FillAsync("17");
        await Expect(picture).ToHaveAttributeAsync("data-frame", "17");
        await Expect(depth).ToHaveAttributeAsync("data-frame", "17");
        Assert.NotEqual(firstPicture, await PixelsAsync(picture));
        Assert.NotEqual(firstDepth, await PixelsAsync(depth));
        await Expect(page.GetByLabel("Shown frame")).ToContainTextAsync("frame 17 of 24");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("#/episodes/demo_000/17$"));
        await ScreenshotAsync(page, "episode");
        Assert.Empty(trouble);
    }

    [SkippableFact]
    public async Task ATrainingIsFollowedWhileItLearnsAndShowsHowItImaginesOnceItIsEvaluated()
    {
        string folder = FakeRun.Write(_rig.Runs, "pendulum/first", step: 350);
        FakeRun.Tell(folder, RunPhase.Running, 350, FakeRun.OwnStart);
        FakeRun.Tell(FakeRun.Write(_rig.Runs, "older", step: 20), RunPhase.Failed, 20, 1, "the loss is not a finite number");
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/training");
        var trouble = new List<string>();
        page.Console += (_, message) => { if (message.Type is "error" or "warning") trouble.Add(message.Text); };
        page.PageError += (_, error) => trouble.Add(error);
        ILocator row = page.GetByRole(AriaRole.Row, new() { Name = "pendulum/first" });
        await Expect(row).ToContainTextAsync("running");
        await Expect(row).ToContainTextAsync("350 / 1000");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "older" })).ToContainTextAsync("failed");
        await row.GetByRole(AriaRole.Link).ClickAsync();

        ILocator run = page.GetByRole(AriaRole.Region, new() { Name = "Run", Exact = true });
        await Expect(run).ToContainTextAsync("step 350 of 1000");
        await Expect(run).ToContainTextAsync("8.0 steps/s");
        await Expect(run).ToContainTextAsync("81 s left");
        ILocator losses = page.GetByRole(AriaRole.Region, new() { Name = "Loss", Exact = true });
        await Expect(losses).ToContainTextAsync("validation_loss");
        await Expect(losses.Locator("canvas")).ToBeVisibleAsync();
        await ScreenshotAsync(page, "training");

        File.AppendAllLines(Path.Combine(folder, "metrics.jsonl"), Enumerable.Range(351, 650).Select(FakeRun.Line));
        FakeRun.Tell(folder, RunPhase.Done, 1000, FakeRun.OwnStart);
        FakeRun.Evaluate(folder);
        await Expect(run).ToContainTextAsync("step 1000 of 1000");
        await Expect(run).ToContainTextAsync("done");
        ILocator errors = page.GetByRole(AriaRole.Region, new() { Name = "task", Exact = true });
        await Expect(errors).ToContainTextAsync("constant velocity");
        await Expect(run.GetByRole(AriaRole.Link, new() { Name = "Report of the evaluation" })).ToBeVisibleAsync();
        await ScreenshotAsync(page, "training-done");
        Assert.Empty(trouble);
    }

    [SkippableFact]
    public async Task ThePictureOnTheScreenIsThatOfTheFile()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 10);
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/demo_000/6");
        ILocator picture = page.GetByRole(AriaRole.Img, new() { Name = "wrist colour" });
        await Expect(picture).ToHaveAttributeAsync("data-frame", "6");
        byte[] rgba = await picture.EvaluateAsync<byte[]>("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]");
        byte[] rgb = FakeScene.Color(6 / 30.0 * 3, FakeEpisode.Width, FakeEpisode.Height, 0);
        Assert.Equal(rgb.Length / 3, rgba.Length / 4);
        for (int i = 0; i < rgb.Length / 3; i++)
            Assert.Equal(rgb.AsSpan(i * 3, 3).ToArray(), rgba.AsSpan(i * 4, 3).ToArray());
    }

    [SkippableFact]
    public async Task KeysStepAndPlayAndPlotsSeek()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 30);
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/demo_000");
        ILocator shown = page.GetByLabel("Shown frame"), picture = page.GetByRole(AriaRole.Img, new() { Name = "wrist colour" });
        await Expect(shown).ToContainTextAsync("frame 0 of 30");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(shown).ToContainTextAsync("frame 2 of 30");
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(shown).ToContainTextAsync("frame 11 of 30");
        await page.Keyboard.PressAsync("End");
        await Expect(picture).ToHaveAttributeAsync("data-frame", "29");
        await page.Keyboard.PressAsync("Home");
        await Expect(shown).ToContainTextAsync("frame 0 of 30");

        await page.Keyboard.PressAsync("Space");
        await Expect(shown).ToContainTextAsync("frame 29 of 30");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Play", Exact = true })).ToBeVisibleAsync();
        await Expect(picture).ToHaveAttributeAsync("data-frame", "29");

        await page.Locator(".u-over").First.ClickAsync(new() { Position = new() { X = 1, Y = 20 } });
        await Expect(shown).ToContainTextAsync("frame 0 of 30");
        Assert.Empty(_rig.Core!.Requests);
    }

    [SkippableFact]
    public async Task TheLiveViewShowsWhatCoreSays()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator streams = page.GetByRole(AriaRole.Table, new() { Name = "Streams" });
        await Expect(streams.GetByRole(AriaRole.Row, new() { Name = "wrist rgb" })).ToContainTextAsync("fresh");
        await Expect(streams.GetByRole(AriaRole.Row)).ToHaveCountAsync(8);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Arm" })).ToContainTextAsync("UR5e");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Tick and disk" })).ToContainTextAsync("18, 46, 131 µs");
        foreach (string camera in (string[])["wrist", "scene"])
        {
            ILocator picture = page.GetByRole(AriaRole.Img, new() { Name = $"Live picture of {camera}" });
            await Expect(picture).ToHaveAttributeAsync("data-sequence", new System.Text.RegularExpressions.Regex("[0-9]+"));
            string first = (await picture.GetAttributeAsync("data-sequence"))!;
            await Expect(picture).Not.ToHaveAttributeAsync("data-sequence", first);
        }
    }

    [SkippableFact]
    public async Task WhatAModelImaginesIsShownBesideTheLivePictures()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator film = page.GetByRole(AriaRole.Img, new() { Name = "Imagined motion of the arm" });
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "Live picture of scene" })).ToBeVisibleAsync();
        await Expect(film).ToHaveCountAsync(0);
        using (var planner = new FakePlanner(_rig.Options.RuntimeFolder, ticks: 20))
        {
            _rig.Core!.Mpc = FakePlanner.Status;
            await Expect(page.GetByLabel("Cameras")).ToContainTextAsync("s ahead");
            await ScreenshotAsync(page, "imagined");
            string first = await PixelsAsync(film);
            await Expect(page.GetByLabel("Cameras")).ToContainTextAsync("0.77 s ahead");
            Assert.NotEqual(first, await PixelsAsync(film));
        }
        await Expect(page.GetByLabel("Cameras")).ToContainTextAsync("no plan at the moment");
        _rig.Core!.Mpc = FakePlanner.Status with { State = "done" };
        await Expect(film).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task HowAModelControlsIsShownWhileItDoes()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator planning = page.GetByRole(AriaRole.Region, new() { Name = "Planning" });
        await Expect(planning).ToBeHiddenAsync();
        _rig.Core!.Mpc = new("runs/reach", "reach", "controlling", 5, [new(0.004, 0.009, true, 101, 1), new(0.06, 0.07, false, 80, 2)],
            0.0421, 390, 8.14, 11.96, 19.2, 2, 1, 7, 0, 8.76, 33.5, 0.31, 0.9, "", ["demo_004", "demo_005", "demo_006"]);
        foreach (string text in (string[])
            ["reach: goal 3 of 5, 1 reached", "controlling", "42.1 mm", "8.1, 12.0, 19.2 ms", "2, 1, 390", "8.76, 33.50", "0.31, 0.90",
             "demo_006"])
            await Expect(planning).ToContainTextAsync(text);
        await Expect(planning.Locator(".badge")).ToHaveAttributeAsync("data-tone", "info");
        _rig.Core.Mpc = _rig.Core.Mpc with
        {
            State = "stopped",
            OneStepError = null,
            Message = "the model does not know this world",
        };
        await Expect(planning).ToContainTextAsync("the model does not know this world");
        await Expect(planning.Locator(".badge")).ToHaveAttributeAsync("data-tone", "bad");
        await Expect(planning).ToContainTextAsync("–, 0.90");
    }

    [SkippableFact]
    public async Task TheArmsStateIsSaidWithWhatLeadsOnAndNothingThatUnlocksOrPowersIt()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator arm = page.GetByRole(AriaRole.Region, new() { Name = "Arm" });
        await Expect(arm).ToContainTextAsync("ready");
        await Expect(arm).ToContainTextAsync("38.2 ms, 2.0 ms");
        await Expect(arm).ToContainTextAsync("0, 0, 145 mm; 0.93 kg");
        await Expect(arm).Not.ToContainTextAsync("Next:");
        _rig.Core!.ToolDifference = "the controller's payload is 2 kg, the config's robot.payload_kg 0.925";
        await Expect(arm).ToContainTextAsync("Next: the controller's payload is 2 kg, the config's robot.payload_kg 0.925: "
            + "./robot arm tool --set");
        _rig.Core.ToolDifference = null;
        await page.Keyboard.PressAsync("Escape");
        await Expect(arm).ToContainTextAsync("protective stop");
        await Expect(arm).ToContainTextAsync("Next: find the cause and see to it; then ./robot arm unlock");
        await ScreenshotAsync(page, "stopped");
        foreach (string button in (string[])["unlock", "power"]) // a name is looked for in any case, as a part
            await Expect(arm.GetByRole(AriaRole.Button, new() { Name = button })).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task StopStopsFromButtonAndKeyAndAPersonAcknowledges()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop arm" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Live", Exact = true }).ClickAsync();
        ILocator arm = page.GetByRole(AriaRole.Region, new() { Name = "Arm" });
        await Expect(arm).ToContainTextAsync("stopped by a person");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Jog X plus" })).ToBeDisabledAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(arm).ToContainTextAsync("holding");
        await page.Keyboard.PressAsync("Escape");
        await Expect(arm).ToContainTextAsync("stopped by a person");
        Assert.Equal([CoreMethods.Stop, CoreMethods.Acknowledge, CoreMethods.Stop], _rig.Core!.Requests.Select(r => r.Method));
    }

    [SkippableFact]
    public async Task JogStepsByTheChosenSize()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        await page.GetByLabel("Step").SelectOptionAsync("10 mm");
        await page.GetByRole(AriaRole.Button, new() { Name = "Jog Z minus" }).ClickAsync();
        Eventually.True(() => !_rig.Core!.Requests.IsEmpty, "the jog reaches core");
        JsonElement parameters = Assert.Single(_rig.Core!.Requests).Params!.Value;
        Assert.Equal("z", parameters.GetProperty("axis").GetString());
        Assert.Equal(-2, parameters.GetProperty("steps").GetInt32());
    }

    [SkippableFact]
    public async Task ARealArmIsAskedForOnceBeforeItMoves()
    {
        _rig.Core!.Simulated = false;
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator dialog = page.GetByRole(AriaRole.Dialog), jog = page.GetByRole(AriaRole.Button, new() { Name = "Jog X plus" });
        await jog.ClickAsync();
        await Expect(dialog).ToContainTextAsync("Move the real arm?");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.GetByLabel("Task").FillAsync("lead");
        await page.GetByLabel("Source").SelectOptionAsync("freedrive");
        await page.GetByRole(AriaRole.Button, new() { Name = "Record", Exact = true }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("be led by whoever holds it");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Empty(_rig.Core.Requests);
        await jog.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Move the arm" }).ClickAsync();
        await Expect(page.Locator("#jog-pad")).ToHaveAttributeAsync("aria-busy", "false");
        await jog.ClickAsync();
        Eventually.True(() => _rig.Core.Requests.Count == 2, "both steps reach core: it was asked once");
        Assert.All(_rig.Core.Requests, r => Assert.Equal(CoreMethods.Jog, r.Method));
    }

    [SkippableFact]
    public async Task AStopStopsWhateverIsAskedAtTheMoment()
    {
        _rig.Core!.Simulated = false;
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator dialog = page.GetByRole(AriaRole.Dialog), jog = page.GetByRole(AriaRole.Button, new() { Name = "Jog X plus" });
        await jog.ClickAsync();
        await Expect(dialog).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        Eventually.True(() => _rig.Core.Requests.Count == 1, "Esc reaches core");
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(jog).ToBeEnabledAsync();
        await jog.ClickAsync();
        await ScreenshotAsync(page, "asked");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Stop arm" }).ClickAsync();
        await Expect(dialog).ToBeHiddenAsync();
        Eventually.True(() => _rig.Core.Requests.Count == 3, "the button in the dialog reaches core");
        Assert.Equal([CoreMethods.Stop, CoreMethods.Acknowledge, CoreMethods.Stop], _rig.Core.Requests.Select(r => r.Method));
    }

    [SkippableFact]
    public async Task AStopWaitsBehindNoJogStep()
    {
        _rig.Core!.KeepsJogsWaiting = true;
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator jog = page.GetByRole(AriaRole.Button, new() { Name = "Jog X plus" });
        await jog.EvaluateAsync("button => { for (let i = 0; i < 10; i++) button.click(); }");
        Eventually.True(() => _rig.Core.Requests.Count == 1, "the first step reaches core"); // the stop's connection is another
        await page.Keyboard.PressAsync("Escape");
        Eventually.True(() => _rig.Core.Requests.Any(r => r.Method == CoreMethods.Stop), "the stop reaches core", 5);
        Assert.Equal([CoreMethods.Jog, CoreMethods.Stop], _rig.Core.Requests.Select(r => r.Method));
    }

    [SkippableFact]
    public async Task AnAddressThatIsNoneLeavesThePageAlive()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/%");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("% cannot be shown");
        await page.GetByRole(AriaRole.Link, new() { Name = "Live", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Streams" })).ToContainTextAsync("fresh");
    }

    [SkippableFact]
    public async Task ACameraOfColourAloneIsPlayedWithoutDepth()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 4, depth: false, cameras: "top");
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/demo_000/3");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "top colour" })).ToHaveAttributeAsync("data-frame", "3");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "top depth" })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task WhatCoreRefusesIsOneLineThatCanBeDismissed()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard last" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        ILocator alert = page.GetByRole(AriaRole.Alert);
        await Expect(alert).ToContainTextAsync("nothing is being recorded");
        await alert.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await Expect(alert).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task WithoutDevicesItSaysWhatToDo()
    {
        _rig.Core!.Connected = false;
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing is connected yet" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Code)).ToHaveTextAsync("./robot sim --config hardware-configs/sim-cell.yaml");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Streams" })).ToContainTextAsync("127.0.1.1 refuses the connection");
        await ScreenshotAsync(page, "nothing-connected");
        _rig.Core.Connected = true;
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing is connected yet" })).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task WhenCoreIsAwayThePageSaysSoAndComesBack()
    {
        IPage page = await browser.OpenAsync(_rig.Desk.Address);
        ILocator state = page.GetByRole(AriaRole.Status, new() { Name = "State of the cell" });
        await Expect(state).ToContainTextAsync("idle");
        await _rig.StopCoreAsync();
        await Expect(state).ToContainTextAsync("core is away");
        await Expect(page.GetByText("./robot run --config")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Record", Exact = true })).ToBeDisabledAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop arm" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("core does not answer");
        _rig.StartCore();
        await Expect(state).ToContainTextAsync("idle");
        ILocator picture = page.GetByRole(AriaRole.Img, new() { Name = "Live picture of wrist" });
        string last = (await picture.GetAttributeAsync("data-sequence"))!;
        await Expect(picture).Not.ToHaveAttributeAsync("data-sequence", last);
    }

    [SkippableFact]
    public async Task AMarkIsKept()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 3, outcome: "unknown");
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/demo_000");
        await page.GetByLabel("Outcome").SelectOptionAsync("failure");
        await page.GetByLabel("Note").FillAsync("slipped");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save mark" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "demo_000" })).ToContainTextAsync("failure");
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Note")).ToHaveValueAsync("slipped");
    }

    [SkippableFact]
    public async Task AReplayIsAskedForFirst()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 5);
        IPage page = await browser.OpenAsync(_rig.Desk.Address, "#/episodes/demo_000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay on the arm" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Empty(_rig.Core!.Requests);
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay on the arm" }).ClickAsync();
        await page.GetByLabel("Speed", new() { Exact = true }).Last.FillAsync("0.5");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move the arm" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Replay" })).ToContainTextAsync("demo_000");
        JsonElement parameters = Assert.Single(_rig.Core.Requests).Params!.Value;
        Assert.Equal("demo_000", parameters.GetProperty("episode").GetString());
        Assert.Equal(0.5, parameters.GetProperty("speed").GetDouble());
        ILocator state = page.Locator("#replay-state");
        await Expect(state).ToHaveTextAsync("playing");
        await page.Keyboard.PressAsync("Escape");
        await Expect(state).ToHaveTextAsync("stopped");
        await Expect(state).ToHaveAttributeAsync("data-tone", "bad");
    }

    [SkippableTheory]
    [InlineData(1280, 900, ColorScheme.Light, "")]
    [InlineData(1280, 900, ColorScheme.Dark, "")]
    [InlineData(820, 1180, ColorScheme.Light, "")]
    [InlineData(820, 1180, ColorScheme.Dark, "#/episodes/demo_000/5")]
    [InlineData(1280, 900, ColorScheme.Light, "#/episodes/demo_000/5")]
    [InlineData(1280, 900, ColorScheme.Dark, "#/episodes")]
    public async Task ItFitsTheScreen(int width, int height, ColorScheme scheme, string hash)
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 12);
        IPage page = await browser.OpenAsync(_rig.Desk.Address, hash, width, height, scheme);
        string view = hash switch { "" => "live", "#/episodes" => "list", _ => "player" };
        await (view switch
        {
            "live" => Expect(page.GetByRole(AriaRole.Table, new() { Name = "Streams" })).ToContainTextAsync("fresh"),
            "list" => Expect(page.GetByRole(AriaRole.Row, new() { Name = "demo_000" })).ToBeVisibleAsync(),
            _ => Expect(page.GetByRole(AriaRole.Img, new() { Name = "scene depth" })).ToHaveAttributeAsync("data-frame", "5"),
        });
        await ScreenshotAsync(page, $"{view}-{width}-{scheme}".ToLowerInvariant());
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    private static Task<string> PixelsAsync(ILocator canvas) => canvas.EvaluateAsync<string>("c => c.toDataURL()");

    private static Task ScreenshotAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(BrowserFixture.Screenshots, name + ".png") });
}
