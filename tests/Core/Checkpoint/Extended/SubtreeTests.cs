using System.Collections.Concurrent;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.External;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;
using CheckpointFile = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Parts of a machine: what they share with the rest is named, or left open and bound to something else.</summary>
public class SubtreeTests
{
    static readonly TimeSpan Patience = GuestSession.Patience;

    /// <summary>The parent and the child, which has said that it is ready and waits.</summary>
    static (GuestSession Session, Core.Kernel.Task Child) Begin(params string[] arguments)
    {
        var session = GuestSession.Start(GuestSession.SharedRoot, false, "subtree", arguments);
        session.RunUntil("ready");
        var child = session.Machine.Tasks.Single(task => task.Pid != session.Task.Pid);
        session.Machine.Thaw();
        Assert.True(session.Machine.WaitUntil(() => child.State == TaskState.Sleeping, Patience));
        session.Machine.Freeze();
        return (session, child);
    }

    static byte[] Save(Core.Kernel.Task child, bool allowExternal)
    {
        using var checkpoint = Checkpointer.Capture(child, new CaptureOptions { Format = CheckpointFormat.Extended, Subtree = true, AllowExternal = allowExternal });
        return GuestSession.Bytes(checkpoint);
    }

    static CheckpointFile Open(byte[] image) => new(Core.Image.Extended.ExtendedReader.Read(new MemoryStream(image)));

    static Core.Kernel.Task Restore(byte[] image, params (string Name, BindTarget Target)[] bind)
    {
        using var checkpoint = Open(image);
        return Restorer.Restore(checkpoint, new RestoreOptions { Root = GuestSession.Options(GuestSession.SharedRoot).Root, Bind = bind.ToDictionary(static pair => pair.Name, static pair => pair.Target) });
    }

    static string NameOf(byte[] image, string beginning)
    {
        using var checkpoint = Open(image);
        return Assert.Single(checkpoint.External, name => name.StartsWith(beginning, StringComparison.Ordinal));
    }

    /// <summary>A star stands for any text.</summary>
    static bool IsLike(string text, string pattern)
    {
        var parts = pattern.Split('*');
        return parts.Length == 1 ? text == pattern : text.StartsWith(parts[0], StringComparison.Ordinal) && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }

    static void WaitUntil(Func<bool> condition, TimeSpan most)
    {
        for (var began = System.Diagnostics.Stopwatch.StartNew(); !condition() && began.Elapsed < most;) Thread.Sleep(5);
    }

    static string Output(Core.Kernel.Task task)
    {
        Assert.True(task.Machine.WaitForExit(task, Patience));
        return Encoding.UTF8.GetString(task.Machine.Streams.TakeAll(StreamKind.Output));
    }

