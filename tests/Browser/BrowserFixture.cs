using Microsoft.Playwright;

namespace RobotWorldModel.Browser.Tests;

/// <summary>Debian's Chromium, started once for all tests of the page.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

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
    }

    /// <summary>Closes what a test has opened, before its desk ends.</summary>
    public async Task CloseAllAsync()
    {
        foreach (IBrowserContext context in _browser?.Contexts ?? [])
            await context.CloseAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A page with a store of its own; the test is skipped where there is no Chromium.</summary>
    public async Task<IPage> OpenAsync(Uri address, string hash = "", int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        Skip.If(_browser is null, $"{Chromium} is not installed: apt-get install chromium");
        IBrowserContext context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        context.SetDefaultTimeout(60_000);
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(address, "/" + hash).ToString());
        return page;
    }
}
