using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

public class TreeTests
{
    [Fact]
    public void AnEmptyRootHoldsTheKernelsDirectories()
    {
        using var machine = new TestMachine();
        Assert.Equal([".", "..", "dev", "proc", "tmp"], machine.List("/"));
        Assert.Equal([".", "..", ".cr", "console", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"], machine.List("/dev"));
        Assert.Equal(0x43FFu, machine.Stat("/tmp").Mode);
        Assert.Equal(0x2000u | 0x1B6, machine.Stat("/dev/null").Mode);
        Assert.Equal(0x103u, machine.Stat("/dev/null").RepresentedDevice);
    }

    [Fact]
    public void AHostProgramIsAloneInTheRoot()
    {
        using var host = new HostDirectory();
        host.Write("program", "#!/bin/sh\n");
        host.Write("neighbour", "secret");
        using var machine = new TestMachine(new RootOptions { HostProgram = host.At("program") });
        Assert.Equal([".", "..", "dev", "proc", "program", "tmp"], machine.List("/"));
        Assert.Equal("/program", machine.Tree.ProgramPath);
        Assert.Equal("#!/bin/sh\n", machine.Read("/program"));
        Assert.Equal(Errno.ENOENT, machine.Walk("/neighbour"));
    }

    [Fact]
    public void AnOverlayLeavesTheHostAlone()
    {
        using var host = new HostDirectory();
        host.Write("etc/passwd", "root:x:0:0\n");
        host.Write("etc/group", "root\n");
        using var machine = host.Machine();
        Assert.Equal("root:x:0:0\n", machine.Read("/etc/passwd"));
        Assert.Equal(FileOrigin.Host, machine.Find("/etc/passwd").Inode.Origin);
        var file = machine.Open("/etc/passwd", OpenFlags.WriteOnly | OpenFlags.Append);
        file.Write("me:x:1:1\n"u8);
        file.Release();
        Assert.Equal("root:x:0:0\nme:x:1:1\n", machine.Read("/etc/passwd"));
        Assert.Equal(FileOrigin.HostChanged, machine.Find("/etc/passwd").Inode.Origin);
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/etc/group"));
        Assert.Equal(Errno.ENOENT, machine.Walk("/etc/group"));
        Assert.Equal([".", "..", "passwd"], machine.List("/etc"));
        machine.Write("/etc/new", "n");
        Assert.Equal(FileOrigin.Overlay, machine.Find("/etc/new").Inode.Origin);
        Assert.Equal("root:x:0:0\n", File.ReadAllText(host.At("etc/passwd")));
        Assert.True(File.Exists(host.At("etc/group")));
        Assert.False(File.Exists(host.At("etc/new")));
    }

    [Fact]
    public void AWritableRootIsTheHosts()
    {
        using var host = new HostDirectory();
        host.Write("a", "old");
        using var machine = host.Machine(writable: true);
        machine.Write("/a", "newer");
        machine.Write("/b", "b");
        Assert.Equal(Errno.None, machine.Tree.MakeDirectory(machine.At, "/d", 0x1ED));
        Assert.Equal(Errno.None, machine.Tree.Rename(machine.At, "/b", machine.At, "/d/c", RenameFlags.None));
        Assert.Equal("newer", File.ReadAllText(host.At("a")));
        Assert.Equal("b", File.ReadAllText(host.At("d/c")));
        Assert.Equal("b", machine.Read("/d/c"));
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/a"));
        Assert.False(File.Exists(host.At("a")));
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/d/c"));
        Assert.Equal(Errno.None, machine.Tree.RemoveDirectory(machine.At, "/d"));
        Assert.Equal(["/"], Directory.GetFileSystemEntries(host.Path).Append("/"));
    }

    [Fact]
    public void AFileChangedBehindOurBackIsStale()
    {
        using var host = new HostDirectory();
        host.Write("a", new string('a', 10000));
        using var machine = host.Machine();
        var file = machine.Open("/a");
        var bytes = new byte[100];
        Assert.Equal(100, file.Read(bytes).Value);
        File.WriteAllText(host.At("a"), new string('b', 10001));
        file.Position = 8192;
        Assert.Equal(Errno.ESTALE, file.Read(bytes).Errno);
        file.Position = 0;
        Assert.Equal(100, file.Read(bytes).Value);
        Assert.All(bytes, value => Assert.Equal((byte)'a', value));
        file.Release();
    }

    [Fact]
    public void ANameTellsWhetherTheHostHasItToo()
    {
        using var host = new HostDirectory();
        host.Write("d/a", "a");
        host.Write("d/b", "b");
        host.Write("program", "p");
        using var machine = host.Machine();
        Assert.Equal(FileOrigin.Host, machine.Find("/d/a").Origin);
        Assert.Equal(FileOrigin.Machine, machine.Find("/tmp").Origin);
        Assert.Equal(FileOrigin.Machine, machine.Find("/proc").Origin);
        Assert.Equal(FileOrigin.Stream, machine.Find("/dev/.cr/stdin").Origin);
        Assert.Equal(Errno.None, machine.Tree.Rename(machine.At, "/d/a", machine.At, "/d/c", RenameFlags.None));
        Assert.Equal(FileOrigin.HostChanged, machine.Find("/d/c").Origin);
        Assert.Equal("a", machine.Read("/d/c"));
        Assert.Equal(Errno.None, machine.Tree.Rename(machine.At, "/d", machine.At, "/e", RenameFlags.None));
        Assert.Equal(FileOrigin.HostChanged, machine.Find("/e/b").Origin);
        var file = machine.Open("/program");
        machine.Tree.Unlink(machine.At, "/program");
        Assert.Equal(FileOrigin.HostChanged, file.Dentry.Origin);
        file.Release();
        using var alone = new TestMachine(new RootOptions { HostProgram = host.At("program") });
        Assert.Equal(FileOrigin.Host, alone.Find("/program").Origin);
        using var writable = host.Machine(writable: true);
        Assert.Equal(Errno.None, writable.Tree.Rename(writable.At, "/d", writable.At, "/f", RenameFlags.None));
        Assert.Equal(FileOrigin.Host, writable.Find("/f/a").Origin);
    }
}
