using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>What is mounted, and what /proc tells of it.</summary>
public class MountTests
{
    [Fact]
    public void TheTableNamesEveryFileSystemAtItsPlace()
    {
        using var host = new HostDirectory();
        Directory.CreateDirectory(host.At("run"));
        using var machine = host.Machine();
        var table = machine.Tree.MountTable;
        Assert.Equal(
            "overlay / overlay rw,noatime 0 0\nudev /dev devtmpfs rw,noatime 0 0\ntmpfs /dev/shm tmpfs rw,noatime 0 0\ndevpts /dev/pts devpts rw,noatime 0 0\nproc /proc proc rw,noatime 0 0\n"
            + "tmpfs /tmp tmpfs rw,noatime 0 0\ntmpfs /run tmpfs rw,noatime 0 0\n", table.Mounts(machine.Tree.Root));
        Assert.Equal([1, 1, 2, 2, 1, 1, 1], table.Entries.Select(static mount => mount.ParentId));
        foreach (var mount in table.Entries)
        {
            var device = machine.Stat(mount.Root.FullPath()).Device;
            Assert.Contains($"{mount.Id} {mount.ParentId} {FileSystem.Major(device)}:{FileSystem.Minor(device)} / {mount.Root.FullPath()} ", table.MountInformation(machine.Tree.Root), StringComparison.Ordinal);
            Assert.Equal(mount.Id, table.IdOf(mount.Root));
        }
        Assert.Equal("tmpfs / tmpfs rw,noatime 0 0\n", table.Mounts(machine.Find("/run")));
        Assert.Equal((0x3FFu, 0x3FFu, 0x1EDu, 0x3FFu), (Mode("/tmp"), Mode("/dev/shm"), Mode("/run"), Mode("/run/lock")));
        Assert.Equal((0x01021994u, 0x794C7630u, 0x9FA0u), (Magic("/tmp"), Magic("/"), Magic("/proc")));

        uint Mode(string path) => machine.Stat(path).Mode & FileModeBits.Permissions;
        uint Magic(string path) => machine.Tree.StatFileSystem(machine.Find(path).Inode).Magic;
    }

    [Fact]
    public void WhatARootHoldsInTmpStaysInSight()
    {
        using var host = new HostDirectory();
        host.Write("tmp/mine", "mine");
        using var machine = host.Machine();
        Assert.Equal("mine", machine.Read("/tmp/mine"));
        Assert.DoesNotContain("/run", machine.List("/"));
    }

    [Fact]
    public void NamesWithBlanksAreEscaped()
    {
        using var host = new HostDirectory();
        using var machine = host.Machine();
        Assert.Equal(Errno.None, machine.Tree.MakeDirectory(machine.At, "/a b", 0x1ED));
        Assert.Equal("", new MountTable([machine.Find("/a b")]).Mounts(machine.Find("/tmp")));
        Assert.Contains(@" /a\040b ", new MountTable([machine.Find("/a b")]).MountInformation(machine.Tree.Root), StringComparison.Ordinal);
    }
}
