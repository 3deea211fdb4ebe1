using System.Text;
using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>A guest sees its root and nothing else of the host, whatever links lie in it.</summary>
public class EscapeTests
{
    [Theory]
    [InlineData("../../secret")]
    [InlineData("/../../../../../../secret")]
    [InlineData("a/../../secret")]
    [InlineData("relative")]
    [InlineData("absolute")]
    [InlineData("updir/secret")]
    [InlineData("directory/secret")]
    [InlineData("/dev/../../secret")]
    [InlineData("/proc/../../secret")]
    public void NoPathLeavesTheRoot(string path)
    {
        using var host = Build(out string root);
        using var machine = new TestMachine(new RootOptions { HostDirectory = root });
        Assert.NotEqual(Errno.None, machine.TryOpen(path, OpenFlags.ReadOnly, out _));
        var inside = new PathStart(machine.Tree.Root, machine.Find("/a"));
        Assert.NotEqual(Errno.None, machine.Tree.Open(inside, path, OpenFlags.ReadOnly, 0, out _).Errno);
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("absolute")]
    [InlineData("updir/secret")]
    [InlineData("directory/secret")]
    public void NoWriteLeavesAWritableRoot(string path)
    {
        using var host = Build(out string root);
        using var machine = new TestMachine(new RootOptions { HostDirectory = root, Writable = true });
        if (machine.TryOpen(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, out var file) == Errno.None)
        {
            file!.Write("overwritten"u8);
            file.Release();
        }
        _ = machine.Tree.Unlink(machine.At, path);
        _ = machine.Tree.Rename(machine.At, "a", machine.At, path, RenameFlags.None);
        Assert.Equal("secret", File.ReadAllText(host.At("secret")));
        Assert.Equal(["root", "secret"], Directory.GetFileSystemEntries(host.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADirectoryThatBecomesALinkIsNotFollowed(bool writable)
    {
        using var host = Build(out string root);
        Directory.CreateDirectory(Path.Combine(root, "d"));
        File.WriteAllText(Path.Combine(root, "d/secret"), "public");
        using var machine = new TestMachine(new RootOptions { HostDirectory = root, Writable = writable });
        Assert.Equal("public".Length, machine.Stat("/d/secret").Size);
        Directory.Delete(Path.Combine(root, "d"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(root, "d"), "..");
        Assert.Equal(Errno.ESTALE, machine.TryOpen("/d/secret", OpenFlags.ReadOnly, out _));
        if (!writable) return;
        Assert.NotEqual(Errno.None, machine.TryOpen("/d/new", OpenFlags.WriteOnly | OpenFlags.Create, out _));
        Assert.NotEqual(Errno.None, machine.Tree.Unlink(machine.At, "/d/secret"));
        Assert.Equal("secret", File.ReadAllText(host.At("secret")));
        Assert.False(File.Exists(host.At("new")));
    }

    [Fact]
    public void AFileThatBecomesALinkIsNotFollowed()
    {
        using var host = Build(out string root);
        File.WriteAllText(Path.Combine(root, "f"), "public");
        using var machine = new TestMachine(new RootOptions { HostDirectory = root });
        Assert.Equal(6, machine.Stat("/f").Size);
        File.Delete(Path.Combine(root, "f"));
        File.CreateSymbolicLink(Path.Combine(root, "f"), "../secret");
        Assert.Equal(Errno.ESTALE, machine.TryOpen("/f", OpenFlags.ReadOnly, out _));
    }

    [Fact]
    public void SpecialFilesOfTheHostAreNeverOpened()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var host = new HostDirectory();
        int directory = LinuxCalls.Open([.. Encoding.UTF8.GetBytes(host.Path), 0], LinuxCalls.PathOnly, 0);
        Assert.Equal(0, LinuxCalls.MakeFifoAt(directory, [.. "fifo\0"u8], 0x1B6));
        _ = LinuxCalls.Close(directory);
        using var machine = host.Machine();
        Assert.True(machine.Find("/fifo").Inode.IsFifo);
        var both = machine.Open("/fifo", OpenFlags.ReadWrite);
        both.Write("x"u8);
        Assert.Equal(1, both.Read(new byte[5]).Value);
        both.Release();

        // A file that the host exchanges for a FIFO after it was seen: it is refused, and nothing waits.
        host.Write("file", "text");
        using var other = host.Machine();
        Assert.Equal(4, other.Stat("/file").Size);
        File.Delete(host.At("file"));
        File.Move(host.At("fifo"), host.At("file"));
        Assert.Equal(Errno.ESTALE, other.TryOpen("/file", OpenFlags.ReadOnly, out _));
    }

    [Fact]
    public void WithoutOpenat2TheSameHolds()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var host = Build(out string root);
        using var access = new LinuxHostRoot(root, useOpenat2: false);
        Assert.Equal(Errno.None, access.Stat("a", out var data));
        Assert.Equal(FileModeBits.Directory, data.Type);
        Assert.Equal(Errno.None, access.OpenFile("plain", writable: false, out var file));
        file!.Dispose();
        Assert.NotEqual(Errno.None, access.OpenFile("updir/secret", writable: false, out _));
        Assert.NotEqual(Errno.None, access.OpenFile("relative", writable: false, out _));
        Assert.NotEqual(Errno.None, access.List("updir", []));
        Assert.NotEqual(Errno.None, access.CreateFile("updir/new", 0x180, out _));
        Assert.NotEqual(Errno.None, access.Remove("directory/secret", directory: false));
    }

    [Fact]
    public void ThePortableAccessHoldsTheSame()
    {
        using var host = Build(out string root);
        using var access = new PortableHostRoot(root);
        Assert.Equal(Errno.None, access.OpenFile("plain", writable: false, out var file));
        file!.Dispose();
        var entries = new List<HostEntry>();
        Assert.Equal(Errno.None, access.List("", entries));
        Assert.Equal(6, entries.Count);
        Assert.Equal(FileModeBits.SymbolicLink, entries.Single(entry => entry.Name == "updir").Type);
        Assert.Equal(Errno.ESTALE, access.OpenFile("updir/secret", writable: false, out _));
        Assert.Equal(Errno.ESTALE, access.OpenFile("relative", writable: false, out _));
        Assert.NotEqual(Errno.None, access.CreateFile("updir/new", 0x180, out _));
        Assert.NotEqual(Errno.None, access.Remove("directory/secret", directory: false));
        Assert.NotEqual(Errno.None, access.Stat("../secret", out _));
        Assert.Equal("secret", File.ReadAllText(host.At("secret")));
    }

    static HostDirectory Build(out string root)
    {
        var host = new HostDirectory();
        root = host.At("root");
        host.Write("secret", "secret");
        host.Write("root/plain", "plain");
        Directory.CreateDirectory(Path.Combine(root, "a"));
        File.CreateSymbolicLink(Path.Combine(root, "relative"), "../secret");
        File.CreateSymbolicLink(Path.Combine(root, "absolute"), host.At("secret"));
        Directory.CreateSymbolicLink(Path.Combine(root, "updir"), "..");
        Directory.CreateSymbolicLink(Path.Combine(root, "directory"), host.Path);
        return host;
    }
}
