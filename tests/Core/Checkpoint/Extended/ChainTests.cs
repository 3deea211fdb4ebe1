using System.Buffers.Binary;
using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Taken = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Chains that are not what they were: each is refused with the file that is to blame.</summary>
public sealed class ChainTests : IDisposable
{
    static readonly int Mutations = int.Parse(Environment.GetEnvironmentVariable("CR_TEST_MUTATIONS") ?? "150", CultureInfo.InvariantCulture);

    static readonly RootOptions Root = new() { HostProgram = GuestFiles.Program("toucher") };

    readonly string folder = Directory.CreateTempSubdirectory("cr-chain-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string At(string name) => Path.Combine(folder, name);

    [Fact]
    public void AMissingParentIsNamed()
    {
        Chain(3);
        File.Delete(At("0.cr"));
        var refused = Assert.Throws<CheckpointImageException>(() => Taken.Open(At("2.cr")));
        Assert.Equal(Errno.ENOENT, refused.Errno);
        Assert.Contains(At("0.cr"), refused.Message, StringComparison.Ordinal);
        Assert.Contains(At("1.cr"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AParentThatWasReplacedIsRefused()
    {
        Chain(2);
        using (var other = Session(60_000))
        using (var taken = Checkpointer.Capture(other.Machine)) Checkpointer.Write(taken, At("0.cr"), overwrite: true);
        var refused = Assert.Throws<CheckpointImageException>(() => Taken.Open(At("1.cr")));
        Assert.Equal(Errno.ESTALE, refused.Errno);
        Assert.Contains(At("0.cr"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckpointWhoseRecordsAreListedStaysWhatItWas()
    {
        using var session = Session(50_000);
        var protection = new ImageProtection { Keys = [ProtectionKey.FromPassphrase("a passphrase")] };
        using var parent = Checkpointer.Capture(session.Machine);
        Checkpointer.Write(parent, At("0.cr"), new WriteOptions { Protection = protection });
        session.RunTo(100_000);
        using var taken = Checkpointer.Capture(session.Machine);
        Checkpointer.Write(taken, At("1.cr"), new WriteOptions { Parent = parent, Protection = protection });
        var (identity, inherited) = (taken.Extended!.Identity.ToArray(), taken.PagesInherited);
        Assert.True(inherited > 0);
        Assert.NotEmpty(taken.Records());
        Assert.Equal(identity, taken.Extended.Identity.ToArray());
        Assert.Equal((2, inherited), (taken.ChainLength, taken.PagesInherited));
        Assert.Equal(At("0.cr"), taken.ParentPath);
    }

    [Fact]
    public void AnIncrementIsNotWrittenUponAParentThatWasReplaced()
    {
        using var session = Session(50_000);
        using var parent = Checkpointer.Capture(session.Machine);
        Checkpointer.Write(parent, At("0.cr"));
        session.RunTo(100_000);
        using var later = Checkpointer.Capture(session.Machine);
        Checkpointer.Write(later, At("0.cr"), overwrite: true);
        using var last = Checkpointer.Capture(session.Machine);
        Assert.Equal(Errno.ESTALE, Assert.Throws<CheckpointImageException>(() => Checkpointer.Write(last, At("1.cr"), new WriteOptions { Parent = parent })).Errno);
        Assert.False(File.Exists(At("1.cr")));
    }

    [Fact]
    public void DamageInAParentIsNamed()
    {
        Chain(2);
        byte[] bytes = File.ReadAllBytes(At("0.cr"));
        // In the pages, which are read when they are wanted.
        bytes[IndexOfPages(bytes) + 4096 * 3] ^= 1;
        File.WriteAllBytes(At("0.cr"), bytes);
        using var chain = Taken.Open(At("1.cr"));
        var refused = Assert.Throws<CheckpointImageException>(() => MachineImage.Restore(chain.Extended!, Root, eager: true));
        Assert.Equal(Errno.EIO, refused.Errno);
        Assert.Contains(At("0.cr"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageIsNotItsOwnAncestor()
    {
        Chain(3);
        // Whatever a path says, the identity has to be that of the parent, and no image holds its own.
        byte[] bytes = File.ReadAllBytes(At("1.cr"));
        int path = bytes.AsSpan().IndexOf("0.cr"u8);
        "1.cr"u8.CopyTo(bytes.AsSpan(path));
        File.WriteAllBytes(At("1.cr"), ImageRepair.Fix(bytes));
        Assert.Equal(Errno.ESTALE, Assert.Throws<CheckpointImageException>(() => Taken.Open(At("1.cr"))).Errno);
        Assert.Equal(Errno.ESTALE, Assert.Throws<CheckpointImageException>(() => Taken.Open(At("2.cr"))).Errno);
    }

    [Fact]
    public void AnIncrementDoesNotReplaceWhatItBuildsOn()
    {
        using var session = Chain(2);
        using var parent = Taken.Open(At("1.cr"));
        using var taken = Checkpointer.Capture(session.Machine);
        foreach (string name in new[] { "0.cr", "1.cr" })
        {
            var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Write(taken, At(name), new WriteOptions { Parent = parent, Overwrite = true }));
            Assert.Contains(At(name), refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AParentThatIsInMemoryAloneIsRefused()
    {
        using var session = Session(50_000);
        using var parent = Checkpointer.Capture(session.Machine);
        using var taken = Checkpointer.Capture(session.Machine);
        Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Write(taken, At("1.cr"), new WriteOptions { Parent = parent }));
    }

    [Fact]
    public void AChainHasAtMost64Images()
    {
        using var session = Chain(ExtendedLimits.MostChain);
        using var parent = Taken.Open(At("63.cr"));
        Assert.Equal(64, parent.ChainLength);
        using var taken = Checkpointer.Capture(session.Machine);
        var refused = Assert.Throws<CheckpointRefusedException>(() => Checkpointer.Write(taken, At("64.cr"), new WriteOptions { Parent = parent }));
        Assert.Contains("merge it", refused.Message, StringComparison.Ordinal);
        Checkpointer.Merge(parent, At("63.cr"), overwrite: true).Dispose();
        using var merged = Taken.Open(At("63.cr"));
        Assert.Equal(1, merged.ChainLength);
        Checkpointer.Write(taken, At("64.cr"), new WriteOptions { Parent = merged });
    }

    [Fact]
    public void AChainMovesWithItsDirectory()
    {
        Chain(3);
        string moved = folder + "-moved";
        Directory.Move(folder, moved);
        try
        {
            using (var chain = Taken.Open(Path.Combine(moved, "2.cr"))) Assert.Equal(3, chain.ChainLength);
        }
        finally
        {
            Directory.Move(moved, folder);
        }
    }

    [Fact]
    public void WhatIsHeldForTheNextIncrementGoesWithTheMachine()
    {
        var session = Chain(3);
        session.RunTo(session.Machine.RetiredInstructions + 20_000);
        session.Dispose();
        Assert.Equal(0, session.Machine.Account.Used);
    }

    [Fact]
    public void IncrementsFollowEachOtherOnAStream()
    {
        using var session = Session(50_000);
        using var stream = new MemoryStream();
        ExtendedImage? last = null;
        var lengths = new List<long>();
        for (int round = 0; round < 4; round++)
        {
            var image = MachineImage.Capture(session.Machine);
            lengths.Add(ExtendedWriter.Write(image, stream, new ExtendedWriterOptions { Parent = last == null ? null : Increment.Between(image, last) }));
            last?.Dispose();
            last = image;
            session.RunTo(session.Machine.RetiredInstructions + 2_000);
        }
        last!.Dispose();
        Assert.True(lengths[1] < lengths[0] && lengths[3] < lengths[0], string.Join(" ", lengths));
        stream.Position = 0;
        ExtendedImage? read = null;
        for (int round = 0; round < 4; round++) read = ExtendedReader.Read(stream, read);
        using (read)
        {
            Assert.Equal(4, read!.ChainLength);
            using var machine = MachineImage.Restore(read, Root);
            machine.Thaw();
            Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(static task => task.HasExited));
            session.Machine.Thaw();
            Assert.True(session.Machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || session.Machine.Tasks.All(static task => task.HasExited));
            Assert.Equal(StateHash.Compute(session.Machine, StateHashScope.Full), StateHash.Compute(machine, StateHashScope.Full));
        }
        // Alone none of them is an image.
        stream.Position = lengths[0];
        Assert.Equal(Errno.ENOENT, Assert.Throws<CheckpointImageException>(() => ExtendedReader.Read(stream)).Errno);
        stream.Position = 0;
        using var first = ExtendedReader.Read(stream);
        stream.Position = lengths[0] + lengths[1];
        Assert.Equal(Errno.ESTALE, Assert.Throws<CheckpointImageException>(() => ExtendedReader.Read(stream, first)).Errno);
    }

    [Fact]
    public void HostileIncrementsAreRefusedOrRun()
    {
        using (Chain(2))
        {
        }
        byte[] whole = File.ReadAllBytes(At("1.cr"));
        int structure = IndexOfPages(whole);
        int refused = 0, taken = 0;
        var wrong = new List<string>();
        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. whole];
            if (random.Next(6) == 0) bytes = bytes[..random.Next(bytes.Length)];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                // PARENT, which stands early, and the heads of groups more often than the rest.
                int at = random.Next(3) switch
                {
                    0 => random.Next(Math.Min(bytes.Length, 400)),
                    1 => Math.Min(bytes.Length - 1, Math.Max(0, structure - 1500 + random.Next(1500))),
                    _ => random.Next(bytes.Length),
                };
                bytes[at] = random.Next(3) switch { 0 => 0, 1 => (byte)(bytes[at] + 1), _ => (byte)random.Next(256) };
            }
            if (random.Next(4) != 0) bytes = ImageRepair.Fix(bytes);
            File.WriteAllBytes(At("1.cr"), bytes);
            try
            {
                using var chain = Taken.Open(At("1.cr"));
                using var machine = MachineImage.Restore(chain.Extended!, Root, static o => o with { MemoryLimit = Math.Min(o.MemoryLimit, 256 << 20) });
                taken++;
            }
            catch (Exception exception) when (exception is CheckpointImageException or RestoreException or UnauthorizedAccessException)
            {
                // A path may lead to a directory.
                refused++;
            }
            catch (Exception exception)
            {
                wrong.Add($"seed {seed}: {exception}");
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Mutations}, the first: {string.Join("\n", wrong.Take(3))}");
        Assert.True(refused > Mutations / 2 && taken > 0, $"{refused} refused, {taken} taken of {Mutations}");
    }

    /// <summary>Images 0.cr and on of one machine, each the parent of the next.</summary>
    GuestSession Chain(int count)
    {
        var session = Session(50_000);
        Taken? parent = null;
        for (int i = 0; i < count; i++)
        {
            var taken = Checkpointer.Capture(session.Machine);
            Checkpointer.Write(taken, At($"{i}.cr"), new WriteOptions { Parent = parent });
            parent?.Dispose();
            parent = taken;
            session.RunTo(session.Machine.RetiredInstructions + 3_000);
        }
        parent?.Dispose();
        return session;
    }

    static GuestSession Session(ulong at) => GuestSession.StartAlone("toucher").RunTo(at);

    /// <summary>Where the first stored page lies.</summary>
    static int IndexOfPages(byte[] bytes)
    {
        for (int at = 0; ;)
        {
            int type = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at)), length = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at + 2));
            if (type == (int)ExtendedRecord.Pages) return at + 8 + length + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 8 + 12));
            at += 8 + length;
        }
    }
}
