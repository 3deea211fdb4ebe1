using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>Contents of regular files: pages, mappings, limits, holes.</summary>
public class ContentTests
{
    [Fact]
    public void AMappingAndTheFileShareTheirPages()
    {
        using var machine = new TestMachine();
        machine.Write("/tmp/a", new string('a', 5000));
        var file = machine.Open("/tmp/a", OpenFlags.ReadWrite);
        Assert.Equal(Errno.None, file.GetPages(out var pages));
        Assert.Equal("/tmp/a", pages!.Name);
        using (var memory = new AddressSpace(machine.Account))
        {
            Assert.Equal(Errno.None, memory.Map(0, 8192, VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Shared, isFixed: false, pages, 0, out uint address));
            Assert.True(memory.Write(address + 4096, "mapped"u8));
            Assert.Equal("mapped"u8.ToArray(), ReadAt(file, 4096, 6));
            file.WriteAt(4096, "written"u8);
            var bytes = new byte[7];
            Assert.True(memory.Read(address + 4096, bytes));
            Assert.Equal("written"u8.ToArray(), bytes);
            Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/tmp/a"));
            file.Release();
            Assert.Equal("/tmp/a (deleted)", pages.Name);
            Assert.True(memory.Read(address, bytes));
            Assert.Equal((byte)'a', bytes[0]);
        }
        Assert.Equal(0, machine.Account.Used);
        Assert.Equal(0, machine.Tree.OverlayUsed);
    }

    [Fact]
    public void SharedMappingsOfAWritableRootReachTheHost()
    {
        using var host = new HostDirectory();
        host.Write("a", new string('a', 5000));
        using var machine = host.Machine(writable: true);
        var file = machine.Open("/a", OpenFlags.ReadWrite);
        file.GetPages(out var pages);
        using (var memory = new AddressSpace(machine.Account))
        {
            memory.Map(0, 8192, VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Shared, isFixed: false, pages, 0, out uint address);
            memory.Write(address + 4996, "wxyz----"u8);
            Assert.Equal(Errno.None, file.Sync());
            Assert.Equal(new string('a', 4996) + "wxyz", File.ReadAllText(host.At("a")));
            memory.Write(address, "again"u8);
        }
        Assert.StartsWith("againaaa", File.ReadAllText(host.At("a")), StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(host.At("a")).Length);
        file.Release();
        Assert.StartsWith("againaaa", machine.Read("/a"), StringComparison.Ordinal);
    }

