using System.Diagnostics;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>System calls 333 and 334, made by guests on themselves.</summary>
public sealed class GuestCallTests : IDisposable
{
    readonly string root = GuestSession.NewRoot();

    public void Dispose() => Directory.Delete(root, recursive: true);

    GuestSession Run(string guest, string[] arguments, string? output = null, string? input = null, bool allowed = true) => GuestSession.Start(
        GuestSession.Options(root, writable: true) with { GuestCheckpoint = allowed },
        new ProgramOptions { FilePath = "/guests/" + guest, Arguments = arguments, OutputPath = output, InputPath = input, Suspended = true });

    /// <summary>Runs ckpt, which takes images of itself into its standard output, and gives the images.</summary>
    List<byte[]> TakeImages(int count)
    {
        using var session = Run("ckpt", ["/tmp/out", count.ToString(), "exit"], output: "/tmp/image");
        Assert.Equal(0, session.Finish().ExitCode);
        var images = new List<byte[]>();
        using var stream = new MemoryStream(File.ReadAllBytes(Path.Combine(root, "tmp/image")));
        while (stream.Position < stream.Length)
        {
            long start = stream.Position;
            ImageReader.Read(stream).Dispose();
            images.Add(stream.ToArray()[(int)start..(int)stream.Position]);
        }
        return images;
    }

    string OutputFile => File.ReadAllText(Path.Combine(root, "tmp/out"));

    [Fact]
    public void TheOriginalGetsOneThenTwoAndTheRestartedTaskZero()
    {
        var images = TakeImages(2);
        Assert.Equal(2, images.Count);
        Assert.Equal("hello, this line was written before the checkpoint\nthis one after it (ret = 1)\nthis one after it (ret = 2)\n", OutputFile);
        using var restored = GuestSession.Restore(images[1], GuestSession.Options(root, writable: true));
        Assert.Equal(0, restored.Finish().ExitCode);
        Assert.Equal("hello, this line was written before the checkpoint\nthis one after it (ret = 1)\nthis one after it (ret = 0)\n", OutputFile);
    }

    [Fact]
    public void WhatWasWrittenAfterTheCheckpointIsWrittenAnewAtTheRestoredPosition()
    {
        var image = TakeImages(1)[0];
        File.WriteAllText(Path.Combine(root, "tmp/out"), new string('X', 200));
        using var restored = GuestSession.Restore(image, GuestSession.Options(root, writable: true));
        restored.Finish();
        string written = OutputFile;
        Assert.Equal(200, written.Length);
        Assert.StartsWith(new string('X', 51) + "this one after it (ret = 0)\nXXX", written, StringComparison.Ordinal);
    }

    [Fact]
    public void RestartReplacesTheCaller()
    {
        File.WriteAllBytes(Path.Combine(root, "tmp/one"), TakeImages(1)[0]);
        using var session = Run("rstr", [], input: "/tmp/one");
        var (output, exitCode) = session.Finish();
        Assert.Equal(("", 0), (output, exitCode));
        Assert.Equal("ckpt", session.Task.Comm);
        Assert.EndsWith("this one after it (ret = 0)\n", OutputFile, StringComparison.Ordinal);
    }

    [Fact]
    public void RestartReadsFromStandardInputToTheTrailerAndNoFurther()
    {
        byte[] image = TakeImages(1)[0];
        using var session = Run("rstr", []);
        session.Run();
        session.Machine.SendInput(image.AsMemory(0, image.Length / 2));
        Thread.Sleep(50);
        Assert.False(session.Task.HasExited);
        session.Machine.SendInput(image.AsMemory(image.Length / 2));
        session.Machine.SendInput("left"u8.ToArray());
        Assert.True(session.Machine.WaitForExit(session.Task, GuestSession.Patience));
        Assert.Equal(0, session.Task.ExitCode);
        Assert.Equal(4, session.Machine.Streams.Unread(Core.Files.StreamKind.Input));
    }

    public static TheoryData<string, Errno> BadImages => new()
    {
        { "empty", Errno.EPIPE },
        { "truncated", Errno.EPIPE },
        { "foreign", Errno.EINVAL },
        { "version", Errno.EINVAL },
        { "flags", Errno.EINVAL },
        { "missing", Errno.ENOENT },
    };

