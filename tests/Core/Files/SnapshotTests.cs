using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>A tree and its copies go their own ways from a snapshot on, each as if the other were not there.</summary>
public class SnapshotTests
{
    static readonly string[] Names = ["/a", "/b", "/d", "/d/e", "/d/b", "/d/e/c", "/d/e/f", "/tmp/x", "/tmp/y", "/tmp/x/z", "/dev/shm/m", "/dev/null", "/dev/.cr/stdout"];

    static Gen<Step> One { get; } =
        from kind in Gen.Frequency(
            (8, Gen.Constant(StepKind.Write)), (3, Gen.Constant(StepKind.Truncate)), (3, Gen.Constant(StepKind.MakeDirectory)), (1, Gen.Constant(StepKind.RemoveDirectory)),
            (3, Gen.Constant(StepKind.Unlink)), (4, Gen.Constant(StepKind.Rename)), (1, Gen.Constant(StepKind.Exchange)), (3, Gen.Constant(StepKind.Link)),
            (2, Gen.Constant(StepKind.SymbolicLink)), (1, Gen.Constant(StepKind.MakeFifo)), (1, Gen.Constant(StepKind.MakeDevice)), (2, Gen.Constant(StepKind.SetMode)),
            (1, Gen.Constant(StepKind.SetOwner)), (1, Gen.Constant(StepKind.SetTimes)), (2, Gen.Constant(StepKind.List)), (2, Gen.Constant(StepKind.Stat)),
            (3, Gen.Constant(StepKind.MapShared)), (2, Gen.Constant(StepKind.MapPrivate)), (6, Gen.Constant(StepKind.Poke)), (1, Gen.Constant(StepKind.Unmap)))
        from path in Gen.Elements(Names)
        from other in Gen.Elements(Names)
        from number in Gen.OneOf(Gen.Choose(0, 10), Gen.Choose(0, 20000), Gen.Elements(4095, 4096, 4097, 8192))
        from length in Gen.OneOf(Gen.Choose(0, 10), Gen.Choose(0, 9000), Gen.Elements(4096, 8192))
        select new Step(kind, path, other, number, length);

    static Arbitrary<(Step[] Before, Step[] Here, Step[] There)> Histories { get; } = Arb.From(
        from before in One.ArrayOf(40) from here in One.ArrayOf(20) from there in One.ArrayOf(20) select (before, here, there),
        history => from which in Enumerable.Range(0, 3)
                   from shorter in Shorter(which == 0 ? history.before : which == 1 ? history.here : history.there)
                   select which == 0 ? (shorter, history.here, history.there) : which == 1 ? (history.before, shorter, history.there) : (history.before, history.here, shorter));

    static IEnumerable<Step[]> Shorter(Step[] steps)
    {
        for (int size = steps.Length; size > 0; size /= 2)
            for (int start = 0; start + size <= steps.Length; start += size)
                yield return [.. steps[..start], .. steps[(start + size)..]];
    }

    [Fact]
    public void CopiesOfAnEmptyRootAreIndependent() => Check(new RootOptions());

    [Fact]
    public void CopiesOfAnArchivesOverlayAreIndependent()
    {
        using var host = new HostDirectory();
        TarFile[] files =
        [
            new("a", FileModeBits.Regular | 0x1A4, 3, 4, new Timespec(5, 6), new byte[10000], null, null, 0),
            new("d", FileModeBits.Directory | 0x1ED, 3, 4, new Timespec(5, 6), [], null, null, 0),
            new("d/b", FileModeBits.Regular | 0x1A4, 0, 0, default, [], null, "a", 0),
            new("d/e", FileModeBits.Directory | 0x1C0, 0, 0, default, [], null, null, 0),
            new("d/e/c", FileModeBits.Regular | 0x1A4, 0, 0, default, [1, 2, 3], null, null, 0),
            new("b", FileModeBits.SymbolicLink | 0x1FF, 0, 0, default, [], "d/e", null, 0),
        ];
        TarTree.Write(files, host.At("root.tar"));
        using var archive = TarArchive.Open(host.At("root.tar"));
        Check(new RootOptions { Archive = archive });
    }

    [Fact]
    public void CopiesOfAnOverlayAreIndependent()
    {
        using var host = UsedDirectory();
        Check(new RootOptions { HostDirectory = host.Path });
    }

