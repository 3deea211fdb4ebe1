using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Epoll, event files, inotify, locks, terminals and what is open of /proc go on from images as they were; images in which they contradict themselves are refused.</summary>
public class EventImageTests
{
    static readonly int Points = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 400 : 24;

    static readonly Lazy<List<byte[]>> States = new(() => Images("eventstates", 60));

    [Theory]
    [InlineData("eventstates")]
    [InlineData("jobs")]
    [InlineData("locks")]
    public void WhatIsPendingIsSo(string name) => MachineImageTests.Check(GuestCase.Own.First(guest => guest.Name == name), Points);

    [Fact]
    public void TheHostSitsAtTheTerminalOfARestoredTask()
    {
        var options = GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program("ttyecho") } };
        using var machine = MachineFactory.Create(options);
        var task = machine.Start(new ProgramOptions { Arguments = ["3"], Terminal = new WindowSize(24, 80), Suspended = true });
        machine.SendInput(Machine.FindTerminal(task)!, "hello\nhal"u8.ToArray());
        machine.Thaw(task);
        Assert.True(machine.WaitUntil(() => task.State == TaskState.Sleeping && Machine.FindTerminal(task)!.Unread > 20, GuestSession.Patience));
        byte[] bytes;
        using (var image = MachineImage.Capture(machine)) bytes = ImageEditor.Bytes(image);
        using var read = ExtendedReader.Read(new MemoryStream(bytes));
        using var other = MachineImage.Restore(read, options.Root);
        using (var again = MachineImage.Capture(other)) Assert.Equal("", ImageComparison.FirstDifference(read, again));
        other.Thaw();
        string there = Finish(other, other.Tasks.First(restored => restored.Pid == task.Pid)), here = Finish(machine, task);
        Assert.StartsWith("hello\r\nhal", here, StringComparison.Ordinal);
        Assert.Contains("got half\r\n", here, StringComparison.Ordinal);
        Assert.Equal(here, there);
    }

    [Theory]
    [InlineData("epoll", "serial", 0, "watches are counted")]
    [InlineData("eventfd", "semaphore", 2, "semaphore lies between 0 and 1")]
    [InlineData("inotify", "last-number", 0, "numbers that were given")]
    [InlineData("inotify-watch", "number", 0, "number lies between")]
    [InlineData("file-locks", "ranges[].start", 200, "end lies between")]
    [InlineData("timerfd", "clock", 5, "a timer has a clock")]
    [InlineData("timerfd", "settings", 0, "hears when the clock is set")]
    [InlineData("pseudo-terminal", "listed", 0, "")]
    [InlineData("pseudo-terminal", "index", 9, "")]
    [InlineData("terminal", "stopped-by-call", 1, "is stopped")]
    [InlineData("terminal", "line.read-tail", 200, "")]
    [InlineData("terminal", "line.echo-committed", 250, "")]
    [InlineData("task", "seccomp", 2, "has a filter")]
    public void NumbersThatContradictAreRefused(string kind, string field, int value, string rule) =>
        Refuses(kind, field, (old, _) => old switch
        {
            ulong now when now != (ulong)value => (ulong)value,
            long now when now != value => (object)(long)value,
            _ => null,
        }, rule);

    [Theory]
    [InlineData("epoll-item", "epoll", "epoll")]
    [InlineData("epoll-item", "file", "pipe-end")]
    [InlineData("inotify-watch", "inode", "directory")]
    [InlineData("file-locks", "inode", "directory")]
    [InlineData("file-locks", "ranges[].owner", "machine")]
    [InlineData("lock-wait", "owner", "")]
    [InlineData("waiting-lock", "wait", "machine")]
    [InlineData("terminal-file", "terminal", "terminal")]
    [InlineData("terminal", "pair", "machine")]
    [InlineData("pts", "terminal", "machine")]
    [InlineData("proc-text", "above", "proc-root")]
    [InlineData("proc-directory", "above", "proc-directory")]
    [InlineData("proc-directory", "subject", "machine")]
    [InlineData("proc-memory-file", "memory", "machine")]
    public void ReferencesThatLeadElsewhereAreRefused(string kind, string field, string target) => Refuses(kind, field, (old, image) =>
    {
        uint now = ((ExtendedObject)old).Number;
        return image.Objects.FirstOrDefault(one => one.Number != now && one.Kind == target) ?? new ExtendedObject { Number = 0xFFFFFF, Kind = target, Bytes = default };
    }, "");

    [Fact]
    public void AnEntryOfProcThatIsNotThereIsRefused() => Refuses("proc-text", "name", static (old, _) => "~" + ((string)old)[1..], "there is an entry");

    /// <summary>Makes the change to the first object of a kind in the first image that has one, and reads that.</summary>
    static void Refuses(string kind, string path, Func<object, ExtendedImage, object?> change, string rule)
    {
        foreach (byte[] bytes in States.Value)
        {
            using var image = ExtendedReader.Read(new MemoryStream(bytes));
            foreach (var one in image.OfKind(kind))
            {
                using var broken = ImageEditor.Change(image, one, path, old => old == null ? null : change(old, image));
                if (broken == null) continue;
                var refused = Assert.Throws<CheckpointImageException>(() =>
                {
                    using var read = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(broken)));
                    using var machine = MachineImage.Restore(read, GuestSession.Options(GuestSession.SharedRoot).Root);
                });
                Assert.Contains(rule, refused.Message, StringComparison.Ordinal);
                return;
            }
        }
        Assert.Fail($"no image has a {kind} with {path} to change");
    }

    static List<byte[]> Images(string name, int points)
    {
        var guest = GuestCase.Own.First(candidate => candidate.Name == name);
        var options = GuestSession.Options(GuestSession.SharedRoot);
        var program = new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Suspended = true };
        ulong total;
        using (var straight = GuestSession.Start(options, program))
        {
            straight.Machine.EndInput();
            straight.Finish();
            total = straight.Machine.RetiredInstructions;
        }
        var images = new List<byte[]>();
        using var session = GuestSession.Start(options, program);
        session.Machine.EndInput();
        for (int point = 1; point <= points; point++)
        {
            if (!session.Machine.RunTo(total * (ulong)point / (ulong)(points + 1), session.Task, GuestSession.Patience)) break;
            using var image = MachineImage.Capture(session.Machine);
            images.Add(ImageEditor.Bytes(image));
        }
        return images;
    }

    static string Finish(Machine machine, Task task)
    {
        machine.SendInput(Machine.FindTerminal(task)!, "f\n\x04"u8.ToArray());
        machine.Thaw(task);
        var text = new StringBuilder();
        bool ended;
        do
        {
            ended = machine.WaitForExit(task, TimeSpan.FromMilliseconds(10)) && !Machine.FindTerminal(task)!.IsFull;
            text.Append(Encoding.UTF8.GetString(Machine.FindTerminal(task)!.TakeAll()));
        }
        while (!ended && !machine.HasEnded);
        return text.ToString();
    }
}
