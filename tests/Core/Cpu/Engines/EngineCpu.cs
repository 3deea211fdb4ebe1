using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Vectors;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>A random program under one engine. Where it traps it goes on with the next segment, as with a kernel that sends it there.</summary>
internal sealed class EngineCpu : IDisposable
{
    /// <summary>Selectors of the local table: two that have a base and no limit, as threads have, and one with a limit.</summary>
    internal const ushort Tls = 0x0F, OtherTls = 0x17, SmallTls = 0x1F;

    const uint TrapFlag = 0x100, AlignmentFlag = 0x40000;
    const uint InvalidMasks = 0x3F;

    readonly TestCpu cpu;
    readonly LocalDescriptorTable descriptors = new();
    readonly RandomProgram program;
    readonly byte[] image = new byte[512];

    internal EngineCpu(RandomProgram program, byte[] code, CpuEngine engine, int translateAfter)
    {
        this.program = program;
        cpu = new TestCpu(new Processor { Engine = engine, TranslateAfter = translateAfter });
        // As of a file: then what one of them decoded and translated serves the next.
        cpu.MapFile(TestCpu.Code, new byte[0x4000], VmFlags.Read | VmFlags.Write | VmFlags.Exec);
        cpu.Map(RandomProgramBuilder.ReadOnly, 0x1000, VmFlags.Read | VmFlags.Write);
        var random = new VectorRandom(program.Seed ^ 0x5555);
        cpu.Memory.Write(RandomProgramBuilder.ReadOnly, Data(random, 0x1000));
        Assert.Equal(Errno.None, cpu.Memory.Protect(RandomProgramBuilder.ReadOnly, 0x1000, VmFlags.Read));
        cpu.Memory.Write(TestCpu.Data, Data(random, 0x3000));
        cpu.Memory.Write(RandomProgramBuilder.Stack - 0x200, Data(random, 0x400));
        cpu.Memory.Write(program.Place, code);
        for (int i = 0; i < program.Segments.Count; i++) cpu.Memory.TryWrite(RandomProgramBuilder.Table + (uint)(i * 4), program.Starts[program.Segments[i]]);
        for (int i = 0; i < RandomProgramBuilder.MostSegments; i++) cpu.Memory.TryWrite(RandomProgramBuilder.Counters + (uint)(i * 4), (uint)random.Below(random.OneIn(3) ? 40 : 6));
        cpu.Memory.TryWrite(RandomProgramBuilder.Outer, 3 + (uint)random.Below(30));
        for (int i = 0; i < RandomProgramBuilder.ControlWords; i++)
        {
            cpu.Memory.TryWrite(RandomProgramBuilder.Controls + (uint)(i * 4), VectorControl(random));
            cpu.Memory.TryWrite(RandomProgramBuilder.Controls + 0x40 + (uint)(i * 4), X87Control(random));
        }
        (descriptors[Tls >> 3], descriptors[OtherTls >> 3], descriptors[SmallTls >> 3]) = (Descriptor(TestCpu.Data + 0x500, 0xFFFFF, pages: true), Descriptor(TestCpu.Data + 0x1800, 0xFFFFF, pages: true), Descriptor(TestCpu.Data, 0x7F, pages: false));
        var r = cpu.Registers;
        r.Ldt = descriptors;
        r.BindDescriptors();
        Assert.True(r.TryLoadSegment(SegmentName.Gs, Tls));
        (r.Eax, r.Ecx, r.Edx) = (random.Value(), random.Value(), random.Value());
        r.Eflags = random.Next() & 0x8D5;
        MakeFloating(random);
        Point();
        r.Eip = program.Place;
    }

    internal ulong Retired { get; private set; }

    internal int Traps { get; private set; }

    /// <summary>The program came to its end, or trapped too often.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>The last trap; its kind is None when the budget was spent.</summary>
    internal Trap Trap { get; private set; }

    internal Processor Processor => cpu.Processor;

    /// <summary>Runs, and stops at a trap.</summary>
    internal void Run(ulong budget)
    {
        Trap = cpu.Run(budget);
        Retired += cpu.Retired;
    }

    /// <summary>Goes on behind a trap.</summary>
    internal void Recover()
    {
        if (Trap.Kind == TrapKind.None) return;
        if (Trap.Kind == TrapKind.SystemCall || ++Traps > 40)
        {
            HasEnded = true;
            return;
        }
        var r = cpu.Registers;
        r.Eip = program.After(r.Eip);
        r.Eflags &= ~(TrapFlag | AlignmentFlag | 0x10000u);
        Point();
        if (Trap.Vector is not (16 or 19)) return;
        r.SaveFxsr(image);
        image[0] |= (byte)InvalidMasks;
        image[2] = 0;
        image[25] |= 0x1F;
        image[24] |= 0x80;
        r.RestoreFxsr(image);
    }

