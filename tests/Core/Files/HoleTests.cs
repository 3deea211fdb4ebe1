using System.Diagnostics;
using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>Sparse files, files without a name, and directories with very many files.</summary>
public class HoleTests
{
    const long Page = 4096;

    static long Seek(OpenFile file, long offset, Whence whence) => file.Seek(offset, whence) is var result && result.IsError ? -(long)result.Errno : result.Value;

    [Fact]
    public void ASparseFileCostsOnlyWhatIsWritten()
    {
        using var machine = new TestMachine();
        var file = machine.Open("/sparse", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(Errno.None, file.Truncate(2L << 30));
        Assert.Equal(1, file.WriteAt(1L << 30, "x"u8).Value);
        Assert.Equal((Page, 8L, 2L << 30), (machine.Tree.OverlayUsed, machine.Stat("/sparse").Blocks, machine.Stat("/sparse").Size));
        Assert.Equal(1L << 30, Seek(file, 0, Whence.Data));
        Assert.Equal(0, Seek(file, 0, Whence.Hole));
        Assert.Equal((1L << 30) + 5, Seek(file, (1L << 30) + 5, Whence.Data));
        Assert.Equal((1L << 30) + Page, Seek(file, 1L << 30, Whence.Hole));
        Assert.Equal(-(long)Errno.ENXIO, Seek(file, (1L << 30) + Page, Whence.Data));
        Assert.Equal(-(long)Errno.ENXIO, Seek(file, 2L << 30, Whence.Hole));
        Assert.Equal(-(long)Errno.ENXIO, Seek(file, -1, Whence.Data));
        file.Release();
    }

    [Fact]
    public void APunchedRangeReadsAsZeroAndGivesItsMemoryBack()
    {
        using var host = new HostDirectory();
        host.Write("below", new string('b', 20000));
        using var machine = host.Machine();
        machine.Write("/own", new string('o', 20000));
        foreach (string path in new[] { "/own", "/below" })
        {
            Assert.Equal(Errno.None, ((RegularInode)machine.Find(path).Inode).PunchHole(100, 12000));
            byte[] expected = [.. Enumerable.Repeat((byte)path[1], 20000)];
            expected.AsSpan(100, 12000).Clear();
            Assert.Equal(expected, machine.ReadBytes(path));
            Assert.Equal(20000, machine.Stat(path).Size);
        }
        var own = machine.Open("/own");
        Assert.Equal((1 * Page, 2 * Page), (Seek(own, 0, Whence.Hole), Seek(own, Page, Whence.Data)));
        own.Release();
        Assert.Equal(4 * Page + 3 * Page, machine.Tree.OverlayUsed);
    }

    [Fact]
    public void AFileWithoutANameCanBeGivenOneOnce()
    {
        using var machine = new TestMachine();
        const OpenFlags temporary = OpenFlags.TemporaryFile | OpenFlags.ReadWrite;
        var file = machine.Open("/tmp", temporary);
        Assert.Equal((0u, 1), (Links(file), file.Write("x"u8).Value is var count ? (int)count : 0));
        Assert.Equal([".", ".."], machine.List("/tmp"));
        Assert.Equal(Errno.EXDEV, machine.Tree.Link(file.Dentry, machine.At, "/elsewhere"));
        Assert.Equal(Errno.None, machine.Tree.Link(file.Dentry, machine.At, "/tmp/named"));
        Assert.Equal("x", machine.Read("/tmp/named"));
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/tmp/named"));
        Assert.Equal(Errno.ENOENT, machine.Tree.Link(file.Dentry, machine.At, "/tmp/again"));
        file.Release();
        var exclusive = machine.Open("/tmp", temporary | OpenFlags.Exclusive);
        Assert.Equal(Errno.ENOENT, machine.Tree.Link(exclusive.Dentry, machine.At, "/tmp/named"));
        exclusive.Release();
        Assert.Equal(Errno.EINVAL, machine.TryOpen("/tmp", OpenFlags.TemporaryFile, out _));
        Assert.Equal(Errno.EOPNOTSUPP, machine.TryOpen("/proc", temporary, out _));
        Assert.Equal(0, machine.Tree.OverlayUsed);

        static uint Links(OpenFile file) => file.Inode.Links;
    }

    [Fact]
    public void ADirectoryOfAHundredThousandFilesIsMadeListedAndRemovedInOneGo()
    {
        using var machine = new TestMachine();
        Assert.Equal(Errno.None, machine.Tree.MakeDirectory(machine.At, "/many", 0x1ED));
        var at = machine.At with { Directory = machine.Find("/many") };
        var clock = Stopwatch.StartNew();
        for (int number = 0; number < 100_000; number++) Assert.Equal(Errno.None, machine.Tree.MakeNode(at, "f" + number, FileModeBits.Regular | 0x1A4, 0));
        Assert.Equal(100_002, machine.List("/many").Count);
        for (int number = 0; number < 100_000; number++)
        {
            Assert.Equal(Errno.None, machine.Tree.Walk(at, "f" + number, WalkFlags.None, out _));
            Assert.Equal(Errno.None, machine.Tree.Unlink(at, "f" + number));
        }
        // A hundred times what it takes; what grows with the square of the number takes ten thousand times.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
        Assert.Equal(Errno.None, machine.Tree.RemoveDirectory(machine.At, "/many"));
    }
}
