using Microsoft.Playwright;

namespace RobotWorldModel.Browser.Tests;

/// <summary>
/// Debian's Chromium with one tab, started once for all tests of the page. Each test has a desk at a port of its own, and so an origin
/// with a store of its own; a tab for each would be a process for each.
/// </summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IPage? _page;

    /// <summary>Where pictures of the page are left to be looked at.</summary>
    public static string Screenshots { get; } = Path.Combine(AppContext.BaseDirectory, "screenshots");

    public async Task InitializeAsync()
    {
        if (!File.Exists(Chromium))
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        _page = await _browser.NewPageAsync();
        _page.SetDefaultTimeout(60_000);
    }

    /// <summary>Leaves the page of a test, before its desk ends.</summary>
    public async Task LeaveAsync()
    {
        if (_page is not null)
            await _page.GotoAsync("about:blank");
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens the dashboard; the test is skipped where there is no Chromium.</summary>
    public async Task<IPage> OpenAsync(
        Uri address, string hash = "", int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        Skip.If(_page is null, $"{Chromium} is not installed: apt-get install chromium");
        await _page.SetViewportSizeAsync(width, height);
        await _page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await _page.GotoAsync(new Uri(address, "/" + hash).ToString());
        return _page;
    }
}
