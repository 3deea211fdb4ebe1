using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>A save that fails leaves the old file and the task, a restore that fails leaves nothing.</summary>
public sealed class FailureTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("cr-failure-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void AFailedSaveLeavesTheOldFileAndTheCheckpointAndTheTask()
    {
        string path = Path.Combine(folder, "x.cr");
        using var session = GuestSession.StartAlone("toucher", "60", "0");
        using (var first = Checkpointer.Capture(session.RunTo(5_000).Task)) Checkpointer.Write(first, path);
        byte[] old = File.ReadAllBytes(path);
        using var second = Checkpointer.Capture(session.RunTo(9_000).Task);
        string before = StateHash.Compute(session.Task);

        Assert.Throws<IOException>(() => Checkpointer.Write(second, path));
        Assert.Throws<IOException>(() => Checkpointer.Write(second, path, overwrite: true, new Breaking(100_000)));
        using (var cancelled = new CancellationTokenSource())
        {
            cancelled.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => Checkpointer.Write(second, path, overwrite: true, null, cancelled.Token));
        }
        Assert.Throws<DirectoryNotFoundException>(() => Checkpointer.Write(second, Path.Combine(folder, "none", "x.cr")));
        if (OperatingSystem.IsLinux())
        {
            Assert.Throws<IOException>(() => Checkpointer.Write(second, "/dev/full", overwrite: true));
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            Assert.Throws<IOException>(() => Checkpointer.Write(second, full));
        }

        Assert.Null(second.Path);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder));
        Assert.Equal(before, StateHash.Compute(session.Task));
        Checkpointer.Write(second, path, overwrite: true);
        Equality.Check(GuestSession.Bytes(second), File.ReadAllBytes(path));
    }

    [Fact]
    public void AProgramWhoseImageFillsTheDiskIsToldAndLivesOn()
    {
        string root = GuestSession.NewRoot();
        try
        {
            var options = GuestSession.Options(root, writable: true);
            using var session = GuestSession.Start(
                options with { Root = options.Root with { OverlayLimit = 16 << 10 } },
                new ProgramOptions { FilePath = "/guests/ckpt", Arguments = ["/tmp/out", "2", "exit"], OutputPath = "/tmp/image", Suspended = true });
            Assert.Equal(0, session.Finish().ExitCode);
            Assert.Contains($"(ret = {-(int)Errno.ENOSPC})", File.ReadAllText(Path.Combine(root, "tmp/out")), StringComparison.Ordinal);
            Assert.InRange(new FileInfo(Path.Combine(root, "tmp/image")).Length, 1, 16 << 10);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void AFailedRestoreIntoAMachineLeavesItsTasksAlone()
    {
        byte[] image;
        using (var session = GuestSession.StartAlone("counter")) image = session.RunTo(3_000).Image();
        var options = GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program("counter") } };
        using var bystander = GuestSession.Start(options with { MaximumTasks = 2 }, new ProgramOptions { Suspended = true });
        bystander.RunTo(2_000);
        string before = StateHash.Compute(bystander.Task);
        long used = bystander.Machine.Account.Used;
        var into = new RestoreOptions { Into = bystander.Machine };
        var tries = new (byte[] Image, Errno Errno)[]
        {
            (image, Errno.EBUSY),
            (image.SetParent(RecordType.Mm, 7), Errno.EAGAIN),
            (image.Set(RecordType.Head, "major", 2), Errno.EINVAL),
        };
        foreach (var (bytes, errno) in tries)
        {
            using var checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(bytes));
            var error = Assert.ThrowsAny<Exception>(() => Restorer.Restore(checkpoint, into));
            Assert.Equal(errno, (error as RestoreException)?.Errno ?? (error as CheckpointImageException)?.Errno);
            Assert.Equal([bystander.Task], bystander.Machine.Tasks);
            Assert.Equal(used, bystander.Machine.Account.Used);
            Assert.Equal(before, StateHash.Compute(bystander.Task));
        }
        bystander.RunTo(4_000);
        Assert.Null(bystander.Machine.Failure);
    }

    [Fact]
    public void ATaskThatFillsItsMemorySurvivesACheckpoint()
    {
        const uint Pages = 900;
        var options = GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program("toucher") }, MemoryLimit = 1000 * Frame.Size };
        using var session = GuestSession.Start(options, new ProgramOptions { Arguments = [$"{Pages}", "0"], Suspended = true });
        session.RunUntil("\n");
        var account = session.Machine.Account;
        using (var checkpoint = Checkpointer.Capture(session.Task))
        {
            byte[] before = GuestSession.Bytes(checkpoint);
            session.Machine.Execute(_ =>
            {
                var space = session.Task.AddressSpace!;
                foreach (var region in space.Regions.Where(region => (region.Flags & VmFlags.Write) != 0).ToArray())
                    for (uint address = region.Start; address < region.End; address += Frame.Size)
                        if (region.Source == null && region.End - region.Start >= Pages * Frame.Size) Assert.NotEqual(0, space.ResolveWrite(address));
            });
            Assert.True(account.Used > account.Limit);
            Equality.Check(before, GuestSession.Bytes(checkpoint));
        }
        Assert.InRange(account.Used, Pages, account.Limit);
        session.Machine.Thaw();
        session.RunUntil("\n");
        session.Machine.Stop();
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void ACheckpointDisposedWhileItIsWrittenEndsTheWritingAlone()
    {
        using var session = GuestSession.StartAlone("toucher", "2000", "0");
        session.RunUntil("\n");
        for (int round = 0; round < 8; round++)
        {
            var checkpoint = Checkpointer.Capture(session.Task);
            Exception? error = null;
            var writer = new Thread(() => error = Record.Exception(() => Checkpointer.Write(checkpoint, Stream.Null)));
            writer.Start();
            Thread.SpinWait(round * 20_000);
            checkpoint.Dispose();
            writer.Join();
            Assert.True(error is null or ObjectDisposedException, error?.ToString());
        }
        session.Machine.Stop();
        Assert.Equal(0, session.Machine.Account.Used);
    }

    /// <summary>A disk that is full after so many bytes.</summary>
    sealed class Breaking(long after) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value > after) throw new IOException("No space left on device");
        }
    }
}
