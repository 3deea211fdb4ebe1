using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>Extended attributes live in the overlay, and go along in a snapshot.</summary>
public class AttributeTests
{
    [Fact]
    public void TheyAreSetReadListedAndRemoved()
    {
        using var machine = new TestMachine();
        machine.Write("/f", "x");
        var file = machine.Find("/f").Inode;
        Assert.Equal(Errno.ENODATA, file.GetAttribute("user.a", out _));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(file, "user.b", [1, 2]));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(file, "security.capability", [3]));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(file, "trusted.a", []));
        Assert.Equal(["security.capability", "trusted.a", "user.b"], file.AttributeNames);
        Assert.Equal(Errno.EEXIST, machine.Tree.SetAttribute(file, "user.b", [], mustBeNew: true));
        Assert.Equal(Errno.ENODATA, machine.Tree.SetAttribute(file, "user.c", [], mustExist: true));
        Assert.Equal(Errno.None, file.GetAttribute("user.b", out var value));
        Assert.Equal([1, 2], value);
        using var snapshot = machine.Tree.Snapshot();
        Assert.Equal(Errno.None, machine.Tree.RemoveAttribute(file, "user.b"));
        Assert.Equal(Errno.ENODATA, machine.Tree.RemoveAttribute(file, "user.b"));
        using var copy = new TestMachine(snapshot: snapshot);
        Assert.Equal(["security.capability", "trusted.a", "user.b"], copy.Find("/f").Inode.AttributeNames);
        Assert.Equal(machine.Tree.OverlayUsed, copy.Tree.OverlayUsed);
    }

    [Fact]
    public void WhatNoFileCanHaveIsRefused()
    {
        using var machine = new TestMachine(new RootOptions { OverlayLimit = 70_000 });
        machine.Write("/f", "x");
        machine.Write("/g", "");
        machine.Write("/tmp/t", "x");
        Assert.Equal(Errno.None, machine.Tree.MakeSymbolicLink(machine.At, "/l", "f"));
        var file = machine.Find("/f").Inode;
        Assert.Equal(Errno.EOPNOTSUPP, machine.Tree.SetAttribute(file, "system.posix_acl_access", []));
        Assert.Equal(Errno.EOPNOTSUPP, machine.Tree.SetAttribute(file, "nothing", []));
        Assert.Equal(Errno.EINVAL, machine.Tree.SetAttribute(file, "user.", []));
        Assert.Equal(Errno.EPERM, machine.Tree.SetAttribute(machine.Find("/l").Inode, "user.a", []));
        Assert.Equal(Errno.EOPNOTSUPP, machine.Tree.SetAttribute(machine.Find("/dev/pts").Inode, "user.a", []));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(machine.Find("/tmp/t").Inode, "user.a", []));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(machine.Find("/tmp/t").Inode, "trusted.a", [1]));
        Assert.Equal(Errno.ENOSPC, machine.Tree.SetAttribute(file, "user.a", new byte[65536]));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(file, "user.a", new byte[50000]));
        Assert.Equal(Errno.ENOSPC, machine.Tree.SetAttribute(machine.Find("/g").Inode, "user.a", new byte[50000]));
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/f"));
        Assert.Equal(Errno.None, machine.Tree.SetAttribute(machine.Find("/g").Inode, "user.a", new byte[50000]));
    }
}
