using System.Text.RegularExpressions;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Pictures.Terminal;
using CheckpointRestart.Core.Checkpoint.Surveying;
using Microsoft.Playwright;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace CheckpointRestart.Page.Tests;

/// <summary>A guest has any names and bytes that it likes: they are shown, and do nothing.</summary>
public sealed class HostileTests(Browser browser)
{
    const string Name = "<img src=x onerror=alert(1)>";

    [Fact]
    public async Task NamesFullOfMarkupAreText()
    {
        using var images = new Images();
        string root = images.ShellRoot();
        File.Copy(Images.Guest("sleeper"), Path.Combine(root, "bin", Name));
        using var machine = Images.RunShell(root, """
            mkdir -p '/tmp/<' '/tmp/</script><script>alert(2)<'
            exec 5>'/tmp/</script><script>alert(2)</script>'
            exec 6>'/tmp/<!--<script>{{data}}' 7>"/tmp/$(printf '\033[31m\342\200\256evil')" 8>"/tmp/$(printf '\377\376')"
            echo '</script><svg/onload=alert(3)>' >&5
            '/bin/<img src=x onerror=alert(1)>' '"><b>bold</b>' &
            wait
            """, 2);
        using var checkpoint = images.Save(machine, "hostile.cr");
        foreach (var page in (string[])[images.Page(checkpoint), images.Page(checkpoint, options => options with { Label = Name + "</title><script>alert(4)</script>.cr", Reference = checkpoint, ReferenceLabel = "<b>before</b>" })])
        {
            await using var open = await browser.Open(page);
            int pid = checkpoint.Tasks.First(static task => task.Comm.StartsWith("<img", StringComparison.Ordinal)).Pid;
            await open.Page.Locator($"#tasks [data-pid='{pid}']").ClickAsync();
            await open.Page.Locator("#map .region").First.ClickAsync();
            await open.Page.Locator("#map .region").First.HoverAsync();
            await open.Page.FillAsync("#query", "onerror");
            await Assertions.Expect(open.Page.Locator("#hits button").First).ToContainTextAsync(Name);
            await Assertions.Expect(open.Page.Locator("#regions")).ToContainTextAsync("/bin/" + Name);
            await Assertions.Expect(open.Page.Locator("#connections")).ToContainTextAsync("/tmp/</script><script>alert(2)</script>");
            await Assertions.Expect(open.Page.Locator("#descriptors")).ToContainTextAsync("\\x1b[31m\\u{202e}evil");
            await Assertions.Expect(open.Page.Locator("#descriptors")).ToContainTextAsync("/tmp/<!--<script>{{data}}");
            Assert.Equal(0, await open.Page.Locator("img, b:not(.legend b):not(.perm b), iframe, object").CountAsync());
            Assert.Equal(3, await open.Page.Locator("script").CountAsync());
            Assert.Empty(open.Wrong);
        }
    }

    [Fact]
    public async Task NoScriptButItsOwnMayRun()
    {
        using var images = new Images();
        using var machine = Images.RunGuest("counter", 100_000);
        using var checkpoint = images.Save(machine, "counter.cr");
        await using var open = await browser.Open(images.Page(checkpoint));
        await open.Page.EvaluateAsync("() => { const script = document.createElement('script'); script.textContent = 'document.title = \"taken\"'; document.body.append(script); }");
        Assert.Equal("counter · checkpoint", await open.Page.TitleAsync());
        Assert.Contains(open.Wrong, static word => word.Contains("Content Security Policy", StringComparison.Ordinal));
    }

    [Fact]
    public void ThePageMakesNoMarkupOfStrings()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Images.Repository, "src", "Pictures", "Html", "page", "script")))
            Assert.DoesNotMatch(new Regex("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new Function|DOMParser|setHTML", RegexOptions.None, TimeSpan.FromSeconds(5)), File.ReadAllText(file));
    }

    [Fact]
    public void ATerminalIsToldNothingByNames()
    {
        var region = new MappedRegion(0x1000, 0x3000, Core.VmFlags.Read, "/x", "/x\u001b]0;owned\u0007\u202e\n", 0, [PageCondition.Dirty, PageCondition.Absent]);
        foreach (string line in MapPicture.Draw("task\u001b[2J", new MemoryMap([region]), 100, withColor: false))
            Assert.DoesNotContain(line, static sign => char.IsControl(sign) || sign == '\u202e');
    }
}