    /// <summary>Registers and the kind of the last trap.</summary>
    internal string State()
    {
        var r = cpu.Registers;
        r.SaveFxsr(image);
        return string.Create(CultureInfo.InvariantCulture, $"""
            retired {Retired} trap {Trap.Kind} {Trap.Vector} {Trap.ErrorCode:x} {(Trap.Vector == 14 ? Trap.Address : 0):x8}
            eax {r.Eax:x8} ecx {r.Ecx:x8} edx {r.Edx:x8} ebx {r.Ebx:x8} esp {r.Esp:x8} ebp {r.Ebp:x8} esi {r.Esi:x8} edi {r.Edi:x8} eip {r.Eip:x8} eflags {r.Eflags:x6} gs {r.Gs:x}
            x87 {Convert.ToHexStringLower(image, 0, 24)} mxcsr {BitConverter.ToUInt32(image, 24):x}
            {Convert.ToHexStringLower(image, 32, 128)}
            {Convert.ToHexStringLower(image, 160, 128)}
            """);
    }

    /// <summary>Where this one's memory differs from the other's; empty for nowhere.</summary>
    internal string Difference(EngineCpu other)
    {
        foreach (var (start, length) in ((uint, int)[])[(TestCpu.Code, 0x2000), (TestCpu.Data, 0x4000), (RandomProgramBuilder.Stack - 0x2000, 0x3000), (TestCpu.StackBottom, 0x1000)])
        {
            byte[] ours = new byte[length], theirs = new byte[length];
            cpu.Memory.Peek(start, ours);
            other.cpu.Memory.Peek(start, theirs);
            int at = ours.AsSpan().CommonPrefixLength(theirs);
            if (at < length) return string.Create(CultureInfo.InvariantCulture, $"memory at {start + (uint)at:x8}: {Convert.ToHexStringLower(ours, at & ~15, 16)} and {Convert.ToHexStringLower(theirs, at & ~15, 16)}");
        }
        return "";
    }

    public void Dispose()
    {
        cpu.Dispose();
        descriptors.Dispose();
    }

    void Point()
    {
        var r = cpu.Registers;
        (r.Ebx, r.Esi, r.Edi) = (TestCpu.Data + 0x800, TestCpu.Data + 0xFF0, TestCpu.Data + 0x1F00);
        (r.Esp, r.Ebp) = (RandomProgramBuilder.Stack, RandomProgramBuilder.Stack + 0x80);
    }

    void MakeFloating(VectorRandom random)
    {
        cpu.Registers.SaveFxsr(image);
        BitConverter.TryWriteBytes(image, (ushort)X87Control(random));
        BitConverter.TryWriteBytes(image.AsSpan(2), (ushort)(random.Below(8) << 11));
        image[4] = (byte)random.Next();
        BitConverter.TryWriteBytes(image.AsSpan(24), VectorControl(random));
        byte[] values = Data(random, 128);
        for (int i = 0; i < 8; i++) BitConverter.TryWriteBytes(image.AsSpan(32 + i * 16), random.Next64() | 1ul << 63);
        for (int i = 0; i < 8; i++) BitConverter.TryWriteBytes(image.AsSpan(40 + i * 16), (ushort)(0x3FF0 + random.Below(32) | random.Below(2) << 15));
        values.CopyTo(image, 160);
        cpu.Registers.RestoreFxsr(image);
    }

    /// <summary>All exceptions masked, mostly.</summary>
    static uint VectorControl(VectorRandom random) => (0x1F80u & (random.OneIn(8) ? ~(0x80u << random.Below(6)) : ~0u)) | ((uint)random.Below(4) << 13) | (random.OneIn(6) ? 0x8000u : 0) | (random.OneIn(6) ? 0x40u : 0);

    static uint X87Control(VectorRandom random) => (0x37Fu & (random.OneIn(8) ? ~(1u << random.Below(6)) : ~0u) & (random.OneIn(3) ? ~0x100u : ~0u)) | (uint)random.Below(4) << 10;

    /// <summary>Numbers of many kinds, sixteen bytes each.</summary>
    static byte[] Data(VectorRandom random, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += 8)
        {
            ulong value = random.Below(5) switch
            {
                0 => random.Next64(),
                1 => BitConverter.DoubleToUInt64Bits((random.Below(2000) - 1000) / 8.0),
                2 => BitConverter.SingleToUInt32Bits(random.Below(2000) / 16f) | (ulong)BitConverter.SingleToUInt32Bits(random.Below(200) - 100) << 32,
                3 => random.Value() | (ulong)random.Value() << 32,
                _ => random.Of<ulong>([0, 0x7FF0000000000000, 0xFFF8000000000001, 0x7FF0000000000001, 1, 0x3FF0000000000000, 0x7F8000007FC00000, 0x0000000100000080, 0x7FEFFFFFFFFFFFFF]),
            };
            BitConverter.TryWriteBytes(bytes.AsSpan(i), value);
        }
        return bytes;
    }

    static ulong Descriptor(uint @base, uint limit, bool pages) => new VectorDescriptor(0, @base, limit, VectorDescriptor.Data, Big: true, Pages: pages).Raw;
}
