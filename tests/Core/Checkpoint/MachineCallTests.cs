using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using CheckpointFile = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>System calls 333 and 334 with flags: programs that save other programs or their whole machine, and go back.</summary>
public sealed class MachineCallTests : IDisposable
{
    string? made;

    string Root => made ??= GuestSession.NewRoot(withBusybox: GuestFiles.Busybox != null);

    public void Dispose()
    {
        if (made != null) Directory.Delete(made, recursive: true);
    }

    static GuestSession Run(string guest, params string[] arguments) => GuestSession.Start(GuestSession.SharedRoot, false, guest, arguments);

    GuestSession RunHere(string guest, params string[] arguments) => GuestSession.Start(Root, true, guest, arguments);

    GuestSession Shell(string script) => GuestSession.Start(GuestSession.Options(Root, writable: true), new ProgramOptions { FilePath = "/bin/busybox", Arguments = ["sh", "-c", script], Suspended = true });

    string Host(string path) => Path.Combine(Root, path);

    GuestSession Restore(string path) => new(Restorer.Restore(CheckpointFile.Open(Host(path)), new RestoreOptions { Root = GuestSession.Options(Root, writable: true).Root, Suspended = true }));

    [Fact]
    public void AMachineGoesBackWithAllItsProcessesAsOftenAsItIsAsked()
    {
        using var session = Run("machinecall", "back");
        session.Machine.SendInput("xy"u8.ToArray());
        var (output, exitCode) = session.Finish();
        const string Rest = "after 3\nafter 4\nchild told 4\n";
        Assert.Equal($"before 1\nbefore 2\n{Rest}back again\n{Rest}back again\n{Rest}", output);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(session.Machine.Tasks, static task => !task.HasExited);
    }

    [Fact]
    public void ATaskThatTheHostKnowsIsTheSameOneAfterTheMachineWentBack()
    {
        using var session = Run("machinecall", "back");
        string first = session.RunUntil("child told");
        Assert.Equal(2, session.Machine.LastPid - 1);
        var task = session.Task;
        ulong before = session.Machine.RetiredInstructions;
        session.Machine.SendInput("x"u8.ToArray());
        session.Machine.Thaw();
        session.RunUntil("back again");
        Assert.NotSame(task, task.Latest);
        Assert.Equal(task.Pid, task.Latest.Pid);
        Assert.Same(task.Machine, task.Latest.Machine);
        Assert.False(task.Latest.HasExited);
        Assert.True(session.Machine.RetiredInstructions < before + 1000, "the count of instructions goes back too");
        Assert.Equal(0, session.Finish().ExitCode);
        Assert.Contains("before 1", first, StringComparison.Ordinal);
    }

    [Fact]
    public void AMachineThatWentBackGivesTheSameImageAsOneRestored()
    {
        using var session = Run("machinecall", "back");
        session.RunUntil("after 3");
        using var image = MachineImage.Capture(session.Machine);
        using var other = MachineImage.Restore(image, session.Machine.Options.Root);
        using (var again = MachineImage.Capture(other)) Assert.Equal("", Extended.ImageComparison.FirstDifference(image, again));
        Assert.Equal(StateHash.Compute(session.Machine, StateHashScope.Full), StateHash.Compute(other, StateHashScope.Full));
        session.Machine.Execute(machine => machine.GoBackTo(emptied => MachineImage.Fill(emptied, image, false, eager: true, null, CancellationToken.None)));
        session.Machine.Thaw();
        session.Machine.EndInput();
        Assert.True(session.Machine.WaitForExit(session.Task, GuestSession.Patience));
        using var straight = new GuestSession(other.Tasks[0]);
        Assert.Equal(straight.Finish().ExitCode, session.Task.ExitCode);
        Assert.Equal(other.RetiredInstructions, session.Machine.RetiredInstructions);
    }

    [Fact]
    public void ATaskKeepsItselfInMemoryAsV5HasItAndGoesBack()
    {
        using var session = Run("machinecall", "self");
        Assert.Equal(("checkpoint: 1\ntries 1\ncheckpoint: 0\ntries 1\nforget: 0\nagain: ESRCH\n", 0), session.Finish());
    }