    [Fact]
    public void OfAWritableRootOnlyWhatIsMountedOverItIsCopied()
    {
        using var host = UsedDirectory();
        var options = new RootOptions { HostDirectory = host.Path, Writable = true };
        using var source = new TestMachine(options);
        source.Write("/a", "on the host");
        source.Write("/dev/shm/m", "in memory");
        source.Write("/tmp/t", "in memory too");
        using var snapshot = source.Tree.Snapshot();
        Assert.Equal(2 * Frame.Size, snapshot.Bytes);
        source.Write("/a", "later");
        source.Write("/dev/shm/m", "later");
        using var copy = new TestMachine(options, snapshot: snapshot);
        Assert.Equal("later", copy.Read("/a"));
        Assert.Equal("in memory", copy.Read("/dev/shm/m"));
        Assert.Equal("in memory too", copy.Read("/tmp/t"));
        Assert.Equal(source.List("/"), copy.List("/"));
        Assert.Equal(source.Stat("/dev/shm/m").Inode, copy.Stat("/dev/shm/m").Inode);
    }

    [Fact]
    public void AHostProgramGoesAlong()
    {
        using var host = UsedDirectory();
        var options = new RootOptions { HostProgram = host.At("d/b") };
        using var source = new TestMachine(options);
        Assert.Equal(Errno.None, source.Tree.Rename(source.At, "/b", source.At, "/moved", RenameFlags.None));
        using var snapshot = source.Tree.Snapshot();
        using var copy = new TestMachine(options, snapshot: snapshot);
        Assert.Equal("b", copy.Read("/moved"));
        Assert.Equal(Errno.ENOENT, copy.Walk("/b"));
        Assert.Equal("/b", copy.Tree.ProgramPath);
    }

    [Fact]
    public void AFileOfTheHostStaysTheOneThatWasFirstSeen()
    {
        using var host = UsedDirectory();
        var options = new RootOptions { HostDirectory = host.Path };
        using var source = new TestMachine(options);
        Assert.Equal(10000, source.Stat("/a").Size);
        using var snapshot = source.Tree.Snapshot();
        host.Write("a", "another");
        host.Write("d/b", "not seen before");
        using var copy = new TestMachine(options, snapshot: snapshot);
        Assert.Equal(10000, copy.Stat("/a").Size);
        Assert.Equal(Errno.ESTALE, copy.TryOpen("/a", OpenFlags.ReadOnly, out _));
        Assert.Equal("not seen before", copy.Read("/d/b"));
    }

    [Fact]
    public void ACopyCountsForTheLimits()
    {
        using var source = new TestMachine();
        source.Write("/a", new string('a', 5000));
        Assert.Equal(Errno.None, source.Tree.MakeDirectory(source.At, "/d", 0x1ED));
        using var snapshot = source.Tree.Snapshot();
        using var copy = new TestMachine(new RootOptions { OverlayLimit = 2 * Frame.Size, InodeLimit = 2 }, snapshot: snapshot);
        Assert.Equal(2 * Frame.Size, copy.Tree.OverlayUsed);
        Assert.Equal(0, copy.Account.Used);
        Assert.Equal(Errno.ENOSPC, copy.TryOpen("/b", OpenFlags.WriteOnly | OpenFlags.Create, out _));
        copy.Write("/a", "a");
        Assert.Equal(Errno.None, copy.Tree.RemoveDirectory(copy.At, "/d"));
        copy.Write("/b", "b");
    }

    [Fact]
    public void DirectoriesMayBeNestedWithoutEnd()
    {
        const int Depth = 50_000;
        using var source = new TestMachine();
        var at = source.At;
        for (int depth = 0; depth < Depth; depth++)
        {
            Assert.Equal(Errno.None, source.Tree.MakeDirectory(at, "d", 0x1ED));
            Assert.Equal(Errno.None, source.Tree.Walk(at, "d", WalkFlags.None, out var next));
            at = at with { Directory = next! };
        }
        using var snapshot = source.Tree.Snapshot();
        using var copy = new TestMachine(snapshot: snapshot);
        at = copy.At;
        for (int depth = 0; depth < Depth; depth++)
        {
            Assert.Equal(Errno.None, copy.Tree.Walk(at, "d", WalkFlags.None, out var next));
            at = at with { Directory = next! };
        }
        Assert.Equal(Errno.ENOENT, copy.Tree.Walk(at, "d", WalkFlags.None, out _));
    }

