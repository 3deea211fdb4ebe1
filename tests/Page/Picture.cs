using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace CheckpointRestart.Page.Tests;

/// <summary>Makes the picture of the README: -explicit only -class '*Picture'. CR_PICTURES names another folder than docs/images, for pictures of everything.</summary>
public sealed class Picture(Browser browser)
{
    const string Script = """
        mkdir -p /tmp/spool; exec 5>/tmp/spool/journal; echo begun >&5
        sleep 4000 | tee /tmp/spool/raw | cat > /tmp/spool/out &
        sleep 5000 & wait
        """;

    [Fact(Explicit = true)]
    public async Task OfTheReadme()
    {
        string? folder = Environment.GetEnvironmentVariable("CR_PICTURES");
        using var images = new Images();
        using var machine = Images.RunShell(images.ShellRoot(), Script, 5);
        using var checkpoint = images.Save(machine, "spooler.cr");
        string page = images.Page(checkpoint, options => options with { Files = new RootOptions { HostDirectory = images.ShellRoot() } });
        if (folder == null)
        {
            folder = Path.Combine(Images.Repository, "docs", "images");
            Directory.CreateDirectory(folder);
            await Take(page, Path.Combine(folder, "checkpoint-page.png"), ColorScheme.Light, 1180, 1010, false);
            return;
        }
        Directory.CreateDirectory(folder);
        foreach (var (name, scheme, width) in ((string, ColorScheme, int)[])[("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 390), ("phone-dark", ColorScheme.Dark, 390)])
            await Take(page, Path.Combine(folder, $"shell-{name}.png"), scheme, width, 900, true);
        await TakeDifference(images, folder);
        if (Environment.GetEnvironmentVariable("CR_PICTURE_IMAGE") is { } given)
        {
            using var other = Checkpoint.Open(given, TestContext.Current.CancellationToken);
            string path = images.Page(other);
            await Take(path, Path.Combine(folder, "given-light.png"), ColorScheme.Light, 1280, 900, true);
            await Take(path, Path.Combine(folder, "given-dark.png"), ColorScheme.Dark, 1280, 900, true);
        }
    }

    async Task TakeDifference(Images images, string folder)
    {
        using var machine = Images.RunGuest("counter", 300_000);
        using var early = images.Save(machine, "early.cr");
        Assert.True(machine.RunTo(900_000, Images.First(machine), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        using var late = images.Save(machine, "late.cr");
        string page = images.Page(late, options => options with { Reference = early, ReferenceLabel = "early.cr", Files = new RootOptions { HostProgram = Images.Guest("counter") } });
        await Take(page, Path.Combine(folder, "difference-light.png"), ColorScheme.Light, 1280, 900, true);
        await Take(page, Path.Combine(folder, "difference-phone.png"), ColorScheme.Dark, 390, 900, true);
    }

    async Task Take(string page, string path, ColorScheme scheme, int width, int height, bool all)
    {
        await using var open = await browser.Open(page, scheme, width, height);
        if (all)
        {
            await open.Page.Locator("#map .region").Last.FocusAsync();
            await open.Page.Keyboard.PressAsync("Enter");
            await open.Page.Locator("#bytes .turn").WaitForAsync();
        }
        await open.Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = all });
        Assert.Empty(open.Wrong);
    }
}
