using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace CheckpointRestart.Page.Tests;

/// <summary>The page is for everybody: those who cannot see it or use no pointer, and those with a small screen.</summary>
public sealed class AccessTests(Browser browser, ShellFixture shell) : IClassFixture<ShellFixture>
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task AxeFindsNothing(ColorScheme scheme, int width)
    {
        await using var open = await browser.Open(shell.Page, scheme, width);
        await Check(open.Page);
        // Everything that can be opened, open.
        await open.Page.FillAsync("#query", "bffff000");
        await open.Page.PressAsync("#query", "Enter");
        await open.Page.Locator("#bytes .hex, #bytes .note").First.WaitForAsync();
        foreach (var more in await open.Page.Locator("details > summary").AllAsync()) await more.ClickAsync();
        await open.Page.FillAsync("#query", "sh");
        await open.Page.Locator("#hits button").First.WaitForAsync();
        await Check(open.Page);
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task NothingIsBeyondAPhonesEdge()
    {
        await using var open = await browser.Open(shell.Page, width: 390, height: 844);
        await open.Page.FillAsync("#query", "bffff000");
        await open.Page.PressAsync("#query", "Enter");
        await open.Page.Locator("#bytes .hex, #bytes .note").First.WaitForAsync();
        Assert.Equal(390, await open.Page.EvaluateAsync<int>("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"));
        Assert.True(await open.Page.EvaluateAsync<bool>("document.querySelector('#map svg').getBoundingClientRect().right <= 390"));
    }

    [Fact]
    public async Task AKeyboardIsEnough()
    {
        await using var open = await browser.Open(shell.Page);
        var page = open.Page;
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the memory map", await Focused(page, "textContent"));
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("query", await Focused(page, "id"));
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("2", await Focused(page, "dataset.pid"));
        await page.Keyboard.PressAsync("ArrowDown");
        string child = await Focused(page, "dataset.pid");
        Assert.NotEqual("2", child);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator($"#tasks [data-pid='{child}']")).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        string first = await Focused(page, "dataset.start");
        await page.Keyboard.PressAsync("ArrowRight");
        string second = await Focused(page, "dataset.start");
        Assert.True(double.Parse(second, System.Globalization.CultureInfo.InvariantCulture) > double.Parse(first, System.Globalization.CultureInfo.InvariantCulture));
        await page.Keyboard.PressAsync("End");
        Assert.Contains("[stack]", await Focused(page, "getAttribute('aria-label')"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#bytes .turn .mono")).ToBeVisibleAsync();
        Assert.Equal("bytes", await Focused(page, "id"));
        string shown = await page.Locator("#bytes .turn .mono").InnerTextAsync();
        await page.Keyboard.PressAsync("[");
        await Assertions.Expect(page.Locator("#bytes .turn .mono")).Not.ToHaveTextAsync(shown);
        await page.Keyboard.PressAsync("]");
        await Assertions.Expect(page.Locator("#bytes .turn .mono")).ToHaveTextAsync(shown);
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("cat");
        await page.Locator("#hits button").First.WaitForAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        // What is found in memory comes behind, and takes the focus from nobody.
        await Assertions.Expect(page.Locator("#found")).Not.ToHaveTextAsync("Looking through memory …");
        Assert.Equal("BUTTON", await Focused(page, "tagName"));
        Assert.Contains("cat", await Focused(page, "textContent"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal("query", await Focused(page, "id"));
        await Assertions.Expect(page.Locator("#hits")).ToBeHiddenAsync();
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task TheMapIsDrawnAnewForAnotherWidth()
    {
        await using var open = await browser.Open(shell.Page);
        await open.Page.SetViewportSizeAsync(700, 900);
        await open.Page.WaitForFunctionAsync("document.querySelector('#map svg').getBoundingClientRect().width <= 700");
        Assert.Equal(700, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    static Task<string> Focused(IPage page, string what) => page.EvaluateAsync<string>($"String(document.activeElement.{what})");

    static async Task Check(IPage page)
    {
        var result = await page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join("\n", result.Violations.SelectMany(static violation => violation.Nodes.Select(node => $"{violation.Id}: {violation.Help}: {node.Html} {string.Join(' ', node.Any.Concat(node.All).Concat(node.None).Select(static check => check.Message))}"))));
    }
}
