using System.Globalization;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Whatever ends a save of a machine, the old image is as it was, and the new one whole or not there.</summary>
/// <remarks>CR_TEST_KILLS says at how many places of a save its process is killed (2 for each way of writing).</remarks>
public sealed class FailedSaveTests : IDisposable
{
    static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("CR_TEST_KILLS") ?? "2", CultureInfo.InvariantCulture);

    readonly string folder = Directory.CreateTempSubdirectory("cr-failed-save-").FullName;

    string Target => Path.Combine(folder, "x.cr");

    /// <summary>How an image is written: see tests/ImageHost.</summary>
    public static TheoryData<string> Ways => ["plain", "packed", "increment", "v5"];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Ways))]
    public void ADiskThatFillsUpIsToldAndLeavesTheOldImage(string way)
    {
        if (OperatingSystem.IsWindows()) return;
        byte[] old = Save(4_000, way == "v5");
        int pid = PidOf(Other);
        using var process = new ImageProcess(GuestSession.SharedRoot);
        process.Restore(Other, pid);
        PrepareFor(way, process);
        int others = Directory.GetFileSystemEntries(folder).Length;
        process.Ask("save", Target, way);
        long length = new FileInfo(Target).Length;
        File.WriteAllBytes(Target, old);
        foreach (long room in (long[])[0, 1, 8, length / 3, length / 2, length - 1])
        {
            process.Limit(room, kills: false);
            var error = Assert.Throws<InvalidOperationException>(() => process.Ask("save", Target, way));
            Assert.StartsWith($"IOException {27}: '{Target}' cannot be written: ", error.Message, StringComparison.Ordinal);
            Assert.Equal(old, File.ReadAllBytes(Target));
            Assert.Equal(others, Directory.GetFileSystemEntries(folder).Length);
        }
        process.Limit(long.MaxValue, kills: false);
        process.Ask("save", Target, way);
        Assert.Equal(length, new FileInfo(Target).Length);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void AKilledWriterLeavesTheOldImageOrNoneAndNothingInTheWay(string way)
    {
        if (OperatingSystem.IsWindows()) return;
        byte[] old = Save(4_000, way == "v5");
        int pid = PidOf(Other);
        long length;
        using (var process = new ImageProcess(GuestSession.SharedRoot))
        {
            process.Restore(Other, pid);
            PrepareFor(way, process);
            process.Ask("save", Target, way);
            length = new FileInfo(Target).Length;
        }
        for (int i = 0; i < Kills; i++)
        {
            bool isNew = i % 2 == 1;
            if (isNew) File.Delete(Target);
            else File.WriteAllBytes(Target, old);
            using (var process = new ImageProcess(GuestSession.SharedRoot))
            {
                process.Restore(Other, pid);
                PrepareFor(way, process);
                process.Limit(length * i / Kills, kills: true);
                Assert.Throws<EndOfStreamException>(() => process.Ask("save", Target, way));
                Assert.Equal(128 + 25, process.WaitForEnd());
            }
            if (isNew) Assert.False(File.Exists(Target));
            else Assert.Equal(old, File.ReadAllBytes(Target));
        }
        using var again = new ImageProcess(GuestSession.SharedRoot);
        again.Restore(Other, pid);
        PrepareFor(way, again);
        again.Ask("save", Target, way);
        Assert.Equal(length, new FileInfo(Target).Length);
    }

    /// <summary>A save has three steps after its last byte: the image goes to the disk, gets its name, and the name goes to the disk.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void AWriterThatIsKilledAfterItsLastByteLeavesTheOldImageOrTheWholeNewOne(string way)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64) return;
        byte[] old = Save(4_000, way == "v5");
        int pid = PidOf(Other);
        byte[] whole = [];
        foreach (string place in (string[])["none", "flush", "rename", "directory"])
        {
            File.WriteAllBytes(Target, old);
            using var process = new ImageProcess(GuestSession.SharedRoot);
            process.Restore(Other, pid);
            PrepareFor(way, process);
            if (place == "none")
            {
                process.Ask("save", Target, way);
                whole = File.ReadAllBytes(Target);
                continue;
            }
            process.DieAt(place);
            Assert.Throws<EndOfStreamException>(() => process.Ask("save", Target, way));
            Assert.Equal(128 + 31, process.WaitForEnd());
            Assert.True((place == "directory" ? whole : old).AsSpan().SequenceEqual(File.ReadAllBytes(Target)), place);
            // What it had written has another name, so that nobody takes it for the image.
            string[] left = Directory.GetFiles(folder, ".x.cr.*.tmp");
            if (place == "directory") Assert.Empty(left);
            else Assert.Equal(whole, File.ReadAllBytes(Assert.Single(left)));
            foreach (string one in left) File.Delete(one);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFileIsThereByItsNameBeforeItsDirectoryIsFlushed(bool replaces)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64) return;
        if (replaces) File.WriteAllText(Target, "old");
        using var process = new ImageProcess();
        // Dies when it flushes anything but the file itself, and so not unless it does.
        Assert.Throws<EndOfStreamException>(() => process.Ask("file", Target, replaces ? "replace" : "new"));
        Assert.Equal(128 + 31, process.WaitForEnd());
        Assert.Equal("new", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void AFullOrReadOnlyFileSystemIsToldByItsName()
    {
        // Without the right to mount, the file size limits and failing streams of the other tests stand for a disk.
        if (!OperatingSystem.IsLinux() || !CanMount()) return;
        Save(4_000, single: false);
        string mounted = Path.Combine(folder, "mounted"), target = Path.Combine(mounted, "x.cr");
        Directory.CreateDirectory(mounted);
        using var process = ImageProcess.InOwnMounts(GuestSession.SharedRoot);
        process.Restore(Other, PidOf(Other));
        process.Ask("shell", $"mount -t tmpfs -o size=1m none {mounted}");
        process.Ask("save", target);
        string sum = process.Ask("shell", $"sha256sum {target}");
        process.Ask("shell", $"dd if=/dev/zero of={mounted}/much bs=64k || true");
        var full = Assert.Throws<InvalidOperationException>(() => process.Ask("save", target));
        Assert.StartsWith($"IOException 28: '{target}' cannot be written: No space left on device", full.Message, StringComparison.Ordinal);
        Assert.Equal(sum, process.Ask("shell", $"sha256sum {target}"));
        Assert.Equal("much x.cr", process.Ask("shell", $"ls -A {mounted} | xargs"));
        process.Ask("shell", $"rm {mounted}/much; mount -o remount,ro {mounted}");
        var closed = Assert.Throws<InvalidOperationException>(() => process.Ask("save", target));
        Assert.StartsWith($"IOException 30: '{target}' cannot be written: Read-only file system", closed.Message, StringComparison.Ordinal);
        Assert.Equal(sum, process.Ask("shell", $"sha256sum {target}"));
        process.Ask("shell", $"mount -o remount,rw {mounted}");
        process.Ask("save", target);
        Assert.Equal("x.cr", process.Ask("shell", $"ls -A {mounted} | xargs"));
    }

    /// <summary>A file system that turns read-only after some writes, or a disk that breaks: every write can be the first that fails.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnyWriteCanFail(bool packed)
    {
        byte[] old = Save(4_000, single: false);
        using var image = ExtendedReader.Open(Other);
        var options = new ExtendedWriterOptions { Compression = packed ? 1 : null };
        var counting = new FailingStream(Stream.Null, int.MaxValue);
        ExtendedWriter.Write(image, counting, options);
        Assert.InRange(counting.Writes, 3, 100_000);
        for (int good = 0; good < counting.Writes; good += 1 + counting.Writes / 40)
        {
            var error = Assert.Throws<IOException>(() => AtomicFile.Write(Target, overwrite: true, stream => ExtendedWriter.Write(image, new FailingStream(stream, good), options)));
            Assert.Equal(30, error.HResult);
            Assert.Equal(old, File.ReadAllBytes(Target));
            Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
        }
        AtomicFile.Write(Target, overwrite: true, stream => ExtendedWriter.Write(image, new FailingStream(stream, counting.Writes), options));
        using var read = ExtendedReader.Open(Target);
        Assert.Equal("", ImageComparison.FirstDifference(image, read));
    }

    [Fact]
    public void AStreamThatIsCutAnywhereIsRefusedAndOneThatBreaksSaysSo()
    {
        Save(4_000, single: false);
        byte[] whole = File.ReadAllBytes(Other);
        using var image = ExtendedReader.Open(Other);
        var boundaries = new List<long>();
        ExtendedWriter.Write(image, new FailingStream(Stream.Null, int.MaxValue, boundaries));
        var random = new Random(1);
        var cuts = boundaries.Where((_, i) => i % Math.Max(1, boundaries.Count / 60) == 0).Concat(Enumerable.Range(0, 60).Select(_ => random.NextInt64(whole.Length))).Append(0).Append(whole.Length - 1);
        foreach (long cut in cuts.Where(cut => cut < whole.Length))
        {
            var error = Assert.Throws<CheckpointImageException>(() => ExtendedReader.Read(new Trickle(whole, (int)cut, breaks: false)).Dispose());
            Assert.InRange(error.Offset, 0, cut);
            Assert.Throws<IOException>(() => ExtendedReader.Read(new Trickle(whole, (int)cut, breaks: true)).Dispose());
        }
        using var read = ExtendedReader.Read(new Trickle(whole, whole.Length, breaks: true));
        Assert.Equal("", ImageComparison.FirstDifference(image, read));
    }

    [Fact]
    public void OfTwoWhoSaveToOnePathAtOnceTheFileIsOnesWhole()
    {
        Save(4_000, single: false);
        var images = new[] { Other, Path.Combine(folder, "third.cr") };
        SaveAt(12_000, images[1]);
        byte[][] wholes = [.. images.Select(File.ReadAllBytes)];
        Assert.NotEqual(wholes[0], wholes[1]);
        ImageProcess[] savers = [new(GuestSession.SharedRoot), new(GuestSession.SharedRoot)];
        try
        {
            for (int i = 0; i < 2; i++) savers[i].Restore(images[i], PidOf(images[i]));
            byte[][] saved = [.. savers.Select(saver => { saver.Ask("save", Target); return File.ReadAllBytes(Target); })];
            for (int round = 0; round < 20; round++)
            {
                bool mayReplace = round % 2 == 0;
                if (!mayReplace) File.Delete(Target);
                string?[] errors = new string?[2];
                System.Threading.Tasks.Parallel.For(0, 2, i =>
                {
                    try
                    {
                        savers[i].Ask("save", Target, mayReplace ? "plain" : "new");
                    }
                    catch (InvalidOperationException error)
                    {
                        errors[i] = error.Message;
                    }
                });
                byte[] now = File.ReadAllBytes(Target);
                int winner = Array.FindIndex(saved, one => one.AsSpan().SequenceEqual(now));
                Assert.InRange(winner, 0, 1);
                Assert.Null(errors[winner]);
                if (mayReplace) Assert.Null(errors[1 - winner]);
                else Assert.Equal($"IOException 17: '{Target}' exists.", errors[1 - winner]);
                Assert.Equal(3, Directory.GetFileSystemEntries(folder).Length);
            }
        }
        finally
        {
            foreach (var saver in savers) saver.Dispose();
        }

    }

    void PrepareFor(string way, ImageProcess process)
    {
        if (way == "increment") process.Ask("save", Path.Combine(folder, "parent.cr"), "parent");
    }

    string Other => Path.Combine(folder, "other.cr");

    /// <summary>Makes an old image at the target, and another one beside it.</summary>
    /// <param name="at">When the other is taken; the old one at half of that.</param>
    /// <param name="single">A program that v5 can carry.</param>
    /// <returns>The bytes of the old one.</returns>
    byte[] Save(ulong at, bool single)
    {
        SaveAt(at / 2, Target, single);
        SaveAt(at, Other, single);
        return File.ReadAllBytes(Target);
    }

    static void SaveAt(ulong at, string path, bool single = false)
    {
        var options = GuestSession.Options(GuestSession.SharedRoot);
        using var session = GuestSession.Start(options, new ProgramOptions { FilePath = single ? "/guests/counter" : "/guests/pipes", Suspended = true });
        if (!single) session.Machine.EndInput();
        Assert.True(session.Machine.RunTo(at, session.Task, GuestSession.Patience));
        using var checkpoint = Checkpointer.Capture(session.Machine);
        Checkpointer.Write(checkpoint, path);
    }

    static int PidOf(string image)
    {
        using var read = ExtendedReader.Open(image);
        return (int)read.OfKind("task").Select(task => (ulong)task["pid"]!).Where(pid => pid > 1).Min();
    }

    static bool CanMount()
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]) { RedirectStandardError = true, UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Lets so many writes through.</summary>
    sealed class FailingStream(Stream inner, int good, List<long>? positions = null) : Stream
    {
        long position;

        public int Writes { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => position;

        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Writes++ >= good) throw new IOException("Read-only file system", 30);
            positions?.Add(position);
            position += buffer.Length;
            inner.Write(buffer);
        }
    }

    /// <summary>Gives bytes in pieces up to a place, where it ends or breaks.</summary>
    sealed class Trickle(byte[] bytes, int end, bool breaks) : MemoryStream(bytes, 0, bytes.Length, writable: false, publiclyVisible: true)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            long left = end - Position;
            if (left <= 0 && breaks) throw new IOException("Connection reset by peer", 104);
            int count = (int)Math.Max(0, Math.Min(buffer.Length, Math.Min(left, 1000)));
            GetBuffer().AsSpan((int)Position, count).CopyTo(buffer);
            Position += count;
            return count;
        }
    }
}
