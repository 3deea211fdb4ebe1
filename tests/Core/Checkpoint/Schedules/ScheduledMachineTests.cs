using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Schedules;

/// <summary>Images are taken when they are due, kept as long as was asked for, and a machine comes back from the newest good one.</summary>
public sealed class ScheduledMachineTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("cr-schedule-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    ScheduleSettings Settings(GuestSession session, ulong? every = null, double? seconds = null) => new()
    {
        Name = "job",
        Instructions = every,
        Period = seconds is { } number ? TimeSpan.FromSeconds(number) : null,
        Origin = session.Machine.RetiredInstructions,
        Keep = 3,
        Root = ScheduleRoot.Of(session.Machine.Options.Root),
    };

    ScheduledMachine Begin(GuestSession session, ScheduleSettings settings) => ScheduledMachine.Begin(ScheduleStore.Create(folder, settings, replace: false), session.Task);

    string[] Images => [.. Directory.GetFiles(folder, "*.cr").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    string RecordPath => Path.Combine(folder, "job.schedule.json");

    static void Until(Func<bool> condition, ScheduledMachine scheduled)
    {
        Assert.True(SpinWait.SpinUntil(() =>
        {
            Thread.Sleep(5);
            return condition();
        }, GuestSession.Patience), scheduled.Status.ToLine());
    }

    [Fact]
    public void EveryImageByCountIsAtItsCountAndTwoRunsGiveTheSameImages()
    {
        string[] first = Run(), second = Run();
        Assert.Equal(first, second);
        Assert.Equal(5, first.Length);

        string[] Run()
        {
            var identities = new List<string>();
            using (var session = GuestSession.StartAlone("counter", "10", "20000"))
            {
                session.RunTo(777);
                using var scheduled = Begin(session, Settings(session, every: 150_000) with { Keep = 100 });
                session.Finish();
                Until(() => scheduled.IsOver, scheduled);
                Assert.Equal(ScheduleState.Ended, scheduled.Status.State);
                Assert.Equal(0, scheduled.Status.ExitCode);
                Assert.Null(scheduled.Status.LastError);
                ulong at = 777;
                foreach (string name in Images)
                {
                    using var checkpoint = Core.Checkpoint.Checkpoint.Open(Path.Combine(folder, name));
                    using var machine = Restorer.Restore(checkpoint, new RestoreOptions { Root = session.Machine.Options.Root, Suspended = true }).Machine;
                    Assert.Equal(at, machine.RetiredInstructions);
                    identities.Add(Convert.ToHexString(checkpoint.Extended!.Identity.Span));
                    at += 150_000;
                }
                Assert.Equal(identities.Count, scheduled.Status.Saved);
            }
            foreach (string file in Directory.GetFiles(folder)) File.Delete(file);
            return [.. identities];
        }
    }

    [Fact]
    public void OnlyTheNewestAreKept()
    {
        using var session = GuestSession.StartAlone("counter", "10", "20000");
        using var scheduled = Begin(session, Settings(session, every: 50_000));
        session.Finish();
        Until(() => scheduled.IsOver, scheduled);
        Assert.Equal(["job-000011.cr", "job-000012.cr", "job-000013.cr"], Images);
        var record = ScheduleFile.Read(RecordPath);
        Assert.Equal([11L, 12L, 13L], record.Images.Select(static image => image.Sequence));
        Assert.Equal(ScheduleState.Ended, record.State);
        Assert.Equal(600_000ul, record.Images[^1].Instructions);
    }

    [Fact]
    public void WhatIncrementsBuildOnIsKept()
    {
        using var session = GuestSession.StartAlone("counter", "10", "20000");
        using var scheduled = Begin(session, Settings(session, every: 50_000) with { FullEvery = 4, Keep = 3 });
        session.Finish();
        Until(() => scheduled.IsOver, scheduled);
        Assert.Null(scheduled.Status.LastError);
        Assert.Empty(scheduled.Status.Warnings);
        // 1, 5, 9 and 13 are full; 11 and 12 need 9 and 10.
        Assert.Equal(["job-000009.cr", "job-000010.cr", "job-000011.cr", "job-000012.cr", "job-000013.cr"], Images);
        Assert.Equal([null, 9L, 10L, 11L, null], ScheduleFile.Read(RecordPath).Images.Select(static image => image.Parent));
        int[] chain = [1, 2, 3, 4, 1];
        ulong at = 400_000;
        int place = 0;
        foreach (string name in Images)
        {
            using var checkpoint = Core.Checkpoint.Checkpoint.Open(Path.Combine(folder, name));
            Assert.Equal(chain[place++], checkpoint.Extended!.ChainLength);
            using var machine = Restorer.Restore(checkpoint, new RestoreOptions { Root = session.Machine.Options.Root, Suspended = true }).Machine;
            Assert.Equal(at, machine.RetiredInstructions);
            at += 50_000;
        }
        scheduled.Dispose();
        // The newest is damaged, and the one before builds on another image than it did; that other one is good.
        File.WriteAllText(Path.Combine(folder, "job-000013.cr"), "");
        File.WriteAllBytes(Path.Combine(folder, "job-000011.cr"), File.ReadAllBytes(Path.Combine(folder, "job-000010.cr")));
        using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath));
        Assert.Equal(450_000ul, resumed.Machine.RetiredInstructions);
        Assert.Equal(2, resumed.Status.Warnings.Count);
        resumed.Machine.Dispose();
    }

    [Fact]
    public void AnImageIsFullWhenTheOneBeforeIsGone()
    {
        using var session = GuestSession.StartAlone("counter").Run();
        using var scheduled = Begin(session, Settings(session, seconds: 0.05) with { FullEvery = 1000, Keep = 1000 });
        Until(() => scheduled.Status.Saved >= 3, scheduled);
        foreach (string image in Images) File.Delete(Path.Combine(folder, image));
        Until(() => scheduled.Status.Warnings.Count > 0, scheduled);
        Assert.Contains("full", scheduled.Status.Warnings[0], StringComparison.Ordinal);
        long saved = scheduled.Status.Saved;
        Until(() => scheduled.Status.Saved > saved, scheduled);
        Assert.Equal(0, scheduled.Status.FailedSaves);
    }

    [Fact]
    public void ImagesByTimeAreTakenWhileTheMachineRunsAndNotWhenNothingHappened()
    {
        using var session = GuestSession.StartAlone("counter").Run();
        using var scheduled = Begin(session, Settings(session, seconds: 0.02));
        Until(() => scheduled.Status.Saved >= 4, scheduled);
        session.Machine.Freeze();
        ulong at = session.Machine.RetiredInstructions;
        Until(() => ScheduleFile.Read(RecordPath).Images[^1] is var last && last.Instructions == at && scheduled.Status.LastSave == last.Taken, scheduled);
        long saved = scheduled.Status.Saved;
        Thread.Sleep(150);
        Assert.Equal(saved, scheduled.Status.Saved);
    }

    [Fact]
    public void AMachineThatCrashesAgainAndAgainIsGivenUp()
    {
        using var session = GuestSession.StartAlone("fault");
        using var scheduled = Begin(session, Settings(session, every: 1_000_000) with { AutoRestart = new RestartSettings { Limit = 2, Delay = TimeSpan.FromMilliseconds(10) } });
        var machines = new List<Machine>();
        scheduled.Restarted = task => machines.Add(task.Machine);
        session.Run();
        Until(() => scheduled.IsOver, scheduled);
        var status = scheduled.Status;
        Assert.Equal((ScheduleState.Failed, 139, 2), (status.State, status.ExitCode, status.Restarts));
        Assert.Equal(2, machines.Count);
        Assert.Equal(3, status.Warnings.Count(static warning => warning.Contains("ended by SIGSEGV", StringComparison.Ordinal)));
        Assert.Contains("given up", status.LastError, StringComparison.Ordinal);
        foreach (var machine in machines) machine.Dispose();
    }

    [Fact]
    public void WhatIsSaidToHaveComeBackRuns()
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        using var session = Shell("read line; kill -SEGV $$");
        using var scheduled = Begin(session, Settings(session, every: 1_000_000) with { AutoRestart = new RestartSettings { Delay = TimeSpan.FromMilliseconds(10) } });
        session.Run();
        session.Machine.SendInput("now\n"u8.ToArray());
        // Without a pause in between: what is seen is what the first who reads it sees.
        Assert.True(SpinWait.SpinUntil(() => scheduled.Status is { Restarts: 1, State: ScheduleState.Running }, GuestSession.Patience));
        Assert.NotEqual(MachineState.Frozen, scheduled.Machine.State);
        scheduled.Machine.Dispose();
    }

    [Fact]
    public void AMachineComesBackFromWhereItWasAndDoesOtherwise()
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        using var session = Shell("while read word; do [ \"$word\" = bad ] && exit 3; echo got $word; done");
        using var scheduled = Begin(session, Settings(session, every: 1_000_000) with { AutoRestart = new RestartSettings { Delay = TimeSpan.FromMilliseconds(10) } });
        Core.Kernel.Task? came = null;
        scheduled.Restarted = task => Volatile.Write(ref came, task);
        session.Run();
        session.Machine.SendInput("one\nbad\n"u8.ToArray());
        Until(() => Volatile.Read(ref came) != null, scheduled);
        using var machine = came!.Machine;
        machine.SendInput("two\nthree\n"u8.ToArray());
        machine.EndInput();
        Assert.True(machine.WaitForExit(came, GuestSession.Patience));
        Until(() => scheduled.IsOver, scheduled);
        Assert.Equal((ScheduleState.Ended, 1), (scheduled.Status.State, scheduled.Status.Restarts));
        Assert.Contains("ended with status 3", scheduled.Status.Warnings[0], StringComparison.Ordinal);
        Assert.Equal("got two\ngot three\n", Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)));
        Assert.True(session.Task.HasExited);
    }

    [Fact]
    public void AMachineWhoseFirstProgramHasCrashedIsNotSavedAnyMore()
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        using var session = Shell("while :; do :; done & read line; kill -SEGV $$");
        using var scheduled = Begin(session, Settings(session, every: 50_000) with { Keep = 4 });
        session.Run();
        Until(() => scheduled.Status.Saved > 3, scheduled);
        session.Machine.SendInput("now\n"u8.ToArray());
        Until(() => scheduled.IsOver, scheduled);
        Assert.Equal((ScheduleState.Failed, 139, 0L), (scheduled.Status.State, scheduled.Status.ExitCode, scheduled.Status.FailedSaves));
        Assert.Equal(4, Images.Length);
        foreach (string name in Images)
        {
            using var checkpoint = Core.Checkpoint.Checkpoint.Open(Path.Combine(folder, name));
            Assert.True(checkpoint.Tasks.Single(task => task.Pid == session.Task.Pid).IsAlive, name);
        }
    }

    [Fact]
    public void AMachineThatHadCrashedWhenItIsParkedGoesOnFromBefore()
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        using (var session = Shell("read line; [ $line = bad ] && kill -SEGV $$; echo got $line"))
        {
            using var scheduled = Begin(session, Settings(session, seconds: 1000));
            session.Machine.SendInput("bad\n"u8.ToArray());
            session.Finish();
            Assert.True(scheduled.Park());
            Assert.Equal((ScheduleState.Failed, 139), (scheduled.Status.State, scheduled.Status.ExitCode));
        }
        using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath));
        using var machine = resumed.Machine;
        Assert.True(resumed.First is { HasExited: false });
    }

    [Fact]
    public void AMachineThatHasComeToItsEndIsLeftToNobody()
    {
        foreach (string guest in (string[])["hello", "fault"])
        {
            using var session = GuestSession.StartAlone(guest);
            session.Finish();
            using var store = ScheduleStore.Create(folder, Settings(session, seconds: 1000), replace: false);
            var refusal = Assert.Throws<CheckpointRefusedException>(() => ScheduledMachine.Leave(store, session.Task, 0, 0));
            Assert.Contains("has ended", refusal.Message, StringComparison.Ordinal);
            Assert.Empty(Images);
            store.RemoveFiles();
        }
    }

    [Fact]
    public void AMachineThatHadEndedWellWhenItIsParkedIsOver()
    {
        using var session = GuestSession.StartAlone("counter", "10", "20000");
        using var scheduled = Begin(session, Settings(session, seconds: 1000));
        session.Finish();
        Assert.True(scheduled.Park());
        Assert.Equal((ScheduleState.Ended, 0, 1L), (scheduled.Status.State, scheduled.Status.ExitCode, scheduled.Status.Saved));
    }

    [Fact]
    public void WhatSomebodyEndsOnPurposeStaysEnded()
    {
        foreach (var end in (Action<GuestSession>[])[static s => s.Machine.SendSignal(s.Task, Signal.SIGTERM), static s => s.Machine.Kill(s.Task), static s => s.Machine.KillAll(), static s => s.Machine.Dispose()])
        {
            using var session = GuestSession.StartAlone("counter").Run();
            using (var scheduled = Begin(session, Settings(session, every: 1_000_000_000_000) with { AutoRestart = new RestartSettings() }))
            {
                end(session);
                Until(() => scheduled.IsOver, scheduled);
                Assert.Equal(0, scheduled.Status.Restarts);
                Assert.True(scheduled.Status.State is ScheduleState.Ended or ScheduleState.Stopped, scheduled.Status.ToLine());
                Assert.Empty(scheduled.Status.Warnings);
            }
            foreach (string file in Directory.GetFiles(folder)) File.Delete(file);
        }
    }

    [Fact]
    public void ADamagedImageIsPassedOver()
    {
        using (var session = GuestSession.StartAlone("counter", "10", "20000"))
        {
            using var scheduled = Begin(session, Settings(session, every: 150_000));
            session.Finish();
            Until(() => scheduled.IsOver, scheduled);
        }
        // The newest in its pages, so that it opens; the one before in its structure.
        string[] images = Images;
        string newest = Path.Combine(folder, images[^1]);
        using (var checkpoint = Core.Checkpoint.Checkpoint.Open(newest)) Assert.True(checkpoint.PagesStored > 1);
        byte[] bytes = File.ReadAllBytes(newest);
        int page = bytes.AsSpan().IndexOf("\x7fELF"u8) is var found and >= 0 ? found : bytes.Length / 2;
        bytes[page] ^= 0x10;
        File.WriteAllBytes(newest, bytes);
        File.WriteAllBytes(Path.Combine(folder, images[^2]), File.ReadAllBytes(Path.Combine(folder, images[^2]))[..1000]);
        using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath));
        using var machine = resumed.Machine;
        Assert.Equal(2, resumed.Status.Warnings.Count);
        Assert.Contains(images[^1], resumed.Status.Warnings[0], StringComparison.Ordinal);
        Assert.Contains(images[^2], resumed.Status.Warnings[1], StringComparison.Ordinal);
        Assert.Equal(300_000ul, machine.RetiredInstructions);
        machine.EndInput();
        machine.Thaw(resumed.First);
        Until(() => resumed.IsOver, resumed);
        Assert.Equal(ScheduleState.Ended, resumed.Status.State);
        // The same counts again, under new numbers; the damaged ones are gone with what was too old.
        Assert.Equal(3, Images.Length);
        Assert.DoesNotContain(images[^1], Images);
    }

    [Fact]
    public void WhatAKilledHostHadHalfWrittenIsTakenAway()
    {
        using (var session = GuestSession.StartAlone("counter", "10", "20000"))
            Begin(session, Settings(session, every: 1_000_000)).Dispose();
        string[] left = [".job-000002.cr.abcdefgh.ijk.tmp", ".job.schedule.json.abcdefgh.ijk.tmp"], others = [".job-b-000002.cr.abcdefgh.ijk.tmp", ".jobs.schedule.json.abcdefgh.ijk.tmp"];
        foreach (string name in (string[])[.. left, .. others]) File.WriteAllText(Path.Combine(folder, name), "half");
        using var store = ScheduleStore.Open(RecordPath);
        foreach (string name in left) Assert.False(File.Exists(Path.Combine(folder, name)), name);
        foreach (string name in others) Assert.True(File.Exists(Path.Combine(folder, name)), name);
        Assert.Equal(["job-000001.cr"], Images);
    }

    [Fact]
    public void WithoutAGoodImageNothingIsMade()
    {
        using (var session = GuestSession.StartAlone("counter", "10", "20000"))
        {
            Begin(session, Settings(session, every: 1_000_000)).Dispose();
        }
        File.WriteAllText(Path.Combine(folder, Images[0]), "no image");
        using var store = ScheduleStore.Open(RecordPath);
        Assert.Equal(ScheduleProblem.NoGoodImage, Assert.Throws<ScheduleException>(() => ScheduledMachine.Resume(store)).Problem);
    }

    [Fact]
    public void AFailedSaveIsToldAndTheMachineGoesOnAndIsSavedLater()
    {
        using var session = GuestSession.StartAlone("counter").Run();
        using var scheduled = Begin(session, Settings(session, seconds: 0.02));
        Until(() => scheduled.Status.Saved >= 2, scheduled);
        string away = folder + ".away";
        Directory.Move(folder, away);
        try
        {
            Until(() => scheduled.Status.FailedSaves >= 2, scheduled);
            Assert.Contains(folder, scheduled.Status.LastError, StringComparison.Ordinal);
            Assert.Equal(ScheduleState.Running, scheduled.Status.State);
            ulong before = session.Machine.RetiredInstructions;
            Until(() => session.Machine.RetiredInstructions > before, scheduled);
            Assert.NotEmpty(Directory.GetFiles(away, "*.cr"));
        }
        finally
        {
            Directory.Move(away, folder);
        }
        long saved = scheduled.Status.Saved;
        Until(() => scheduled.Status.Saved >= saved + 2, scheduled);
    }

    [Fact]
    public void OnlyOneWorksWithASchedule()
    {
        using var session = GuestSession.StartAlone("counter").Run();
        using (Begin(session, Settings(session, seconds: 100)))
        {
            Assert.Equal(ScheduleProblem.InUse, Assert.Throws<ScheduleException>(() => ScheduleStore.Open(RecordPath)).Problem);
            Assert.Equal(ScheduleProblem.InUse, Assert.Throws<ScheduleException>(() => ScheduleStore.Create(folder, Settings(session, seconds: 100), replace: true)).Problem);
        }
        Assert.Equal(ScheduleProblem.Exists, Assert.Throws<ScheduleException>(() => ScheduleStore.Create(folder, Settings(session, seconds: 100), replace: false)).Problem);
        using (var again = ScheduledMachine.Begin(ScheduleStore.Create(folder, Settings(session, seconds: 100), replace: true), session.Task))
        {
            Assert.Equal(["job-000002.cr"], Images);
            again.RemoveFiles();
        }
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void AParkedMachineGoesOnWhereItWas()
    {
        string straight;
        using (var session = GuestSession.StartAlone("counter", "10", "20000")) straight = session.Finish().Output;
        string output;
        using (var session = GuestSession.StartAlone("counter", "10", "20000").RunTo(200_000))
        {
            using var scheduled = Begin(session, Settings(session, every: 1_000_000));
            session.RunTo(333_333);
            output = session.TakeOutput();
            Assert.True(scheduled.Park());
            Assert.True(session.Machine.HasEnded);
        }
        Assert.Equal(ScheduleState.Parked, ScheduleFile.Read(RecordPath).State);
        using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath));
        Assert.Equal(333_333ul, resumed.Machine.RetiredInstructions);
        Assert.Equal(straight, output + new GuestSession(resumed.First).Finish().Output);
        resumed.Machine.Dispose();
    }

    [Fact]
    public void OutputThatIsKeptHasEveryByteOnceWhereverTheMachineDied()
    {
        string straight;
        using (var session = GuestSession.StartAlone("counter", "200", "2000")) straight = session.Finish().Output;
        string log = Path.Combine(folder, "out"), errors = Path.Combine(folder, "err");
        using (var session = GuestSession.StartAlone("counter", "200", "2000")) Begin(session, Settings(session, every: 30_001)).Dispose();
        // Each time it dies in another place, without a word to the schedule.
        for (ulong round = 1; ; round++)
        {
            using var output = new ScheduleOutput(log, errors);
            using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath), output);
            var machine = resumed.Machine;
            machine.EndInput();
            Assert.True(round < 50);
            if (machine.RunTo(machine.RetiredInstructions + 47_003 * round, resumed.First, GuestSession.Patience))
            {
                output.Flush();
                machine.Dispose();
                continue;
            }
            Until(() => resumed.IsOver, resumed);
            Assert.Equal(ScheduleState.Ended, resumed.Status.State);
            machine.Dispose();
            break;
        }
        Assert.Equal(straight, File.ReadAllText(log));
        Assert.Empty(File.ReadAllText(errors));
    }

    [Fact]
    public void OutputThatCannotBeWrittenIsToldAndNoImageCountsOnIt()
    {
        if (!OperatingSystem.IsLinux()) return;
        using (var session = GuestSession.StartAlone("counter", "200", "2000")) Begin(session, Settings(session, every: 30_001)).Dispose();
        using var output = new ScheduleOutput("/dev/full", Path.Combine(folder, "err"));
        using var resumed = ScheduledMachine.Resume(ScheduleStore.Open(RecordPath), output);
        using var machine = resumed.Machine;
        string[] before = Images;
        machine.Thaw();
        machine.Thaw(resumed.First);
        Until(() => resumed.IsOver, resumed);
        const string Told = "what the machine says cannot be written to '/dev/full': No space left on device";
        var status = ScheduleStatus.Parse(resumed.Status.ToLine());
        Assert.Equal((ScheduleState.Ended, Told), (status.State, status.LastError));
        Assert.Single(status.Warnings, Told);
        Assert.True(status.FailedSaves > 1);
        Assert.Equal(before, Images);
    }

    [Fact]
    public void OutputThatFoundTheDiskFullIsThereWholeOnceThereIsRoom()
    {
        if (OperatingSystem.IsWindows()) return;
        string straight, image = Path.Combine(folder, "x.cr"), log = Path.Combine(folder, "log");
        var options = GuestSession.Options(GuestSession.SharedRoot);
        var program = new ProgramOptions { FilePath = "/guests/counter", Arguments = ["200", "2000"], Suspended = true };
        using (var session = GuestSession.Start(options, program))
        {
            using (var checkpoint = Checkpointer.Capture(session.Machine)) Checkpointer.Write(checkpoint, image);
            straight = session.Finish().Output;
        }
        using var process = new Extended.ImageProcess(GuestSession.SharedRoot);
        process.Restore(image, watched: 0);
        process.Ask("keep", log);
        process.Limit(100, kills: false);
        process.Run(100_000_000);
        Assert.Contains("cannot be written", Assert.Throws<InvalidOperationException>(() => process.Ask("kept")).Message, StringComparison.Ordinal);
        string written = File.ReadAllText(log + ".out");
        Assert.InRange(written.Length, 0, 100);
        Assert.StartsWith(written, straight, StringComparison.Ordinal);
        process.Limit(long.MaxValue, kills: false);
        Assert.Equal("1", process.Ask("kept"));
        Assert.Equal(straight, File.ReadAllText(log + ".out"));
    }

    static GuestSession Shell(string script) => GuestSession.Start(
        GuestSession.Options(GuestSession.SharedRoot),
        new ProgramOptions { FilePath = "/bin/sh", Arguments = ["-c", script], Suspended = true });
}
