using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using FsCheck;
using FsCheck.Fluent;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Valid models, made at random and shrunk by leaving things out.</summary>
public static class Models
{
    private static readonly Gen<uint> s_word = Gen.Choose(int.MinValue, int.MaxValue).Select(value => (uint)value);

    private static readonly Gen<ulong> s_long = from high in s_word from low in s_word select ((ulong)high << 32) | low;

    private static readonly Gen<FileName> s_name =
        from length in Gen.Frequency((9, Gen.Choose(1, 40)), (1, Gen.Choose(41, 4094)))
        from bytes in Gen.Choose(1, 255).Select(value => (byte)value).ArrayOf(length)
        select new FileName([(byte)'/', .. bytes]);

    private static readonly Gen<SegmentDescriptor> s_segment = Gen.Frequency(
        (1, Gen.Constant(default(SegmentDescriptor))),
        (3, from start in s_word
            from limit in Gen.Choose(0, 0xf_ffff)
            from type in Gen.Choose(0, 11)
            from bits in Gen.Choose(0, 15)
            select SegmentDescriptor.Create(start, (uint)limit, type, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0)));

    private static readonly Gen<SavedVma> s_vma =
        from kind in Gen.Elements(VmaKind.Anonymous, VmaKind.File)
        from pages in Gen.Choose(1, 40)
        from gap in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 4000)))
        from saved in Gen.Choose(0, 1).ArrayOf(pages)
        from protection in s_long
        from flags in s_word
        from offset in Gen.Choose(0, int.MaxValue)
        from name in s_name
        from seed in Gen.Choose(0, 255)
        select new SavedVma
        {
            // The gap is kept in Start until the regions are lined up.
            Record = new VmaRecord { Kind = kind, Start = (ulong)gap, End = (ulong)pages, PageProtection = protection, Flags = (VmFlags)flags & ~ImageLimits.UnsupportedRegions, PageOffset = (ulong)offset },
            File = kind == VmaKind.File ? name : null,
            Pages = new Pages([.. Enumerable.Range(0, pages).Where(page => saved[page] != 0).Select(page => (uint)page)], seed),
        };

    private static readonly Gen<SavedFile> s_file =
        from kind in Gen.Elements(FileKind.Regular, FileKind.Directory, FileKind.SymbolicLink)
        from mode in Gen.Choose(0, 63)
        from flags in s_word
        from position in s_long
        from version in s_long
        from name in s_name
        select new SavedFile { ObjectReference = 1, Kind = kind, Mode = (FileModes)mode, Flags = (FileFlags)flags & ~FileFlags.CreationOnly, Position = position, Version = version, Name = name };

    private static readonly Gen<SavedFiles> s_files =
        from files in s_file.NonEmptyListOf()
        from count in Gen.Choose(0, 20)
        from picks in Gen.Choose(0, files.Count - 1).ArrayOf(count)
        from steps in Gen.Choose(1, 9).ArrayOf(count)
        from close in Gen.Choose(0, 1).ArrayOf(count)
        select LineUp(files, picks, steps, close);

    private static readonly Gen<CpuRecord> s_cpu =
        from words in s_word.ArrayOf(16)
        from flags in s_word
        from selectors in Gen.Elements<ulong>(0, 3, 0x7b, 0x33, 0x3b, 0x43, 7, 0xffff).ArrayOf(4)
        from math in Gen.Choose(0, 1)
        from debug in Gen.Choose(0, 1)
        from state in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(512)
        select MakeCpu(words, flags, selectors, math, debug, state);

    public static Arbitrary<CheckpointImage> Image() => Arb.From(
        from vmas in s_vma.ListOf()
        from ldt in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(1, 600))).SelectMany(count => s_segment.ArrayOf(count))
        from files in s_files
        from tls in s_segment.ArrayOf(3)
        from cpu in s_cpu
        from pid in Gen.Choose(0, int.MaxValue)
        from comm in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(16)
        from words in s_word.ArrayOf(12)
        from time in s_long
        from release in Gen.Elements("", "6.1.0", new string('x', 64), "2.6.27-rc6")
        select new CheckpointImage
        {
            Head = HeadRecord.Create((ushort)words[0], (ushort)words[1], (ushort)words[2], time, release, "#1", "i686"),
            ProcessId = (uint)pid,
            Task = new SavedTask(comm) { State = (TaskStates)words[3], ExitState = (TaskStates)words[4], ExitCode = words[5], ExitSignal = words[6] },
            Memory = new SavedMemory { Layout = MakeLayout(words), Vmas = LineUp(vmas), Ldt = ldt },
            Files = files,
            Thread = new SavedThread(tls[0], tls[1], tls[2]),
            Cpu = cpu,
        },
        Shrink);

    private static IEnumerable<CheckpointImage> Shrink(CheckpointImage image)
    {
        var memory = image.Memory;
        for (var i = 0; i < memory.Vmas.Count; i++)
        {
            var without = i;
            yield return Samples.With(image, memory: new SavedMemory { Layout = memory.Layout, Vmas = [.. memory.Vmas.Where((_, at) => at != without)], Ldt = memory.Ldt });
        }
        if (memory.Ldt.Count > 0) yield return Samples.With(image, memory: new SavedMemory { Layout = memory.Layout, Vmas = memory.Vmas });
        if (image.Files.Descriptors.Count > 0) yield return Samples.With(image, files: new SavedFiles { Descriptors = [.. image.Files.Descriptors.Skip(1)] });
    }

    private static List<SavedVma> LineUp(IReadOnlyList<SavedVma> raw)
    {
        var result = new List<SavedVma>();
        ulong next = 0x0001_0000;
        foreach (var vma in raw)
        {
            var record = vma.Record;
            var pages = record.End;
            record.Start = next + (record.Start * ImageLimits.PageSize);
            record.End = record.Start + (pages * ImageLimits.PageSize);
            next = record.End;
            uint[] addresses = [.. Enumerable.Range(0, vma.Pages.Count).Select(i => (uint)record.Start + (vma.Pages.AddressOf(i) * ImageLimits.PageSize))];
            result.Add(new SavedVma { Record = record, File = vma.File, Pages = new Pages(addresses, ((Pages)vma.Pages).Seed) });
        }
        return result;
    }

    private static SavedFiles LineUp(List<SavedFile> files, int[] picks, int[] steps, int[] close)
    {
        var references = picks.Distinct().Select((pick, at) => (pick, at)).ToDictionary(pair => pair.pick, pair => pair.at + 1);
        var open = references.ToDictionary(pair => pair.Key, pair =>
        {
            var file = files[pair.Key];
            return new SavedFile { ObjectReference = pair.Value, Kind = file.Kind, Mode = file.Mode, Flags = file.Flags, Position = file.Position, Version = file.Version, Name = file.Name };
        });
        var number = -1;
        return new SavedFiles { Descriptors = [.. picks.Select((pick, at) => new SavedDescriptor(number += steps[at], close[at] != 0, open[pick]))] };
    }

    private static MmRecord MakeLayout(uint[] words) => new()
    {
        StartCode = Math.Min(words[0], words[1]),
        EndCode = Math.Max(words[0], words[1]),
        StartData = Math.Min(words[2], words[3]),
        EndData = Math.Max(words[2], words[3]),
        StartBreak = words[4],
        Break = words[5],
        StartStack = words[6],
        ArgumentStart = words[7],
        ArgumentEnd = words[8],
        EnvironmentStart = words[9],
        EnvironmentEnd = words[10],
    };

    private static CpuRecord MakeCpu(uint[] words, uint flags, ulong[] selectors, int math, int debug, byte[] state)
    {
        var cpu = new CpuRecord
        {
            Ax = words[0],
            Bx = words[1],
            Cx = words[2],
            Dx = words[3],
            Si = words[4],
            Di = words[5],
            Bp = words[6],
            Sp = words[7],
            Ip = words[8],
            OrigAx = words[9],
            Cs = 0x73,
            Ss = 0x7b,
            Ds = selectors[0],
            Es = selectors[1],
            Fs = selectors[2],
            Gs = selectors[3],
            Flags = (flags & 0x25_4DD5) | 0x202,
            UsesDebug = (ushort)debug,
            UsedMath = (ushort)math,
            HasFxsr = 1,
            Dr0 = words[10] % (ImageLimits.UserSpaceEnd - 3),
            Dr6 = words[11],
            Dr7 = 0xd_0101,
        };
        if (math != 0) state.CopyTo(cpu.FxSave);
        return cpu;
    }
}