    [Theory]
    [MemberData(nameof(BadImages))]
    public void AfterABadImageTheCallerLivesOn(string kind, Errno errno)
    {
        byte[] image = TakeImages(1)[0];
        switch (kind)
        {
            case "empty": image = []; break;
            case "truncated": image = image[..(image.Length / 2)]; break;
            case "foreign": image = Encoding.UTF8.GetBytes("#!/bin/sh\necho this is no image, however long it goes on\n"); break;
            case "version": image[16] ^= 1; break;
            case "flags": image[32] = 0xFF; break;
            case "missing": File.Delete(Path.Combine(root, "tmp/out")); break;
        }
        File.WriteAllBytes(Path.Combine(root, "tmp/bad"), image);
        using var session = Run("rstr", [], input: "/tmp/bad");
        var (output, exitCode) = session.Finish();
        Assert.Equal($"restart failed: {errno}\nthe caller lives on\n", output);
        Assert.Equal((int)errno, exitCode);
    }

    [Theory]
    [InlineData("7", "0", Errno.EBADF)]
    [InlineData("1", "0", Errno.EBADF)]
    [InlineData("0", "1", Errno.EINVAL)]
    public void BadArgumentsGiveTheReferencesErrno(string descriptor, string flags, Errno errno)
    {
        using var session = Run("rstr", [descriptor, flags], output: "/tmp/said");
        Assert.Equal((int)errno, session.Finish().ExitCode);
        Assert.Equal($"restart failed: {errno}\nthe caller lives on\n", File.ReadAllText(Path.Combine(root, "tmp/said")));
    }

    [Fact]
    public void WithoutTheRightTheNumbersAreLinuxsOwn()
    {
        // Its third argument is the first of the call: a descriptor for pwritev(2), and without meaning for restart.
        using var linux = Run("rstr", ["0", "0", "99"], allowed: false);
        Assert.Equal((int)Errno.EBADF, linux.Finish().ExitCode);
        using var own = Run("rstr", ["0", "0", "99"]);
        own.Machine.EndInput();
        Assert.Equal((int)Errno.EPIPE, own.Finish().ExitCode);
    }

    [Fact]
    public void TruncationAtAnyPlaceIsEpipe()
    {
        byte[] image = TakeImages(1)[0];
        foreach (int length in Enumerable.Range(1, 25).Select(part => image.Length * part / 26))
        {
            File.WriteAllBytes(Path.Combine(root, "tmp/bad"), image[..length]);
            using var session = Run("rstr", [], input: "/tmp/bad");
            Assert.Equal((int)Errno.EPIPE, session.Finish().ExitCode);
        }
    }

    [Fact]
    public void AGuestThatCountsWithFloatingPointSavesItselfAndGoesOn()
    {
        using (var straight = Run("selfckpt", ["/tmp/self"])) Assert.Equal(0, straight.Finish().ExitCode);
        byte[] image = File.ReadAllBytes(Path.Combine(root, "tmp/self"));
        using var straightAgain = Run("selfckpt", ["/tmp/self"]);
        string expected = straightAgain.Finish().Output;
        using var restored = GuestSession.Restore(image, GuestSession.Options(root, writable: true));
        string rest = restored.Finish().Output;
        int cut = expected.IndexOf("checkpoint returned", StringComparison.Ordinal);
        Assert.Equal(expected[cut..].Replace("returned 1", "returned 0", StringComparison.Ordinal), rest);
    }

    [Fact]
    public void D15_AWriteToTheImagesOwnDescriptorLeavesTheImageIntact()
    {
        // ckpt's standard output is the image itself; the second checkpoint of the restarted task goes there.
        using (var session = Run("ckpt", ["/tmp/out", "2", "exit"], output: "/tmp/image")) session.Finish();
        string path = Path.Combine(root, "tmp/image");
        byte[] both = File.ReadAllBytes(path);
        int first = 0;
        using (var stream = new MemoryStream(both))
        {
            ImageReader.Read(stream).Dispose();
            first = (int)stream.Position;
        }
        File.WriteAllBytes(path, both[..first]);
        using (var checkpoint = Core.Checkpoint.Checkpoint.Open(path))
        {
            var own = checkpoint.Image.Files.Descriptors.Single(descriptor => descriptor.Number == 1);
            Assert.InRange((long)own.File.Position, 1, first - 1);
            var options = GuestSession.Options(root, writable: true);
            using var restored = new GuestSession(Restorer.Restore(checkpoint, new RestoreOptions { Root = options.Root, Machine = options, Suspended = true }));
            restored.Finish();
        }
        byte[] after = File.ReadAllBytes(path);
        Assert.True(after.Length > first);
        Assert.Equal(both[..first], after[..first]);
    }
}
