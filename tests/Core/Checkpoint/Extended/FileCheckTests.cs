using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using CheckpointFile = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Files that an image leaves to the root: what they have in the ranges that the machine counts on is compared at restore.</summary>
public sealed class FileCheckTests : IDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("cr-files-").FullName;

    public FileCheckTests()
    {
        Directory.CreateDirectory(Path.Combine(root, "tmp"));
        File.Copy(GuestFiles.Program("dupwriter"), Path.Combine(root, "dupwriter"));
        File.Copy(GuestFiles.Program("subtree"), Path.Combine(root, "subtree"));
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        File.WriteAllText(Path.Combine(root, "etc", "passwd"), string.Concat(Enumerable.Range(0, 300_000).Select(static i => $"line {i}\n")));
        // A time that .NET can give back exactly.
        foreach (string file in Directory.GetFiles(root, "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    MachineOptions Options(bool writable) => GuestSession.Options(root, writable);

    byte[] Save(bool writable = false)
    {
        using var session = GuestSession.Start(Options(writable), new ProgramOptions { FilePath = "/subtree", Arguments = ["offset"], Suspended = true });
        session.RunUntil("ready");
        using var checkpoint = Checkpointer.Capture(session.Machine);
        return GuestSession.Bytes(checkpoint);
    }

    void Restore(byte[] image, bool allowChanged = false, string? at = null, bool writable = false)
    {
        using var checkpoint = new CheckpointFile(Core.Image.Extended.ExtendedReader.Read(new MemoryStream(image)));
        var task = Restorer.Restore(checkpoint, new RestoreOptions { Root = Options(writable).Root with { HostDirectory = at ?? root }, AllowChangedFiles = allowChanged, Suspended = true });
        task.Machine.Dispose();
    }

    /// <summary>Changes a byte and neither length nor time.</summary>
    void Touch(string name, long offset)
    {
        string path = Path.Combine(root, name);
        var time = File.GetLastWriteTimeUtc(path);
        using (var file = File.Open(path, FileMode.Open))
        {
            file.Position = offset;
            int old = file.ReadByte();
            file.Position = offset;
            file.WriteByte((byte)(old ^ 1));
        }
        File.SetLastWriteTimeUtc(path, time);
    }

    [Theory]
    [InlineData("subtree", 200, false)]
    [InlineData("etc/passwd", 5000, false)]
    [InlineData("subtree", 200, true)]
    [InlineData("etc/passwd", 5000, true)]
    public void AByteThatChangedUnseenIsSeen(string name, long offset, bool writable)
    {
        byte[] image = Save(writable);
        Restore(image, writable: writable);
        Touch(name, offset);
        var refused = Assert.Throws<RestoreException>(() => Restore(image, writable: writable));
        Assert.Equal((Errno.ESTALE, "/" + name), (refused.Errno, refused.Path));
        Restore(image, allowChanged: true, writable: writable);
        Touch(name, offset);
        Restore(image, writable: writable);
    }

    [Fact]
    public void WhatNobodyHasMappedOrOpenMayChange()
    {
        byte[] image = Save();
        Touch("dupwriter", 100);
        // Of a file that is only open the beginning is looked at.
        Touch("etc/passwd", 2 << 20);
        Restore(image);
    }

    [Fact]
    public void AnotherRootWithTheSameFilesServes()
    {
        byte[] image = Save();
        string other = root + "-moved";
        Directory.Move(root, other);
        try
        {
            Restore(image, at: other);
            Assert.Throws<DirectoryNotFoundException>(() => Restore(image));
        }
        finally
        {
            Directory.Move(other, root);
        }
    }

    [Fact]
    public void FilesOfAWritableRootThatNobodyUsesAreAsTheyAreNow()
    {
        byte[] image = Save(writable: true);
        File.WriteAllText(Path.Combine(root, "new"), "new");
        File.Delete(Path.Combine(root, "dupwriter"));
        using var checkpoint = new CheckpointFile(Core.Image.Extended.ExtendedReader.Read(new MemoryStream(image)));
        var task = Restorer.Restore(checkpoint, new RestoreOptions { Root = Options(true).Root, Suspended = true });
        using var machine = task.Machine;
        var names = machine.Execute(m =>
        {
            var found = new List<string>();
            foreach (string name in (string[])["/new", "/dupwriter", "/subtree", "/etc/passwd", "/tmp"])
                if (m.Tree.Walk(new(m.Tree.Root, m.Tree.Root), name, Core.Files.WalkFlags.None, out _) == Errno.None) found.Add(name);
            return found;
        });
        Assert.Equal(["/new", "/subtree", "/etc/passwd", "/tmp"], names);
    }

    [Fact]
    public void AFileThatTheProgramWroteIsTheSameOnceItIsClosed()
    {
        File.Copy(GuestFiles.Program("counter"), Path.Combine(root, "counter"));
        byte[] image;
        using (var machine = new Machine(Options(writable: true) with { Clock = ClockKind.Real }))
        {
            machine.Freeze();
            machine.Start(new ProgramOptions { FilePath = "/counter", OutputPath = "/tmp/out" });
            Assert.True(machine.RunTo(3_000_000, timeout: GuestSession.Patience));
            using var checkpoint = Checkpointer.Capture(machine);
            image = GuestSession.Bytes(checkpoint);
        }

        Restore(image, writable: true);
        File.AppendAllText(Path.Combine(root, "tmp", "out"), "more");
        Assert.Throws<RestoreException>(() => Restore(image, writable: true));
    }
}
