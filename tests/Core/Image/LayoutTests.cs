using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>The layout against the original's structs, whose offsets were checked with a C compiler, and against bytes written by hand.</summary>
public class LayoutTests
{
    [Theory]
    [InlineData("HEAD", 1, 224, "magic@0:8 major@8:2 minor@10:2 patch@12:2 rev@14:2 time@16:8 flags@24:8 release@32:64 version@96:64 machine@160:64")]
    [InlineData("TASK", 101, 24, "state@0:4 exit_state@4:4 exit_code@8:4 exit_signal@12:4 task_comm_len@16:4")]
    [InlineData("THREAD", 102, 8, "gdt_entry_tls_entries@0:2 sizeof_tls_array@2:2 ntls@4:2")]
    [InlineData("CPU", 103, 784, "bp@32:8 bx@40:8 ax@80:8 cx@88:8 dx@96:8 si@104:8 di@112:8 orig_ax@120:8 ip@128:8 cs@136:8 flags@144:8 sp@152:8 ss@160:8 ds@168:8 es@176:8 fs@184:8 gs@192:8 debugreg0@200:8 debugreg1@208:8 debugreg2@216:8 debugreg3@224:8 debugreg6@248:8 debugreg7@256:8 uses_debug@264:2 used_math@266:2 has_fxsr@268:2 xstate@272:512")]
    [InlineData("MM", 201, 96, "objref@0:4 map_count@4:4 start_code@8:8 end_code@16:8 start_data@24:8 end_data@32:8 start_brk@40:8 brk@48:8 start_stack@56:8 arg_start@64:8 arg_end@72:8 env_start@80:8 env_end@88:8")]
    [InlineData("VMA", 202, 48, "vma_type@0:4 vm_start@8:8 vm_end@16:8 vm_page_prot@24:8 vm_flags@32:8 vm_pgoff@40:8")]
    [InlineData("PGARR", 203, 8, "nr_pages@0:8")]
    [InlineData("MM_CONTEXT", 204, 8, "ldt_entry_size@0:2 nldt@2:2")]
    [InlineData("FILES", 301, 8, "objref@0:4 nfds@4:4")]
    [InlineData("FD_ENT", 302, 16, "objref@0:4 fd@4:4 close_on_exec@8:4")]
    [InlineData("FD_DATA", 303, 24, "fd_type@0:2 f_mode@2:2 f_flags@4:4 f_pos@8:8 f_version@16:8")]
    [InlineData("TAIL", 5001, 8, "magic@0:8")]
    public void ARecordIsLaidOutAsTheOriginalHasIt(string name, short type, int size, string fields)
    {
        var schema = RecordSchema.Find((RecordType)type)!;
        Assert.Equal("CR_HDR_" + name, schema.Name);
        Assert.Equal(name, RecordSchema.NameOf(schema.Type));
        Assert.Equal(size, schema.Size);
        Assert.Equal(fields, string.Join(' ', schema.Fields.Select(field => $"{field.Name}@{field.Offset}:{field.Size}")));
    }

    [Fact]
    public void StructsHaveTheSizesOfTheirPayloads()
    {
        Assert.Equal(8, Unsafe.SizeOf<RecordHeader>());
        Assert.Equal(224, Unsafe.SizeOf<HeadRecord>());
        Assert.Equal(784, Unsafe.SizeOf<CpuRecord>());
    }

    [Fact]
    public void EveryTypeHasASchema() =>
        Assert.Equal(Enum.GetValues<RecordType>().Where(type => type != RecordType.None).Order(), RecordSchema.All.Select(schema => schema.Type).Order());

    [Fact]
    public void AnImageStartsAndEndsWithTheOriginalsBytes()
    {
        var bytes = Samples.Bytes(Samples.Small());
        Assert.Equal("0100E000000000000" + "0D2A2C00CEDFE00" + "060001000000" + "0200", Convert.ToHexString(bytes[..24]));
        Assert.Equal("8913080000000000" + "00EFDEC00C2A2D00", Convert.ToHexString(bytes[^16..]));
    }

    [Fact]
    public void TheSmallImageHasTheSizesOfTheReference()
    {
        // HEAD, TASK, comm, MM, VMA with FNAME and empty chunk, VMA with a chunk of three, MM_CONTEXT with two, FILES, two descriptors of one file, THREAD, CPU, TAIL
        var expected = 232 + 32 + 24 + 104 + (56 + 8 + 13 + 16) + (56 + 16 + (3 * 4100) + 16) + (16 + 16) + 16 + (24 + 32 + 8 + 9) + 24 + (16 + 24) + 792 + 16;
        Assert.Equal(expected, Samples.Bytes(Samples.Small()).Length);
    }

    [Fact]
    public void RecordsStandInTheOriginalsOrder()
    {
        var names = Patch.Records(Samples.Bytes(Samples.Small())).Select(record => record.Name);
        Assert.Equal("HEAD TASK STRING MM VMA FNAME PGARR VMA PGARR PGARR MM_CONTEXT FILES FD_ENT FD_DATA FNAME FD_ENT THREAD CPU TAIL", string.Join(' ', names));
    }

