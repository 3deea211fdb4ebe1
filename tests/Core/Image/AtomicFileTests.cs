using CheckpointRestart.Core.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cr-atomic").FullName;

    private string Target => Path.Combine(_folder, "x.cr");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AFailureLeavesTheOldFileAndNothingElse()
    {
        File.WriteAllText(Target, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, overwrite: true, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void WhatAKilledWriterLeftGoesWithALaterOneAndWhatIsBeingWrittenStays()
    {
        string left = Path.Combine(_folder, ".x.cr.abcdefgh.ijk.tmp"), held = Path.Combine(_folder, ".x.cr.abcdefgh.lmn.tmp");
        string[] others = [Path.Combine(_folder, ".x.cr.abcdefgh.opq.tmp"), Path.Combine(_folder, ".y.cr.abcdefgh.ijk.tmp"), Path.Combine(_folder, ".x.cr.tmp"), Path.Combine(_folder, "x.cr.abcdefgh.ijk.tmp")];
        foreach (string path in (string[])[left, held, .. others]) File.WriteAllText(path, "half");
        using (var writer = new FileStream(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            // The first of the others is too young.
            foreach (string path in (string[])[left, held, .. others[1..]]) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
            AtomicFile.Write(Target, overwrite: false, stream => stream.Write("new"u8));
        }
        Assert.Equal([.. others.Append(held).Append(Target).Order(StringComparer.Ordinal)], Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AnExistingFileIsAnErrorUnlessOverwritten()
    {
        AtomicFile.Write(Target, overwrite: false, stream => stream.Write("one"u8));
        Assert.Throws<IOException>(() => AtomicFile.Write(Target, overwrite: false, stream => stream.Write("two"u8)));
        Assert.Equal("one", File.ReadAllText(Target));
        AtomicFile.Write(Target, overwrite: true, stream => stream.Write("two"u8));
        Assert.Equal("two", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AFileThatAppearsMeanwhileIsKept()
    {
        Assert.Throws<IOException>(() => AtomicFile.Write(Target, overwrite: false, stream =>
        {
            stream.Write("mine"u8);
            File.WriteAllText(Target, "theirs");
        }));
        Assert.Equal("theirs", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void ADirectoryOrADeviceIsNotReplaced()
    {
        Directory.CreateDirectory(Target);
        Assert.Throws<IOException>(() => AtomicFile.Write(Target, overwrite: true, _ => { }));
        if (!OperatingSystem.IsWindows()) Assert.Throws<IOException>(() => AtomicFile.Write("/dev/null", overwrite: true, _ => { }));
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(_folder, "none", "x"), overwrite: true, _ => { }));
    }

    [Fact]
    public void OnUnixANewImageIsItsOwnersAloneAndALinkIsFollowed()
    {
        if (OperatingSystem.IsWindows()) return;
        AtomicFile.Write(Target, overwrite: false, stream => stream.Write("one"u8));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Target));
        File.SetUnixFileMode(Target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, Target);
        AtomicFile.Write(link, overwrite: true, stream => stream.Write("two"u8));
        Assert.Equal("two", File.ReadAllText(Target));
        Assert.NotNull(File.ResolveLinkTarget(link, returnFinalTarget: false));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Target));
    }

    [Fact]
    public void AnInvalidModelCreatesNoFile()
    {
        var image = Samples.With(Samples.Small(), pid: uint.MaxValue);
        Assert.Throws<CheckpointImageException>(() => ImageFile.Save(image, Target));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void ACancelledSaveLeavesNothing()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => ImageFile.Save(Samples.Small(), Target, cancellation: cancelled.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }
}
