using System.Globalization;
using System.Text.Json;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Kernel.Syscalls;
using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace CheckpointRestart.Page.Tests;

/// <summary>The page of an image, as a browser shows it that has nothing but the file.</summary>
public sealed class PageTests(Browser browser, ShellFixture shell) : IClassFixture<ShellFixture>
{
    [Fact]
    public async Task OpensFromAFileWithoutAWordInTheConsole()
    {
        await using var open = await browser.Open(shell.Page);
        await open.Page.Locator("#map .region").First.ClickAsync();
        await Assertions.Expect(open.Page.Locator("#bytes")).ToBeVisibleAsync();
        Assert.Empty(open.Wrong);
        Assert.Equal("sh", await open.Page.Locator("h1").InnerTextAsync());
    }

    [Fact]
    public void TakesLessThanAMegabyte() => Assert.InRange(new FileInfo(shell.Page).Length, 10_000, 1_000_000);

    [Fact]
    public async Task TheMapHasEveryRegionInItsPlaceAndToScale()
    {
        await using var open = await browser.Open(shell.Page);
        foreach (var task in shell.Checkpoint.Tasks)
        {
            await open.Page.Locator($"#tasks [data-pid='{task.Pid}']").ClickAsync();
            var map = MemoryMap.Of(shell.Checkpoint, task.Pid, TestContext.Current.CancellationToken);
            // What Get-CrVma lists.
            Assert.Equal(shell.Checkpoint.ViewOf(task.Pid).Memory.Vmas.Select(static vma => (vma.Start, vma.End)), map.Regions.Select(static region => (region.Start, region.End)));
            var drawn = JsonSerializer.Deserialize<Drawn[]>(await open.Page.EvalOnSelectorAllAsync<string>("#map .region", """
                regions => JSON.stringify(regions.map(region => ({
                    start: Number(region.dataset.start), end: Number(region.dataset.end), unit: Number(region.dataset.unit),
                    boxes: [...region.querySelectorAll('.back')].map(box => box.getBoundingClientRect()).map(box => ({ x: box.x, y: box.y, width: box.width })),
                    written: [...region.querySelectorAll('.run.dirty')].reduce((sum, run) => sum + run.getBoundingClientRect().width, 0),
                })))
                """), JsonSerializerOptions.Web)!;
            Assert.Equal(map.Regions.Select(static region => (region.Start, region.End)), drawn.Select(static one => ((uint)one.Start, (uint)one.End)));
            var scale = Assert.Single(drawn.Select(static one => one.Unit).Distinct());
            Assert.True(scale >= 1, "a page has a pixel at least");
            foreach (var (region, one) in map.Regions.Zip(drawn))
            {
                Assert.Equal(region.Pages.Count * scale, one.Boxes.Sum(static box => box.Width), one.Boxes.Length + 1.5);
                Assert.Equal(region.Pages.Count(static page => page == PageCondition.Dirty) * scale, one.Written, 1.5);
            }
            // By address, line by line, and none upon another.
            var boxes = drawn.SelectMany(static one => one.Boxes).ToArray();
            foreach (var (before, after) in boxes.Zip(boxes.Skip(1))) Assert.True(after.Y > before.Y + 1 || (Math.Abs(after.Y - before.Y) < 1 && after.X >= before.X + before.Width - .5), $"{before} {after}");
            Assert.Equal(map.Regions.Count, await open.Page.Locator("#regions tbody tr").CountAsync());
        }
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task TheLegendCountsThePages()
    {
        await using var open = await browser.Open(shell.Page);
        var pages = MemoryMap.Of(shell.Checkpoint, shell.Checkpoint.ProcessId, TestContext.Current.CancellationToken).Regions.SelectMany(static region => region.Pages);
        string legend = await open.Page.Locator("#legend").InnerTextAsync();
        Assert.Contains($"{pages.Count(static page => page == PageCondition.Dirty)} written", legend, StringComparison.Ordinal);
        Assert.Contains($"{pages.Count(static page => page == PageCondition.Absent)} never touched", legend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheBytesAreThoseOfTheImage()
    {
        await using var open = await browser.Open(shell.Page);
        var image = shell.Checkpoint.Image;
        uint stack = (uint)image.Cpu.Sp;
        await open.Page.FillAsync("#query", stack.ToString("x8", CultureInfo.InvariantCulture));
        await open.Page.PressAsync("#query", "Enter");
        await Assertions.Expect(open.Page.Locator("#bytes .hex")).ToBeVisibleAsync();
        string shown = await open.Page.EvaluateAsync<string>("[...document.querySelectorAll('#bytes .line > span:nth-child(2)')].map(line => line.textContent.replaceAll(' ', '')).join('')");
        var page = new byte[4096];
        var region = image.Memory.Find(stack)!;
        region.Pages.CopyPages(region.Pages.IndexOf(stack & ~0xFFFu), page);
        Assert.Equal(Convert.ToHexStringLower(page), shown);
        Assert.Equal(Convert.ToHexStringLower(page.AsSpan((int)(stack & 0xFFF), 1)), (await open.Page.Locator("#bytes mark").First.InnerTextAsync()).Trim());
    }

    [Theory]
    [InlineData("0xbffff000", "address", "[stack]")]
    [InlineData("bin/sh", "region", "/bin/sh")]
    [InlineData("shared.log", "descriptor", "/tmp/shared.log")]
    [InlineData("sleep", "task", "sleep")]
    [InlineData("needle in the", "memory", "needle in the stack")]
    public async Task TheSearchFinds(string text, string what, string which)
    {
        await using var open = await browser.Open(shell.Page);
        await open.Page.Keyboard.PressAsync("/");
        await open.Page.Keyboard.TypeAsync(text);
        var hit = open.Page.Locator("#hits button", new PageLocatorOptions { HasText = what }).Filter(new LocatorFilterOptions { HasText = which }).First;
        await hit.ClickAsync();
        await Assertions.Expect(open.Page.Locator("#hits")).ToBeHiddenAsync();
        if (what is "address" or "memory" or "region") await Assertions.Expect(open.Page.Locator("#bytes .hex, #bytes .note").First).ToBeVisibleAsync();
        if (what == "memory") Assert.StartsWith("needle", string.Concat(await open.Page.Locator("#bytes .text mark").AllInnerTextsAsync()), StringComparison.Ordinal);
        if (what == "address") Assert.Equal("#task=2&at=bffff000", new Uri(open.Page.Url).Fragment);
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task WhatIsNotThereIsSaid()
    {
        await using var open = await browser.Open(shell.Page);
        await open.Page.FillAsync("#query", "no such thing anywhere");
        await Assertions.Expect(open.Page.Locator("#found")).ToHaveTextAsync("Nothing found");
    }

    [Fact]
    public async Task ThePipeConnectsItsTwoProcesses()
    {
        await using var open = await browser.Open(shell.Page);
        var row = open.Page.Locator("#connections tbody tr", new PageLocatorOptions { HasText = "pipe:[" });
        await Assertions.Expect(row.First).ToContainTextAsync("sleep");
        string text = await row.First.InnerTextAsync();
        Assert.Contains("writes", text, StringComparison.Ordinal);
        Assert.Contains("cat", text, StringComparison.Ordinal);
        Assert.Contains("reads", text, StringComparison.Ordinal);
        await Assertions.Expect(open.Page.Locator("#connections tbody tr", new PageLocatorOptions { HasText = "/tmp/shared.log" })).ToContainTextAsync("sh 2 (5)");
        await Assertions.Expect(open.Page.Locator(".graph .node.process")).ToHaveCountAsync(4);
    }

    [Fact]
    public async Task RegistersAndCodeAreThoseOfTheTask()
    {
        await using var open = await browser.Open(shell.Page);
        var cpu = shell.Checkpoint.Image.Cpu;
        string registers = await open.Page.Locator(".registers").First.InnerTextAsync();
        foreach (ulong value in (ulong[])[cpu.Ax, cpu.Bx, cpu.Sp, cpu.Ip]) Assert.Contains(((uint)value).ToString("x8", CultureInfo.InvariantCulture), registers, StringComparison.Ordinal);
        Assert.Contains(SyscallTable.NameOf((uint)cpu.OrigAx), registers, StringComparison.Ordinal);
        await Assertions.Expect(open.Page.Locator(".code tr.next")).ToContainTextAsync(((uint)cpu.Ip).ToString("x8", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task AnAddressInThePlaceOfThePageIsShown()
    {
        await using var open = await browser.Open(shell.Page, place: "#task=2&at=bffff010");
        await Assertions.Expect(open.Page.Locator("#bytes .hex, #bytes .note").First).ToBeVisibleAsync();
        await Assertions.Expect(open.Page.Locator("#bytes")).ToContainTextAsync("bffff000");
    }

    sealed record Drawn(double Start, double End, double Unit, Box[] Boxes, double Written);

    sealed record Box(double X, double Y, double Width);
}