    [Fact]
    public void ParentsAreTheOriginals()
    {
        var parents = Patch.Records(Samples.Bytes(Samples.Small())).Where(record => record.Parent != 0).Select(record => $"{record.Name}={record.Parent}");
        Assert.Equal("MM=12 FILES=12 FD_DATA=1 THREAD=12 CPU=12", string.Join(' ', parents));
    }

    [Fact]
    public void AChunkHoldsAllItsAddressesBeforeItsPages()
    {
        var bytes = Samples.Bytes(Samples.Small());
        var start = (int)Patch.RawOffset(bytes, RecordType.PageArray, nth: 1);
        Assert.Equal("00A0040800B0040800D00408", Convert.ToHexString(bytes.AsSpan(start, 12)));
        var page = new byte[4096];
        Pages.Patterned(0x0804_b000).CopyPages(0, page);
        Assert.True(bytes.AsSpan(start + 12 + 4096, 4096).SequenceEqual(page));
    }

    [Fact]
    public void TheSmallImageIsWhatASecondWriterMakesOfTheReference()
    {
        using var stream = new MemoryStream();
        using var to = new BinaryWriter(stream);

        Header(1, 224, 0);
        Longs(0x00feed0cc0a2d200);
        Shorts(6, 1, 0, 2);
        Longs(1_221_350_400, 1);
        Text("6.1.0", 64);
        Text("#1 SMP", 64);
        Text("i686", 64);

        Header(101, 24, 0);
        Ints(1, 0, 0, 17, 16, 0);
        Header(2, 16, 0);
        Text("counter", 16);

        Header(201, 96, 12);
        Ints(0, 2);
        Longs(0x0804_8000, 0x0804_9000, 0x0804_a000, 0x0804_b000, 0x0804_c000, 0x0804_d000, 0xbfff_f000, 0, 0, 0, 0);
        Header(202, 48, 0);
        Ints(2, 0);
        Longs(0x0804_8000, 0x0804_a000, 0, 0x75, 1);
        Header(3, 13, 0);
        Text("/bin/counter", 13);
        Header(203, 8, 0);
        Longs(0);
        Header(202, 48, 0);
        Ints(1, 0);
        Longs(0x0804_a000, 0x0804_e000, 0, 0x73, 0);
        Header(203, 8, 0);
        Longs(3);
        Ints(0x0804_a000, 0x0804_b000, 0x0804_d000);
        var pages = new byte[3 * 4096];
        Pages.Patterned(0x0804_a000, 0x0804_b000, 0x0804_d000).CopyPages(0, pages);
        to.Write(pages);
        Header(203, 8, 0);
        Longs(0);
        Header(204, 8, 0);
        Shorts(8, 2, 0, 0);
        // Base 0x12345678, limit 0xabcde: the manual's scattered fields, by hand.
        to.Write([0, 0, 0, 0, 0, 0, 0, 0, 0xde, 0xbc, 0x78, 0x56, 0x34, 0xf3, 0xca, 0x12]);

        Header(301, 8, 12);
        Ints(0, 2);
        Header(302, 16, 0);
        Ints(1, 0, 0, 0);
        Header(303, 24, 1);
        Shorts(1, 3);
        Ints(0x402);
        Longs(42, 0);
        Header(3, 9, 0);
        Text("/tmp/out", 9);
        Header(302, 16, 0);
        Ints(1, 2, 1, 0);

        Header(102, 8, 12);
        Shorts(3, 24, 1, 0);
        to.Write([0xfe, 0xff, 0x21, 0x43, 0x65, 0xf3, 0xcf, 0x87]);
        Longs(0, 0);

        Header(103, 784, 12);
        Longs(0, 0, 0, 0, 0, 3, 0, 0, 0, 0);
        Longs(0, 0, 0, 0, 0, 333, 0x0804_8123, 0x73, 0x246, 0xbfff_f000, 0x7b);
        Longs(0x7b, 0x7b, 0, 0x33, 0, 0, 0, 0, 0, 0, 0, 0);
        Shorts(0, 1, 1, 0);
        for (var i = 0; i < 512; i++) to.Write((byte)i);

        Header(5001, 8, 0);
        Longs(0x002d2a0cc0deef00);
        Equality.Check(stream.ToArray(), Samples.Bytes(Samples.Small()));

        void Header(short type, short length, uint parent)
        {
            to.Write(type);
            to.Write(length);
            to.Write(parent);
        }

        void Shorts(params ReadOnlySpan<ushort> values)
        {
            foreach (var value in values) to.Write(value);
        }

        void Ints(params ReadOnlySpan<uint> values)
        {
            foreach (var value in values) to.Write(value);
        }

        void Longs(params ReadOnlySpan<ulong> values)
        {
            foreach (var value in values) to.Write(value);
        }

        void Text(string text, int size)
        {
            foreach (var letter in text.PadRight(size, '\0')) to.Write((byte)letter);
        }
    }
}
