using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

[assembly: AssemblyFixture(typeof(CheckpointRestart.Page.Tests.Browser))]

namespace CheckpointRestart.Page.Tests;

/// <summary>Debian's Chromium without a window, once for all tests. Playwright's own driver speaks with it.</summary>
public sealed class Browser : IAsyncLifetime
{
    IPlaywright? playwright;
    IBrowser? browser;

    /// <summary>Where the browser is; null where none is installed.</summary>
    static string? Program { get; } = ((string?[])[Environment.GetEnvironmentVariable("CR_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Program == null) return;
        // As long as a busy machine may take.
        Assertions.SetDefaultExpectTimeout(60_000);
        playwright = await Playwright.CreateAsync();
        // Tests run as root in containers, where Chromium's own sandbox cannot be.
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Program, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
    }

    /// <summary>Opens a file as a visitor does who has only that file.</summary>
    public async Task<OpenPage> Open(string path, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900, string? before = null, string place = "")
    {
        Assert.SkipWhen(browser == null, "no Chromium is installed");
        var context = await browser.NewContextAsync(new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height }, ReducedMotion = ReducedMotion.Reduce });
        var page = new OpenPage(context, await context.NewPageAsync());
        if (before != null) await page.Page.AddInitScriptAsync(before);
        await page.Page.GotoAsync(new Uri(path).AbsoluteUri + place);
        await page.Page.WaitForSelectorAsync("html[data-ready]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached, Timeout = 60_000 });
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (browser != null) await browser.CloseAsync();
        playwright?.Dispose();
    }
}

/// <summary>A page in a context of its own, and what went wrong in it.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    readonly IBrowserContext context;

    internal OpenPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.SetDefaultTimeout(90_000);
        page.Console += (_, message) => Wrong.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => Wrong.Add(error);
        page.Dialog += (_, dialog) =>
        {
            Wrong.Add($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) Wrong.Add($"asks for {request.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>What was written to the console, thrown, shown as a dialog or asked of a network.</summary>
    public List<string> Wrong { get; } = [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await context.CloseAsync();
}