    [Fact]
    public void ASnapshotServesManyThreadsAndGoesWithItsRoot()
    {
        using var host = UsedDirectory();
        var options = new RootOptions { HostDirectory = host.Path };
        var source = new TestMachine(options);
        source.Write("/new", new string('n', 100_000));
        var snapshot = source.Tree.Snapshot();
        source.Dispose();
        Parallel.For(0, 16, number =>
        {
            using var copy = new TestMachine(options, snapshot: snapshot);
            var file = copy.Open("/new", OpenFlags.WriteOnly);
            Assert.Equal(1, file.WriteAt(number * 5000, "x"u8).Value);
            file.Release();
            string text = new('n', 100_000);
            Assert.Equal(text[..(number * 5000)] + "x" + text[(number * 5000 + 1)..], copy.Read("/new"));
            Assert.Equal(1, copy.Account.Used);
        });
        Assert.Equal(25, source.Account.Used);
        Assert.Throws<ArgumentException>(() => new TestMachine(new RootOptions(), snapshot: snapshot));
        Assert.Throws<ArgumentException>(() => new TestMachine(options with { Writable = true }, snapshot: snapshot));
        snapshot.Dispose();
        Assert.Equal(0, source.Account.Used);
        Assert.Throws<ObjectDisposedException>(() => new TestMachine(options, snapshot: snapshot));
    }

    static HostDirectory UsedDirectory()
    {
        var host = new HostDirectory();
        host.Write("a", new string('a', 10000));
        host.Write("d/b", "b");
        host.Write("d/e/c", new string('c', 5000));
        host.Write("far/away", "unseen");
        if (OperatingSystem.IsLinux()) File.CreateSymbolicLink(host.At("d/l"), "b");
        return host;
    }

    /// <summary>The model of a copy is a machine that has done the same from its beginning, without any snapshot.</summary>
    static void Check(RootOptions options) => Prop.ForAll(Histories, history =>
    {
        var (before, here, there) = history;
        var source = new SnapshotMachine(options);
        source.Run(before);
        var snapshot = source.Tree.Snapshot();
        using var copy = new SnapshotMachine(options, snapshot, source.Time);
        Same(Fresh(options, before).Seen, copy.Run([]) + copy.Describe());
        using var second = new SnapshotMachine(options, snapshot, source.Time);
        using var between = second.Tree.Snapshot();
        Same(Fresh(options, before, here, unmap: false).Seen, source.Run(here) + source.Describe());
        source.Dispose();
        Same(Fresh(options, before, there).Seen, second.Run(there) + second.Describe());
        using var third = new SnapshotMachine(options, snapshot, source.Time - here.Length);
        snapshot.Dispose();
        Same(Fresh(options, before, here).Seen, third.Run(here) + third.Describe());
        using (var last = new SnapshotMachine(options, between, source.Time - here.Length)) Same(Fresh(options, before, there).Seen, last.Run(there) + last.Describe());
        between.Dispose();
        copy.Dispose();
        second.Dispose();
        third.Dispose();
        Assert.All([source.Account, copy.Account, second.Account, third.Account], static account => Assert.Equal(0, account.Used));
        Assert.Equal(0, snapshot.Copies?.Used ?? 0);
    }).Check(Repeatable.Config.WithMaxTest(Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 1000 : 60));

    static (string Seen, long Used) Fresh(RootOptions options, Step[] before, Step[]? then = null, bool unmap = true)
    {
        using var machine = new SnapshotMachine(options);
        machine.Run(before);
        if (unmap) machine.UnmapAll();
        string seen = machine.Run(then ?? []) + machine.Describe();
        return (seen, machine.Account.Used);
    }

    static void Same(string expected, string actual)
    {
        if (expected == actual) return;
        var wanted = expected.Split('\n');
        var got = actual.Split('\n');
        for (int line = 0; line < wanted.Length && line < got.Length; line++)
            Assert.True(wanted[line] == got[line], $"line {line}\n  expected {wanted[line]}\n  got      {got[line]}");
        Assert.Equal(wanted.Length, got.Length);
    }
}
