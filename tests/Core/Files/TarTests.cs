using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>A tar file is a root: what a guest sees of it is what was put in, whoever wrote it; and a bad one is refused with entry and offset.</summary>
public sealed class TarTests : IDisposable
{
    readonly HostDirectory host = new();

    string Tar => host.At("root.tar");

    public void Dispose() => host.Dispose();

    TestMachine Machine() => new(new RootOptions { Archive = TarArchive.Open(Tar) });

    [Fact]
    public void ARandomTreeIsSeenAsItWasWritten()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            bool isPlain = seed % 3 == 2;
            var files = TarTree.Random(seed, isPlain);
            if (seed % 3 == 0) TarTree.Write(files, Tar);
            else TarTree.Write(files = [.. files.Select(static file => file with { Uid = file.Uid & int.MaxValue })], Tar, isPlain ? TarEntryFormat.Gnu : TarEntryFormat.Pax);
            using (var machine = Machine()) Assert.Equal((seed, null), (seed, TarTree.Difference(files, machine)));
            File.Delete(Tar);
        }
    }

    [Fact]
    public void OurTarFilesAreReadByOthers()
    {
        TarFile[] files = [.. TarTree.Random(7, isPlain: false).Select(static file => file with { Uid = file.Uid & int.MaxValue })];
        TarTree.Write(files, Tar);
        using var reader = new System.Formats.Tar.TarReader(File.OpenRead(Tar));
        foreach (var file in files)
        {
            var entry = reader.GetNextEntry()!;
            Assert.Equal(file.Path, entry.Name.TrimEnd('/'));
            Assert.Equal(file.Mode & FileModeBits.Permissions, (uint)entry.Mode);
            Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(file.Modified.Seconds).AddTicks(file.Modified.Nanoseconds / 100), entry.ModificationTime);
            Assert.Equal(file.LinkTo ?? file.Target ?? "", entry.LinkName);
        }
        Assert.Null(reader.GetNextEntry());
    }

    [Theory]
    [InlineData("ustar")]
    [InlineData("gnu")]
    [InlineData("pax")]
    [InlineData("v7")]
    public void WhatTarMakesIsSeenAsTheDirectory(string format)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/tar"), "there is no GNU tar here");
        string long1 = new('x', format is "v7" or "ustar" ? 20 : 180);
        host.Write("tree/a/b/" + long1, "one");
        host.Write("tree/a/two", new string('2', 70000));
        File.CreateSymbolicLink(host.At("tree/link"), "/etc/" + long1);
        Run("chmod", "4400", host.At("tree/a/two"));
        Run("ln", host.At("tree/a/two"), host.At("tree/three"));
        Run("tar", "-C", host.At("tree"), "--format=" + format, "--sort=name", "-cf", Tar, ".");
        using var machine = Machine();
        Assert.Equal("one", machine.Read("/a/b/" + long1));
        Assert.Equal(70000, machine.Stat("/three").Size);
        Assert.Equal((machine.Stat("/a/two").Inode, 2u, FileModeBits.Regular | 0x900u), (machine.Stat("/three").Inode, machine.Stat("/three").Links, machine.Stat("/three").Mode));
        Assert.Equal(Errno.None, machine.Tree.ReadLink(machine.Find("/link"), out string target));
        Assert.Equal("/etc/" + long1, target);
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void BytesThatAreNoTextSurviveInNames()
    {
        TarTree.Write([new(GuestText.FromBytes([0xFF, (byte)'a', 0x80]), FileModeBits.Regular | 0x1A4, 0, 0, default, [1], null, null, 0)], Tar);
        using var machine = Machine();
        Assert.Equal([0xFF, (byte)'a', 0x80], GuestText.ToBytes(machine.List("/").Single(static name => name.EndsWith('\uDC80'))));
    }

    [Fact]
    public void WritesGoToTheOverlayAndAllNamesOfAFileSeeThem()
    {
        TarTree.Write(Linked, Tar);
        byte[] before = File.ReadAllBytes(Tar);
        using var machine = Machine();
        machine.Write("/a/one", "new");
        Assert.Equal("new", machine.Read("/b/two"));
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/a/one"));
        Assert.Equal(1u, machine.Stat("/b/two").Links);
        Assert.Equal("new", machine.Read("/b/two"));
        Assert.Equal(FileOrigin.HostChanged, machine.Find("/b/two").Origin);
        Assert.Equal(FileOrigin.Host, machine.Find("/b/three").Origin);
        Assert.Equal(before, File.ReadAllBytes(Tar));
    }

    [Fact]
    public void ASnapshotKeepsAFileWhoseOtherNameNobodyHasLookedAt()
    {
        TarTree.Write(Linked, Tar);
        using var machine = Machine();
        machine.Write("/a/one", "new");
        Assert.Equal(Errno.None, machine.Tree.Unlink(machine.At, "/a/one"));
        using var snapshot = machine.Tree.Snapshot();
        using var copy = new TestMachine(machine.Tree.Options, snapshot: snapshot);
        Assert.Equal("new", copy.Read("/b/two"));
        Assert.Equal(1u, copy.Stat("/b/two").Links);
        Assert.Equal("three", copy.Read("/b/three"));
    }

    static readonly TarFile[] Linked =
    [
        new("a/one", FileModeBits.Regular | 0x1A4, 1, 2, default, Encoding.ASCII.GetBytes("old"), null, null, 0),
        new("b/two", FileModeBits.Regular | 0x1A4, 1, 2, default, [], null, "a/one", 0),
        new("b/three", FileModeBits.Regular | 0x1A4, 1, 2, default, Encoding.ASCII.GetBytes("three"), null, null, 0),
    ];

    [Fact]
    public void AFileThatIsChangedLaterIsStale()
    {
        TarTree.Write(Linked, Tar);
        using var machine = Machine();
        Assert.Equal("old", machine.Read("/a/one"));
        File.SetLastWriteTimeUtc(Tar, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(Errno.ESTALE, machine.TryOpen("/b/three", OpenFlags.ReadOnly, out _));
        using var archive = TarArchive.Open(Tar);
        Assert.NotSame(machine.Tree.Options.Archive, archive);
    }

    [Fact]
    public void OneThatIsCutShortIsRefusedAtEveryLength()
    {
        TarTree.Write(Linked, Tar);
        byte[] all = File.ReadAllBytes(Tar);
        for (int length = 0; length < all.Length - 512; length += length % 512 == 0 ? 1 : 511)
        {
            File.WriteAllBytes(Tar, all[..length]);
            var error = Assert.Throws<TarException>(() => TarArchive.Open(Tar).Dispose());
            Assert.Contains("the archive ends", error.Message, StringComparison.Ordinal);
            Assert.InRange(error.Offset, 0, length);
        }
    }

    [Fact]
    public void DamageEndsInAnErrorThatNamesThePlace()
    {
        TarTree.Write(TarTree.Random(3, isPlain: false), Tar);
        byte[] all = File.ReadAllBytes(Tar);
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            byte[] damaged = [.. all];
            for (int hit = 0; hit < 3; hit++) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            if (random.Next(2) == 0) Repair(damaged);
            string path = host.At("damaged" + round);
            File.WriteAllBytes(path, damaged);
            try
            {
                TarArchive.Open(path).Dispose();
            }
            catch (TarException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 399);
    }

    /// <summary>Makes every header's checksum right, so that damage reaches what it says.</summary>
    static void Repair(byte[] tar)
    {
        for (int at = 0; at + 512 <= tar.Length; at += 512)
        {
            if (!tar.AsSpan(at + 257, 5).SequenceEqual("ustar"u8)) continue;
            tar.AsSpan(at + 148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte value in tar.AsSpan(at, 512)) sum += value;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, at + 148);
        }
    }

    public static TheoryData<string, string, string?, uint, string> Hostile => new()
    {
        { "../out", "", null, FileModeBits.Regular, "leads out of the archive" },
        { "a/../../out", "", null, FileModeBits.Regular, "leads out of the archive" },
        { "/etc/passwd", "", null, FileModeBits.Regular, "is absolute" },
        { "new", "", "/etc/passwd", FileModeBits.Regular, "the name that it links to is absolute" },
        { "new", "", "../../etc/passwd", FileModeBits.Regular, "leads out of the archive" },
        { "new", "", "new", FileModeBits.Regular, "no entry before it is 'new'" },
        { "new", "", "dir", FileModeBits.Regular, "hard link to a directory" },
        { "link/file", "", null, FileModeBits.Regular, "leads through 'link', which is no directory" },
        { "file/file", "", null, FileModeBits.Regular, "leads through 'file', which is no directory" },
        { "dir", "", null, FileModeBits.Regular, "there is a directory of that name that is not empty" },
        { "new", "", "link/passwd", FileModeBits.Regular, "leads through 'link'" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void AnEntryThatHasNoPlaceIsRefused(string name, string contents, string? linkTo, uint type, string rule)
    {
        TarFile[] files =
        [
            new("dir", FileModeBits.Directory | 0x1ED, 0, 0, default, [], null, null, 0),
            new("dir/inner", FileModeBits.Regular | 0x1A4, 0, 0, default, [], null, null, 0),
            new("file", FileModeBits.Regular | 0x1A4, 0, 0, default, [], null, null, 0),
            new("link", FileModeBits.SymbolicLink | 0x1FF, 0, 0, default, [], "/", null, 0),
            new(name, type | 0x1A4, 0, 0, default, Encoding.ASCII.GetBytes(contents), null, linkTo, 0),
        ];
        TarTree.Write(files, Tar);
        var error = Assert.Throws<TarException>(() => TarArchive.Open(Tar));
        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
        Assert.Equal((name, 4 * 512L), (error.Entry, error.Offset));
    }

    [Fact]
    public void ALaterEntryTakesThePlaceOfAnEarlierOne()
    {
        TarFile[] files =
        [
            new("d", FileModeBits.Directory | 0x1C0, 5, 5, default, [], null, null, 0),
            new("d/f", FileModeBits.Regular | 0x1A4, 0, 0, default, "first"u8.ToArray(), null, null, 0),
            new("d/g", FileModeBits.Regular, 0, 0, default, [], null, "d/f", 0),
            new("d", FileModeBits.Directory | 0x1FF, 6, 6, default, [], null, null, 0),
            new("d/f", FileModeBits.SymbolicLink | 0x1FF, 0, 0, default, [], "f", null, 0),
        ];
        TarTree.Write(files, Tar);
        using var machine = Machine();
        Assert.Equal((FileModeBits.Directory | 0x1FF, 6u), (machine.Stat("/d").Mode, machine.Stat("/d").Uid));
        Assert.Equal("first", machine.Read("/d/g"));
        Assert.Equal(1u, machine.Stat("/d/g").Links);
        Assert.Equal(Errno.ELOOP, machine.Walk("/d/f"));
    }

    /// <summary>Of entries that come one after the other, a name that is written in another way, or whose directory became a file meanwhile, has its own place.</summary>
    [Fact]
    public void EachEntryHasItsOwnPlace()
    {
        TarFile Regular(string path) => new(path, FileModeBits.Regular, 0, 0, default, Encoding.ASCII.GetBytes(path), null, null, 0);
        TarFile[] files =
        [
            Regular("a/b"), Regular("a/c"), Regular("a/.d"), Regular("a/./e"), Regular("a/b2/f"), Regular("a/b2/./g"), Regular("a//h"), Regular("./i"), Regular("./j"), Regular("k/."), Regular("l"),
            new("m/n", FileModeBits.Directory, 0, 0, default, [], null, null, 0), Regular("m/n"), Regular("m/o"),
        ];
        TarTree.Write(files, Tar);
        using var machine = Machine();
        foreach (string path in new[] { "a/b", "a/c", "a/.d", "a/b2/f", "l", "m/n", "m/o" }) Assert.Equal(path, machine.Read("/" + path));
        Assert.Equal("a/./e", machine.Read("/a/e"));
        Assert.Equal("a/b2/./g", machine.Read("/a/b2/g"));
        Assert.Equal("a//h", machine.Read("/a/h"));
        Assert.Equal("./i", machine.Read("/i"));
        Assert.Equal("./j", machine.Read("/j"));
        Assert.Equal("k/.", machine.Read("/k"));
    }

    [Fact]
    public void SparseEntriesAreRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/tar"), "there is no GNU tar here");
        using (var file = File.Create(host.At("sparse"))) file.SetLength(1 << 20);
        foreach (string format in new[] { "gnu", "pax" })
        {
            Run("tar", "-C", host.Path, "--format=" + format, "-S", "-cf", Tar, "sparse");
            Assert.Contains("sparse", Assert.Throws<TarException>(() => TarArchive.Open(Tar)).Message, StringComparison.Ordinal);
        }
    }
}