    [Fact]
    public void ArgumentsHaveTheirErrno()
    {
        using var session = Run("machinecall", "errors");
        Assert.Equal(
            """
            unknown flag: EINVAL
            a subtree in v5: EINVAL
            memory and a descriptor: EINVAL
            no descriptor: EBADF
            a closed descriptor: EBADF
            nobody: ESRCH
            init: EINVAL
            a negative pid: EINVAL
            the subtree of no pid: EINVAL
            a process with a child: EBUSY
            v5 with a child: EBUSY
            a zombie: EAGAIN
            unknown restart flag: EINVAL
            restart of no number: ESRCH
            forget no number: ESRCH
            forget a descriptor: EINVAL
            a format for a number: EINVAL
            restart from nothing: EBADF
            restart from an empty pipe: EPIPE
            restart from a program: EINVAL

            """, session.Finish().Output);
    }

    [Fact]
    public void AMachineKeepsSoManyCheckpointsAndNoMore()
    {
        using var session = Run("machinecall", "full");
        Assert.Equal($"kept {KeptCheckpoints.Most}\none more: ENOSPC\nforget: 0\nforget again: ESRCH\nroom again\n", session.Finish().Output);
    }

    [Fact]
    public void KeptCheckpointsDoNotHoldMorePagesThanTheMachineMayHave()
    {
        var options = GuestSession.Options(GuestSession.SharedRoot) with { MemoryLimit = 512 << 10 };
        using var session = GuestSession.Start(options, new ProgramOptions { FilePath = "/guests/machinecall", Arguments = ["full"], Suspended = true });
        string output = session.Finish().Output;
        Assert.Contains("one more: ENOMEM\n", output, StringComparison.Ordinal);
        Assert.EndsWith("room again\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void WhoeverHasNoRightToItGetsNoOthersMemory()
    {
        using var session = Run("machinecall", "rights");
        Assert.Equal(
            """
            another user's number: EPERM
            forget another user's: EPERM
            another user's process: EPERM
            the machine: EPERM
            itself: kept
            the machine of itself: EPERM
            a machine from a file: EPERM

            """, session.Finish().Output);
    }

    [Fact]
    public void AProgramSavesItsMachineIntoItsOwnRootAndTheImageKnowsThatItIsRestored()
    {
        using (var session = RunHere("checkpoint", "-a", "/tmp/machine")) Assert.Equal(("checkpoint 1\n", 0), session.Finish());
        byte[] image = File.ReadAllBytes(Host("tmp/machine"));
        using (var restored = Restore("tmp/machine"))
        {
            Assert.Equal("checkpoint", restored.Task.Comm);
            Assert.Equal(("restored\n", 0), restored.Finish());
        }
        // Its own file is open in it, and nothing that is written there harms the image.
        Assert.Equal(image, File.ReadAllBytes(Host("tmp/machine")));
    }

    [Fact]
    public void AMachineBecomesThatOfAFile()
    {
        string straight, before;
        ulong length;
        using (var session = RunHere("machinecall", "back"))
        {
            straight = session.Finish().Output;
            length = session.Machine.RetiredInstructions;
        }
        using (var session = RunHere("machinecall", "back").RunTo(length / 2))
        {
            before = session.TakeOutput();
            using var checkpoint = Checkpointer.Capture(session.Machine);
            Checkpointer.Write(checkpoint, Host("tmp/other"));
        }
        // The caller's pid is in use there too; who waits for it waits for the program that has it now.
        using var later = RunHere("restart", "/tmp/other");
        var (output, exitCode) = later.Finish();
        Assert.Equal((straight, 0), (before + output, exitCode));
        Assert.Equal(length, later.Machine.RetiredInstructions);
    }

    [Theory]
    [InlineData("cut", Errno.EPIPE)]
    [InlineData("damaged", Errno.EIO)]
    [InlineData("processor", Errno.EINVAL)]
    [InlineData("file", Errno.ENOENT)]
    public void AfterABadImageTheMachineGoesOn(string kind, Errno errno)
    {
        var options = GuestSession.Options(Root, writable: true);
        if (kind == "processor") options = options with { Cpu = Core.Cpu.CpuModel.I586 };
        File.Copy(Host("guests/loop"), Host("tmp/loop"));
        using (var session = GuestSession.Start(options, new ProgramOptions { FilePath = "/tmp/loop", Suspended = true }))
        using (var checkpoint = Checkpointer.Capture(session.Machine)) Checkpointer.Write(checkpoint, Host("tmp/bad"));
        byte[] image = File.ReadAllBytes(Host("tmp/bad"));
        if (kind == "cut") File.WriteAllBytes(Host("tmp/bad"), image[..(image.Length / 2)]);
        if (kind == "damaged") File.WriteAllBytes(Host("tmp/bad"), [.. image[..600], (byte)(image[600] ^ 1), .. image[601..]]);
        if (kind == "file") File.Delete(Host("tmp/loop"));
        using var caller = RunHere("restart", "/tmp/bad");
        Assert.Equal((int)errno, caller.Finish().ExitCode);
        Assert.Equal($"restart: /tmp/bad: {errno}\n", Encoding.UTF8.GetString(caller.Machine.Streams.TakeAll(Core.Files.StreamKind.Error)));
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("checkpoint", "-a", "-s", "/tmp/x")]
    [InlineData("checkpoint", "-a", "-m", "/tmp/x")]
    [InlineData("checkpoint", "-x", "/tmp/x")]
    [InlineData("checkpoint", "-p")]
    [InlineData("restart")]
    [InlineData("restart", "-c")]
    [InlineData("restart", "-f", "-d", "1")]
    [InlineData("restart", "/tmp/x", "/tmp/y")]
    public void WrongUsageIsTold(string guest, params string[] arguments)
    {
        using var session = Run(guest, arguments);
        Assert.Equal(64, session.Finish().ExitCode);
        Assert.StartsWith($"usage: {guest} ", Encoding.UTF8.GetString(session.Machine.Streams.TakeAll(Core.Files.StreamKind.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public void AShellSavesAPartOfItsProcesses()
    {
        if (GuestFiles.Busybox == null) return;
        using (var session = Shell("(trap 'echo done; exit 3' TERM; echo on; while :; do sleep 1; done) & child=$!; sleep 2; /guests/checkpoint -s -p $child /tmp/part && kill $child; wait $child; echo $?"))
        {
            Assert.Equal(("on\ncheckpoint 1\ndone\n3\n", 0), session.Finish());
        }
        using var restored = Restore("tmp/part");
        // The shell that it had for a parent, and checkpoint itself, are not in it.
        Assert.DoesNotContain(restored.Machine.Tasks, static task => task.Comm == "checkpoint" && !task.HasExited);
        Assert.All(restored.Machine.Tasks, task => Assert.True(ReferenceEquals(task, restored.Task) || ReferenceEquals(task.Parent, restored.Task)));
        restored.Machine.Thaw();
        restored.Machine.SendSignal(restored.Task, Signal.SIGTERM);
        Assert.Equal(("on\ndone\n", 3), restored.Finish());
    }

    [Fact]
    public void AShellGoesBackToACheckpointInMemory()
    {
        if (GuestFiles.Busybox == null) return;
        using var session = Shell("echo one > /dev/shm/state; /guests/checkpoint -a -m; cat /dev/shm/state; echo two > /dev/shm/state; [ -e /tmp/been ] || { touch /tmp/been; exec /guests/restart -c 1; }; cat /dev/shm/state; exit 5");
        Assert.Equal(("checkpoint 1\none\nrestored\none\ntwo\n", 5, ""), (session.Finish().Output, session.Task.ExitCode, Encoding.UTF8.GetString(session.Machine.Streams.TakeAll(Core.Files.StreamKind.Error))));
    }

    [Fact]
    public void PipesTakeAnImageInPieces()
    {
        if (GuestFiles.Busybox == null) return;
        using (var session = Shell("/guests/checkpoint -a - | cat > /tmp/piped"))
            Assert.Equal(0, session.Finish().ExitCode);
        using var checkpoint = CheckpointFile.Open(Host("tmp/piped"));
        Assert.Contains(checkpoint.Tasks, static task => task.Comm == "checkpoint");
        Assert.Equal(3, checkpoint.Tasks.Count);
    }
}