    [Theory]
    [InlineData("pipe", "descriptor 3 of task 3 (subtree), pipe:[*], is the same object as descriptor 4 of task 2 (subtree), which is not in the subtree; -AllowExternal leaves it open, to be bound at restore")]
    [InlineData("socket", "descriptor 4 of task 3 (subtree), socket:[*], is connected to descriptor 3 of task 2 (subtree), which is not in the subtree; -AllowExternal leaves it open, to be bound at restore")]
    [InlineData("tcp", "descriptor 5 of task 3 (subtree), socket:[*], is connected to descriptor 4 of task 2 (subtree), which is not in the subtree; -AllowExternal leaves it open, to be bound at restore")]
    [InlineData("terminal", "descriptor 4 of task 3 (subtree), /dev/pts/*, is the same terminal as descriptor 3 of task 2 (subtree), which is not in the subtree; -AllowExternal leaves it open, to be bound at restore")]
    [InlineData("offset", "descriptor 3 of task 3 (subtree), /etc/passwd, is the open file of descriptor 3 of task 2 (subtree), which is not in the subtree; -AllowExternal parts them")]
    [InlineData("event", "descriptor 3 of task 3 (subtree), anon_inode:*, is the open file of descriptor 3 of task 2 (subtree), which is not in the subtree", true)]
    [InlineData("memory", "the region * of task 3 (subtree) is shared with task 2 (subtree), which is not in the subtree", true)]
    [InlineData("vm", "the memory of task 3 (subtree) is shared with task 2 (subtree), which is not in the subtree", true)]
    [InlineData("files", "the descriptors of task 3 (subtree) are shared with task 2 (subtree), which is not in the subtree", true)]
    [InlineData("death", "task 3 (subtree) gets SIGTERM when its parent ends, which is not in the subtree", true)]
    [InlineData("traced", "task 3 (subtree) is traced by 2 (subtree), which is not in the subtree", true)]
    public void WhatIsSharedWithTheOutsideIsRefusedByName(string what, string said, bool always = false)
    {
        var (session, child) = Begin(what);
        using (session)
        {
            var refused = Assert.Throws<CheckpointRefusedException>(() => Save(child, allowExternal: always));
            Assert.Equal(Errno.EBUSY, refused.Errno);
            Assert.Contains(refused.Obstacles, obstacle => IsLike(obstacle.ToString(), said));
            // The whole is carried, and nothing has changed.
            using var whole = Checkpointer.Capture(session.Machine);
            Assert.Equal(2, whole.Tasks.Count);
        }
    }

    [Fact]
    public void ObjectsOfTheSameKindThatNobodySharesAreNoObstacle()
    {
        var (session, child) = Begin("own");
        using (session)
        {
            using var checkpoint = Open(Save(child, false));
            Assert.Equal([3], checkpoint.Tasks.Select(static task => task.Pid));
            Assert.Empty(checkpoint.External);
        }
    }

    [Fact]
    public void AnImageWithAnOpenEndNeedsABinding()
    {
        var (session, child) = Begin("pipe");
        using (session)
        {
            byte[] image = Save(child, true);
            string name = NameOf(image, "pipe:[");
            var refused = Assert.Throws<RestoreException>(() => Restore(image));
            Assert.Equal((Errno.ENOTCONN, name), (refused.Errno, Assert.Single(refused.Unbound)));
            Assert.Contains($"{name} (descriptor 3 of task 3 (subtree)) led out of it", refused.Message, StringComparison.Ordinal);
            refused = Assert.Throws<RestoreException>(() => Restore(image, (name, new BindTarget.Closed()), ("pipe:[9999]", new BindTarget.Closed())));
            Assert.Equal(Errno.ENOENT, refused.Errno);
            refused = Assert.Throws<RestoreException>(() => Restore(image, (name, new BindTarget.GuestFile("/no/such"))));
            Assert.Equal((Errno.ENOENT, "/no/such"), (refused.Errno, refused.Path));
            refused = Assert.Throws<RestoreException>(() => Restore(image, (name, new BindTarget.Descriptor(99))));
            Assert.Equal(Errno.EBADF, refused.Errno);
            refused = Assert.Throws<RestoreException>(() => Restore(image, (name, new BindTarget.HostStream(new MemoryStreamToWrite()))));
            Assert.Equal(Errno.EINVAL, refused.Errno);
        }
    }

    [Theory]
    [InlineData("pipe", "pipe:[")]
    [InlineData("socket", "socket:[")]
    [InlineData("tcp", "socket:[")]
    public void AClosedEndIsSeenAsTheEnd(string what, string beginning)
    {
        var (session, child) = Begin(what);
        byte[] image;
        using (session) image = Save(child, true);
        var restored = Restore(image, (NameOf(image, beginning), new BindTarget.Closed()));
        using var machine = restored.Machine;
        Assert.Equal("the end\n", Output(restored));
        Assert.Equal(3, restored.ExitCode);
    }

    [Fact]
    public void AGuestFileTakesThePlaceOfAPipe()
    {
        var (session, child) = Begin("pipe");
        byte[] image;
        using (session) image = Save(child, true);
        var restored = Restore(image, (NameOf(image, "pipe:["), new BindTarget.GuestFile("/etc/group")));
        using var machine = restored.Machine;
        Assert.StartsWith("got root", Output(restored), StringComparison.Ordinal);
    }

