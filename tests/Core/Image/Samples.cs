using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Models made by hand, and the bytes they have.</summary>
internal static class Samples
{
    internal const VmFlags Code = VmFlags.Read | VmFlags.Exec | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;
    internal const VmFlags Data = VmFlags.Read | VmFlags.Write | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;

    internal static readonly SegmentDescriptor Tls = SegmentDescriptor.Create(0x8765_4321, 0xf_fffe, type: 3);

    internal static HeadRecord Head() => HeadRecord.Create(6, 1, 0, 1_221_350_400, "6.1.0", "#1 SMP");

    internal static CpuRecord Cpu() => new()
    {
        Ip = 0x0804_8123,
        Sp = 0xbfff_f000,
        Ax = 0,
        Bx = 3,
        OrigAx = 333,
        Cs = 0x73,
        Ss = 0x7b,
        Ds = 0x7b,
        Es = 0x7b,
        Gs = 0x33,
        Flags = 0x246,
        UsedMath = 1,
        HasFxsr = 1,
        FxSave = Fill(),
    };

    /// <summary>Two regions, three pages, two descriptors of one open file.</summary>
    internal static CheckpointImage Small()
    {
        var file = new SavedFile { ObjectReference = 1, Kind = FileKind.Regular, Mode = FileModes.Read | FileModes.Write, Flags = FileFlags.ReadWrite | FileFlags.Append, Position = 42, Name = new FileName("/tmp/out") };
        return new CheckpointImage
        {
            Head = Head(),
            ProcessId = 12,
            Task = new SavedTask("counter"u8) { State = TaskStates.Interruptible, ExitSignal = 17 },
            Memory = new SavedMemory
            {
                Layout = new MmRecord { StartCode = 0x0804_8000, EndCode = 0x0804_9000, StartData = 0x0804_a000, EndData = 0x0804_b000, StartBreak = 0x0804_c000, Break = 0x0804_d000, StartStack = 0xbfff_f000 },
                Vmas =
                [
                    new SavedVma { Record = new VmaRecord { Kind = VmaKind.File, Start = 0x0804_8000, End = 0x0804_a000, Flags = Code, PageOffset = 1 }, File = new FileName("/bin/counter") },
                    new SavedVma { Record = new VmaRecord { Kind = VmaKind.Anonymous, Start = 0x0804_a000, End = 0x0804_e000, Flags = Data }, Pages = Pages.Patterned(0x0804_a000, 0x0804_b000, 0x0804_d000) },
                ],
                Ldt = [default, SegmentDescriptor.Create(0x1234_5678, 0xabcde, type: 3)],
            },
            Files = new SavedFiles { Descriptors = [new(0, false, file), new(2, true, file)] },
            Thread = new SavedThread(Tls, default, default),
            Cpu = Cpu(),
        };
    }

    internal static CheckpointImage With(CheckpointImage image, HeadRecord? head = null, uint? pid = null, SavedTask? task = null, SavedMemory? memory = null, SavedFiles? files = null, SavedThread? thread = null, CpuRecord? cpu = null) => new()
    {
        Head = head ?? image.Head,
        ProcessId = pid ?? image.ProcessId,
        Task = task ?? image.Task,
        Memory = memory ?? image.Memory,
        Files = files ?? image.Files,
        Thread = thread ?? image.Thread,
        Cpu = cpu ?? image.Cpu,
    };

    internal static byte[] Bytes(CheckpointImage image)
    {
        using var stream = new MemoryStream();
        ImageWriter.Write(image, stream);
        return stream.ToArray();
    }

    internal static CheckpointImage Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return ImageReader.Read(stream);
    }

    private static FxSaveArea Fill()
    {
        var area = default(FxSaveArea);
        for (var i = 0; i < 512; i++) area[i] = (byte)i;
        return area;
    }
}

/// <summary>Pages whose contents follow from their addresses.</summary>
internal sealed class Pages(uint[] addresses, int seed) : PageSet
{
    public override int Count => addresses.Length;

    internal int Seed => seed;

    internal static Pages Patterned(params uint[] addresses) => new(addresses, 0);

    public override uint AddressOf(int index) => addresses[index];

    public override void CopyPages(int first, Span<byte> destination)
    {
        for (; destination.Length > 0; first++, destination = destination[ImageLimits.PageSize..])
        {
            var page = destination[..ImageLimits.PageSize];
            var start = (addresses[first] >> 12) + (uint)seed;
            for (var i = 0; i < page.Length; i++) page[i] = (byte)((start * 31) + (uint)i);
        }
    }
}
