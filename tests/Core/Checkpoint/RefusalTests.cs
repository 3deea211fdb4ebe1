using CheckpointRestart.Core.Checkpoint;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>What v5 cannot carry is refused with the original's errno and a sentence that names the object; the task goes on unharmed.</summary>
public class RefusalTests
{
    [Theory]
    [InlineData("sharedmap", Errno.ENOSYS, "of task 2 (sharedmap) is shared: v5 carries private memory")]
    [InlineData("pipeholder", Errno.EBADF, "of task 2 (pipeholder) is a pipe: v5 carries regular files, directories and symlinks")]
    [InlineData("socketholder", Errno.EBADF, "of task 2 (socketholder) is a socket: v5 carries regular files, directories and symlinks")]
    [InlineData("twothreads", Errno.EBUSY, "task 2 (twothreads) has 2 threads")]
    [InlineData("childholder", Errno.EBUSY, "task 2 (childholder) has a live child, 3 (childholder)")]
    [InlineData("deleted", Errno.EBADF, "is deleted: v5 saves files by name")]
    [InlineData("vforker", Errno.EBUSY, "task 2 (vforker) has a live child")]
    public void TheObjectIsNamed(string guest, Errno errno, string sentence)
    {
        using var session = GuestSession.Start(GuestSession.SharedRoot, writable: false, guest);
        session.RunUntil("ready");
        var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Capture(session.Task));
        Assert.Equal(errno, refused.Errno);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.False(session.Task.HasExited);
    }

    [Fact]
    public void AFileThatIsOnlyInTheOverlayIsRefusedWithAdvice()
    {
        using var session = GuestSession.Start(GuestSession.SharedRoot, writable: false, "dupwriter", "/tmp/dup", "0");
        session.RunTo(20_000);
        var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Capture(session.Task));
        Assert.Equal(Errno.EBADF, refused.Errno);
        Assert.Contains("/tmp/dup", refused.Message, StringComparison.Ordinal);
        Assert.Contains("-RootWritable", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATracedTaskAndItsTracerAreRefused()
    {
        using var session = GuestSession.StartAlone("tracer", "hold");
        session.RunUntil("ready");
        session.Machine.Execute(machine =>
        {
            var child = machine.Tasks.Single(task => task.Pid == 3);
            Assert.Contains(V5Rules.FindObstacles(child, inCall: false), obstacle => obstacle.Errno == Errno.EBUSY && obstacle.Reason.Contains("is traced by 2 (tracer)", StringComparison.Ordinal));
            Assert.Contains(V5Rules.FindObstacles(session.Task, inCall: false), obstacle => obstacle.Reason.Contains("traces 3 (tracer)", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void ATaskThatHasEndedIsRefusedWithEagain()
    {
        using var session = GuestSession.StartAlone("hello");
        session.Finish();
        Assert.Equal(Errno.EAGAIN, Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Capture(session.Task)).Errno);
    }

    [Fact]
    public void WhatIsLeftOutIsListedAndStrictRefusesIt()
    {
        using var session = GuestSession.StartAlone("debugreg", "0");
        session.RunUntil("watch");
        session.Machine.Thaw();
        session.RunUntil("\n");
        using (var checkpoint = Checkpointer.Capture(session.Task))
            Assert.Contains(checkpoint.NotCarried, item => item.Kind == "SignalHandlers" && item.Text.Contains("SIGTRAP", StringComparison.Ordinal));
        var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Capture(session.Task, new CaptureOptions { Strict = true }));
        Assert.Contains("SIGTRAP", refused.Message, StringComparison.Ordinal);
    }
}