    [Fact]
    public void TheOverlayHasALimit()
    {
        using var machine = new TestMachine(new RootOptions { OverlayLimit = 40960, InodeLimit = 2, FileSizeLimit = 1 << 20 });
        var file = machine.Open("/tmp/a", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(40960, file.Write(new byte[100_000]).Value);
        Assert.Equal(Errno.ENOSPC, file.Write(new byte[1]).Errno);
        Assert.Equal(Errno.None, file.Truncate(4096));
        Assert.Equal(100, file.WriteAt((1 << 20) - 100, new byte[200]).Value);
        Assert.Equal(Errno.EFBIG, file.WriteAt(1 << 20, new byte[1]).Errno);
        Assert.Equal(Errno.EFBIG, file.Truncate((1 << 20) + 1));
        Assert.Equal(Errno.None, machine.Tree.MakeDirectory(machine.At, "/tmp/d", 0x1ED));
        Assert.Equal(Errno.ENOSPC, machine.TryOpen("/tmp/b", OpenFlags.WriteOnly | OpenFlags.Create, out _));
        Assert.Equal(Errno.ENOSPC, machine.Tree.MakeSymbolicLink(machine.At, "/tmp/l", "x"));
        Assert.Equal(Errno.None, machine.Tree.RemoveDirectory(machine.At, "/tmp/d"));
        machine.Open("/tmp/b", OpenFlags.WriteOnly | OpenFlags.Create).Release();
        file.Release();
    }

    [Fact]
    public void AWritableRootHasALimitToo()
    {
        using var host = new HostDirectory();
        using var machine = new TestMachine(new RootOptions { HostDirectory = host.Path, Writable = true, OverlayLimit = 10000 });
        var file = machine.Open("/a", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(9000, file.Write(new byte[9000]).Value);
        Assert.Equal(Errno.ENOSPC, file.Write(new byte[9000]).Errno);
        Assert.Equal(Errno.ENOSPC, file.Truncate(20000));
        Assert.Equal(9000, new FileInfo(host.At("a")).Length);
        file.Release();
    }

    [Fact]
    public void HolesCostNothing()
    {
        using var machine = new TestMachine();
        var file = machine.Open("/tmp/sparse", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(Errno.None, file.Truncate(2L << 30));
        Assert.Equal(1, file.WriteAt((2L << 30) - 1, [7]).Value);
        Assert.Equal(2L << 30, machine.Stat("/tmp/sparse").Size);
        Assert.Equal(8, machine.Stat("/tmp/sparse").Blocks);
        Assert.Equal(1, machine.Account.Used);
        Assert.All(ReadAt(file, 1 << 30, 5000), value => Assert.Equal(0, value));
        file.Release();
    }

    [Fact]
    public void UnchangedPagesGiveWayToOthers()
    {
        using var host = new HostDirectory();
        var contents = new byte[1 << 20];
        new Random(5).NextBytes(contents);
        File.WriteAllBytes(host.At("big"), contents);
        using var machine = new TestMachine(new RootOptions { HostDirectory = host.Path }, frames: 20);
        Assert.True(contents.AsSpan().SequenceEqual(machine.ReadBytes("/big")));
        machine.Write("/tmp-file", new string('x', 16 * 4096));
        Assert.True(contents.AsSpan().SequenceEqual(machine.ReadBytes("/big")));
        using var small = new TestMachine(new RootOptions { HostDirectory = host.Path, CacheLimit = 65536 });
        Assert.True(contents.AsSpan().SequenceEqual(small.ReadBytes("/big")));
        Assert.InRange(small.Account.Used, 1, 16);
    }

    [Fact]
    public void WhatRunsIsNotWritten()
    {
        using var machine = new TestMachine();
        machine.Write("/tmp/program", "x");
        var inode = (RegularInode)machine.Find("/tmp/program").Inode;
        Assert.Equal(Errno.None, inode.DenyWrite());
        Assert.Equal(Errno.ETXTBSY, machine.TryOpen("/tmp/program", OpenFlags.WriteOnly, out _));
        Assert.Equal(Errno.ETXTBSY, machine.Tree.Truncate(inode, 0));
        machine.Open("/tmp/program").Release();
        inode.AllowWrite();
        var file = machine.Open("/tmp/program", OpenFlags.WriteOnly);
        Assert.Equal(Errno.ETXTBSY, inode.DenyWrite());
        file.Release();
        Assert.Equal(Errno.None, inode.DenyWrite());
    }

    [Fact]
    public void ADeletedFileOfAWritableRootStaysReadable()
    {
        using var host = new HostDirectory();
        host.Write("a", new string('a', 9000));
        using var machine = host.Machine(writable: true);
        var file = machine.Open("/a", OpenFlags.ReadWrite);
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/a"));
        Assert.Equal(3, file.WriteAt(8999, "xyz"u8).Value);
        Assert.Equal("aaxyz"u8.ToArray(), ReadAt(file, 8997, 10));
        file.Release();
        Assert.Empty(Directory.GetFiles(host.Path));
    }

    [Fact]
    public void DevicesDoWhatTheirNamesSay()
    {
        using var machine = new TestMachine();
        var bytes = new byte[] { 1, 2, 3 };
        var file = machine.Open("/dev/null", OpenFlags.ReadWrite);
        Assert.Equal(0, file.Read(bytes).Value);
        Assert.Equal(3, file.Write(bytes).Value);
        file.Release();
        file = machine.Open("/dev/zero", OpenFlags.ReadWrite);
        Assert.Equal(3, file.Read(bytes).Value);
        Assert.Equal(new byte[3], bytes);
        Assert.Equal(Errno.None, file.GetPages(out var pages));
        Assert.Null(pages);
        file.Release();
        file = machine.Open("/dev/full", OpenFlags.ReadWrite);
        Assert.Equal(Errno.ENOSPC, file.Write(bytes).Errno);
        file.Release();
        file = machine.Open("/dev/urandom");
        Assert.Equal(3, file.Read(bytes).Value);
        Assert.Equal([0x5A, 0x5A, 0x5A], bytes);
        file.Release();
        Assert.Equal(Errno.ENXIO, machine.TryOpen("/dev/tty", OpenFlags.ReadWrite, out _));
    }

    [Fact]
    public void ProcIsWhatTheKernelSays()
    {
        using var machine = new TestMachine();
        int reads = 0;
        machine.Write("/tmp/target", "through the link");
        machine.Tree.Proc.Add("version", new ProcText(() => [(byte)('0' + reads++)]));
        machine.Tree.Proc.Add("self", new ProcLink(() => "7"));
        var task = machine.Tree.Proc.AddFolder("7");
        task.Add("exe", new ProcLink(() => "/tmp/target (deleted)", () => machine.Find("/tmp/target")));
        task.Add("none", new ProcLink(() => "gone", () => null));
        Assert.Equal([".", "..", "7", "self", "version"], machine.List("/proc"));
        Assert.Equal("0", machine.Read("/proc/version"));
        Assert.Equal("1", machine.Read("/proc/version"));
        Assert.Equal("through the link", machine.Read("/proc/self/exe"));
        Assert.Equal(machine.Stat("/proc/7").Inode, machine.Stat("/proc/self").Inode);
        Assert.Equal("/proc/7/exe", machine.Find("/proc/self/exe").FullPath());
        Assert.Equal(Errno.ENOENT, machine.Walk("/proc/self/none"));
        Assert.Equal(Errno.ELOOP, machine.Walk("/proc/self/exe", WalkFlags.NoMagicLinks));
        Assert.Equal(Errno.ENOENT, machine.TryOpen("/proc/new", OpenFlags.WriteOnly | OpenFlags.Create, out _));
        Assert.Equal(Errno.ENOENT, machine.Tree.MakeDirectory(machine.At, "/proc/new", 0));
        Assert.Equal(Errno.EPERM, machine.Tree.Unlink(machine.At, "/proc/version"));
        Assert.Equal(Errno.EACCES, machine.TryOpen("/proc/version", OpenFlags.WriteOnly, out _));
        Assert.Equal(Errno.EBUSY, machine.Tree.RemoveDirectory(machine.At, "/proc"));
        Assert.Equal(Errno.EXDEV, machine.Tree.Rename(machine.At, "/tmp/target", machine.At, "/proc/x", RenameFlags.None));
    }

    [Fact]
    public void NumbersDependOnWhatTheGuestDidAlone()
    {
        using var host = new HostDirectory();
        foreach (string name in new[] { "z", "b/x", "b/a", "m" }) host.Write(name, name);
        var first = Numbers(host);
        using var copy = new HostDirectory();
        foreach (string name in new[] { "b/a", "m", "b/x", "z" }) copy.Write(name, name);
        Assert.Equal(first, Numbers(copy));
    }

    [Fact]
    public void EveryByteStringIsAName()
    {
        var random = new Random(3);
        for (int count = 0; count < 2000; count++)
        {
            var bytes = new byte[random.Next(20)];
            random.NextBytes(bytes);
            string text = GuestText.FromBytes(bytes);
            Assert.Equal(bytes, GuestText.ToBytes(text));
            Assert.Equal(bytes.Length, GuestText.ByteCount(text));
        }
    }

    static (ulong, ulong, ulong, uint)[] Numbers(HostDirectory host)
    {
        using var machine = host.Machine();
        machine.Write("/new", "n");
        return [.. new[] { "/m", "/b/x", "/z", "/b", "/new", "/tmp", "/dev/null" }.Select(path => (machine.Stat(path).Inode, (ulong)machine.Stat(path).Links, (ulong)machine.Stat(path).Size, machine.Stat(path).Device))];
    }

    static byte[] ReadAt(OpenFile file, long position, int length)
    {
        var bytes = new byte[length];
        var result = file.ReadAt(position, bytes);
        Assert.False(result.IsError);
        return bytes[..(int)result.Value];
    }
}