    [Fact]
    public void StandardStreamsOfTheNewMachineTakeThePlaceOfAPipe()
    {
        var (session, child) = Begin("pipe");
        byte[] image;
        using (session) image = Save(child, true);
        var restored = Restore(image, (NameOf(image, "pipe:["), new BindTarget.GuestFile(MachineStreams.PathOf(StreamKind.Input))));
        using var machine = restored.Machine;
        machine.SendInput("typed"u8.ToArray());
        machine.EndInput();
        Assert.Equal("got typed\nthe end\n", Output(restored));
    }

    [Fact]
    public void AnotherDescriptorTakesThePlaceOfAPipe()
    {
        var (session, child) = Begin("write");
        byte[] image;
        using (session) image = Save(child, true);
        var restored = Restore(image, (NameOf(image, "pipe:["), new BindTarget.Descriptor(1)));
        using var machine = restored.Machine;
        Assert.True(machine.Streams.WaitForOutput(StreamKind.Output, Patience, default));
        Assert.Contains("tick ", Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pipe", "pipe:[")]
    [InlineData("socket", "socket:[")]
    [InlineData("tcp", "socket:[")]
    public void AStreamOfTheHostGoesOnWhereTheOtherEndWas(string what, string beginning)
    {
        // What was on its way before is read first.
        var (session, child) = Begin(what, "first");
        byte[] image;
        using (session) image = Save(child, true);
        using var both = new TwoWays();
        var restored = Restore(image, (NameOf(image, beginning), new BindTarget.HostStream(both)));
        using var machine = restored.Machine;
        both.Send("hello");
        WaitUntil(() => Encoding.UTF8.GetString(machine.Streams.Peek(StreamKind.Output)).Contains("hello", StringComparison.Ordinal), Patience);
        both.Send("");
        string output = Output(restored);
        Assert.EndsWith("got hello\nthe end\n", output, StringComparison.Ordinal);
        Assert.Equal(3, restored.ExitCode);
        if (what == "pipe") return;
        WaitUntil(() => both.Written.Contains("<hello>", StringComparison.Ordinal), Patience);
        Assert.EndsWith("<hello>", both.Written, StringComparison.Ordinal);
    }

    [Fact]
    public void ATerminalGoesOnAtAStreamOfTheHost()
    {
        var (session, child) = Begin("terminal");
        byte[] image;
        using (session) image = Save(child, true);
        using var both = new TwoWays();
        var restored = Restore(image, (NameOf(image, "/dev/pts/"), new BindTarget.HostStream(both)));
        using var machine = restored.Machine;
        both.Send("hi\r");
        // Echo and what the program says, with the terminal's line ends.
        WaitUntil(() => both.Written.Contains("<hi\r\n>", StringComparison.Ordinal), Patience);
        Assert.Equal("hi\r\n<hi\r\n>", both.Written);
    }

    [Fact]
    public void WhatAGuestWritesComesToAStreamOfTheHost()
    {
        var (session, child) = Begin("write");
        byte[] image;
        using (session) image = Save(child, true);
        using var both = new TwoWays();
        var restored = Restore(image, (NameOf(image, "pipe:["), new BindTarget.HostStream(both)));
        using var machine = restored.Machine;
        WaitUntil(() => both.Written.Split('\n').Length > 20, Patience);
        string[] lines = both.Written.Split('\n')[..20];
        int first = int.Parse(lines[0][5..]);
        Assert.Equal(Enumerable.Range(first, 20).Select(static i => $"tick {i}"), lines);
        // A stream that takes no more is a reader that is gone.
        both.IsFull = true;
        Assert.Equal(("", (int)Signal.SIGPIPE), (Output(restored), restored.ExitStatus & 0x7F));
    }

    [Fact]
    public void AMachineWithABoundStreamCanBeSavedAgain()
    {
        var (session, child) = Begin("pipe");
        byte[] image;
        using (session) image = Save(child, true);
        string name = NameOf(image, "pipe:[");
        using var seen = new TwoWays();
        var restored = Restore(image, (name, new BindTarget.HostStream(seen)));
        byte[] again;
        using (restored.Machine)
        using (var checkpoint = Checkpointer.Capture(restored.Machine)) again = GuestSession.Bytes(checkpoint);
        var last = Restore(again, (NameOf(again, "pipe:["), new BindTarget.Closed()));
        using var machine = last.Machine;
        Assert.Equal("the end\n", Output(last));
    }

    /// <summary>Were the stream still counted as one that may bring something, the machine would wait for it in real time.</summary>
    [Theory]
    [InlineData("socket", "socket:[")]
    [InlineData("write", "pipe:[")]
    public void AMachineThatBecomesAnotherHasNothingMoreToDoWithABoundStream(string what, string beginning)
    {
        var (session, child) = Begin(what);
        byte[] image;
        using (session) image = Save(child, true);
        using var both = new TwoWays();
        var restored = Restore(image, (NameOf(image, beginning), new BindTarget.HostStream(both)));
        using var machine = restored.Machine;
        using var sleeping = GuestSession.Start(GuestSession.SharedRoot, false, "sleeper", "100000000", "3");
        using var other = MachineImage.Capture(sleeping.Machine);
        machine.Freeze();
        machine.EndInput();
        machine.Execute(emptied => emptied.GoBackTo(again => MachineImage.Fill(again, other, false, eager: true, null, CancellationToken.None)));
        machine.Thaw();
        // It goes back at the end of a turn, and has none while it only waits.
        string said = "";
        WaitUntil(() => (said += machine.Execute(static m => Encoding.UTF8.GetString(m.Streams.TakeAll(StreamKind.Output)))).Contains("slept 3", StringComparison.Ordinal), Patience);
        Assert.EndsWith("slept 1\nslept 2\nslept 3\n", said, StringComparison.Ordinal);
        // What went out before is still being written.
        string written = "";
        WaitUntil(() =>
        {
            string before = written;
            Thread.Sleep(50);
            return (written = both.Written) == before;
        }, Patience);
        both.Send("too late");
        both.Send("");
        Thread.Sleep(50);
        Assert.Equal(written, both.Written);
        Assert.DoesNotContain(machine.Execute(static m => m.Events.ToArray()), static e => e.Kind is MachineEventKind.ExternalInput or MachineEventKind.ExternalEnd);
    }

    [Fact]
    public void NobodyInsideIsToldThatTheOthersEnded()
    {
        var (session, child) = Begin("pipe");
        byte[] image;
        using (session) image = Save(child, true);
        using var checkpoint = Open(image);
        var task = checkpoint.Extended!.OfKind("task").Single(static one => one["pid"] is 3UL);
        Assert.Equal(0UL, task["state"] is (ulong)TaskState.Sleeping or (ulong)TaskState.Running ? 0UL : 1UL);
        Assert.DoesNotContain(checkpoint.Tasks, static one => one.Pid == 2);
    }

    sealed class MemoryStreamToWrite : MemoryStream
    {
        public override bool CanRead => false;
    }

    /// <summary>Gives what it is told to, and keeps what is written.</summary>
    sealed class TwoWays : ForwardStream
    {
        readonly BlockingCollection<byte[]> input = [];

        /// <summary>What is read next; nothing is the end.</summary>
        public void Send(string text) => input.Add(Encoding.UTF8.GetBytes(text));

        readonly StringBuilder written = new();

        public string Written
        {
            get
            {
                lock (written) return written.ToString();
            }
        }

        public volatile bool IsFull;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override int Read(Span<byte> to)
        {
            var bytes = input.Take();
            bytes.CopyTo(to);
            return bytes.Length;
        }

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            if (IsFull) throw new IOException("full");
            lock (written) written.Append(Encoding.UTF8.GetString(bytes));
        }
    }
}
