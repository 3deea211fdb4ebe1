using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace CheckpointRestart.Page.Tests;

/// <summary>The page of an image beside an earlier one, and pages of less than usual.</summary>
public sealed class DifferenceTests(Browser browser)
{
    [Theory]
    [InlineData(CheckpointFormat.Extended)]
    [InlineData(CheckpointFormat.V5)]
    public async Task WhatHasChangedIsShown(CheckpointFormat format)
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 300_000);
        using var early = images.Save(machine, "early.cr", format);
        Assert.True(machine.RunTo(900_000, Images.First(machine), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        using var late = images.Save(machine, "late.cr", format);
        var differences = ImageComparer.Compare(early, late, TestContext.Current.CancellationToken);
        await using var open = await browser.Open(images.Page(late, options => options with { Reference = early, ReferenceLabel = "early.cr" }));
        await Assertions.Expect(open.Page.Locator("#difference")).ToContainTextAsync($"early.cr of ");
        Assert.Equal(differences.Count, await open.Page.Locator("#difference tbody tr").CountAsync());

        var register = differences.First(static difference => difference.Kind == DifferenceKind.Register && difference.Name is "eax" or "ecx" or "edx" or "eip");
        var altered = open.Page.Locator(".registers .altered", new PageLocatorOptions { Has = open.Page.Locator("dt", new PageLocatorOptions { HasTextString = register.Name }) });
        await Assertions.Expect(altered.Locator(".was")).ToHaveTextAsync(((ulong)register.Reference!).ToString("x8", CultureInfo.InvariantCulture));

        var pages = differences.Where(static difference => difference.Kind == DifferenceKind.Memory).Select(static difference => difference.Address!.Value >> 12).Distinct().Count();
        Assert.True(pages > 0);
        await Assertions.Expect(open.Page.Locator("#legend")).ToContainTextAsync($"{pages} changed");
        await open.Page.Locator("#difference .filters button[data-kind='memory']").ClickAsync();
        await Assertions.Expect(open.Page.Locator("#difference tbody tr:visible")).ToHaveCountAsync(differences.Count(static difference => difference.Kind == DifferenceKind.Memory));
        await open.Page.Locator("#difference tbody tr:visible button").First.ClickAsync();
        await Assertions.Expect(open.Page.Locator("#bytes mark").First).ToBeVisibleAsync();
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task EqualImagesDifferInNothing()
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 300_000);
        using var one = images.Save(machine, "one.cr");
        using var other = images.Save(machine, "other.cr");
        await using var open = await browser.Open(images.Page(other, options => options with { Reference = one, ReferenceLabel = "one.cr" }));
        await Assertions.Expect(open.Page.Locator("#difference")).ToContainTextAsync("nothing");
        Assert.Equal(0, await open.Page.Locator("#map .changed").CountAsync());
    }

    [Fact]
    public async Task AV5ImageSaysWhatItKnows()
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 300_000);
        using var checkpoint = images.Save(machine, "v5.cr", CheckpointFormat.V5);
        await using var open = await browser.Open(images.Page(checkpoint));
        await Assertions.Expect(open.Page.Locator("#legend")).ToContainTextAsync("in the image");
        Assert.Equal(0, await open.Page.Locator("#map .run.dirty").CountAsync());
        Assert.True(await open.Page.Locator("#map .run.stored").CountAsync() > 0);
        await Assertions.Expect(open.Page.Locator("#subtitle")).ToContainTextAsync("V5");
        Assert.Empty(open.Wrong);
    }

    [Fact]
    public async Task AFilesPageIsSaidToBeTheFiles()
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 300_000);
        using var checkpoint = images.Save(machine, "counter.cr");
        await using var open = await browser.Open(images.Page(checkpoint), place: "#task=2&at=08048000");
        await Assertions.Expect(open.Page.Locator("#bytes .note")).ToContainTextAsync("still as its file has it, /counter at offset 0x0");
        // With the file at hand its bytes and its code are there.
        await using var whole = await browser.Open(images.Page(checkpoint, options => options with { Files = new Core.Files.RootOptions { HostProgram = Images.Guest("counter") } }), place: "#task=2&at=08048000");
        await Assertions.Expect(whole.Page.Locator("#bytes .hex .line").First).ToContainTextAsync("7f 45 4c 46");
        await Assertions.Expect(whole.Page.Locator(".code tr.next")).ToContainTextAsync($"{(uint)checkpoint.Image.Cpu.Ip:x8}");
    }

    [Fact]
    public async Task WithoutRoomForBytesTheShellIsNamed()
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 300_000);
        using var checkpoint = images.Save(machine, "it's.cr");
        await using var open = await browser.Open(images.Page(checkpoint, options => options with { MostContentBytes = 0 }));
        await open.Page.FillAsync("#query", $"{(uint)checkpoint.Image.Cpu.Sp:x8}");
        await open.Page.PressAsync("#query", "Enter");
        await Assertions.Expect(open.Page.Locator("#bytes .note")).ToContainTextAsync("no room for them. In a shell: Get-CrMemory 'it''s.cr'");
        await using var old = await browser.Open(images.Page(checkpoint), before: "delete globalThis.DecompressionStream", place: $"#task=2&at={(uint)checkpoint.Image.Cpu.Sp:x8}");
        await Assertions.Expect(old.Page.Locator("#bytes .note")).ToContainTextAsync($"Get-CrMemory 'it''s.cr' 0x{(uint)checkpoint.Image.Cpu.Sp & ~0xFFFu:x8} -Length 4096 -ProcessId 2");
        Assert.Empty(old.Wrong);
    }
}
