using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Selectors of TLS and LDT, limits, expand-down, far transfers, 16-bit code, addresses of 16 bits.</summary>
public class SegmentTests
{
    const int Data = 3, ExpandDown = 7, ReadOnly = 1, CodeType = 0xB;
    static readonly Trap SystemCall = new(TrapKind.SystemCall, Trap.Interrupt80);

    static TestCpu WithLdt(Action<Assembler> program, params SegmentDescriptor[] entries)
    {
        var cpu = new TestCpu(program);
        cpu.Registers.Ldt = new LocalDescriptorTable();
        for (int i = 0; i < entries.Length; i++) cpu.Registers.Ldt[i] = entries[i].Raw;
        return cpu;
    }

    static ushort Selector(int index) => (ushort)(index * 8 + 7);

    [Fact]
    public void ThreadLocalStorageIsReadThroughGs()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(eax, 0x33);
            a.mov(gs, ax);
            a.mov(ebx, __dword_ptr.gs[4]);
            a.mov(__dword_ptr.gs[8], ebx);
            a.@int(0x80);
        });
        cpu.Registers.SetTls(0, SegmentDescriptor.Create(TestCpu.Data + 0x100, 0xFFFFF, Data).Raw);
        cpu.Memory.TryWrite(TestCpu.Data + 0x104, 77u);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(77u, cpu.Registers.Ebx);
        Assert.Equal(77u, cpu.Word(TestCpu.Data + 0x108));
        Assert.Equal(0x33, cpu.Registers.Gs);
        cpu.Registers.SetTls(0, SegmentDescriptor.Create(TestCpu.Data + 0x200, 0xFFFFF, Data).Raw);
        cpu.Memory.TryWrite(TestCpu.Data + 0x204, 78u);
        cpu.Registers.Eip = TestCpu.Code + 8;
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(78u, cpu.Registers.Ebx);
    }

    [Fact]
    public void ANullSegmentMayBeLoadedButNotUsed()
    {
        using var cpu = new TestCpu(a =>
        {
            a.xor(eax, eax);
            a.mov(es, eax);
            a.mov(__dword_ptr.es[TestCpu.Data], eax);
        });
        Assert.Equal(new Trap(TrapKind.Exception, 13), cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
    }

    [Theory]
    [InlineData(0x60)]
    [InlineData(0x43)]
    [InlineData(0x0F)]
    [InlineData(0x8003)]
    public void ABadSelectorFaultsWithItself(int selector)
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(eax, selector);
            a.mov(fs, ax);
        });
        Assert.Equal(new Trap(TrapKind.Exception, 13, (uint)selector & 0xFFFC), cpu.Run());
        Assert.Equal(0, cpu.Registers.Fs);
    }

    [Fact]
    public void ASegmentThatIsNotPresentSaysSo()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(es, ax);
        }, SegmentDescriptor.Create(0, 0xFFFFF, Data, present: false));
        Assert.Equal(new Trap(TrapKind.Exception, 11, 4), cpu.Run());
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(13, false)]
    [InlineData(16, false)]
    [InlineData(-1, false)]
    public void ALimitIsExact(int offset, bool good)
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(es, ax);
            a.mov(ebx, __dword_ptr.es[offset]);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Data, 15, Data, granular: false));
        Assert.Equal(good ? SystemCall : new Trap(TrapKind.Exception, 13), cpu.Run());
    }

    [Theory]
    [InlineData(0xFFF, false)]
    [InlineData(0x1000, true)]
    [InlineData(0xFFFC, true)]
    [InlineData(0xFFFD, false)]
    public void AnExpandDownSegmentLiesAboveItsLimit(int offset, bool good)
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(es, ax);
            a.mov(__dword_ptr.es[offset], 5);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.StackBottom, 0xFFF, ExpandDown, big: false, granular: false));
        cpu.Memory.TryWrite(TestCpu.StackBottom, 1);
        Assert.Equal(good ? SystemCall : new Trap(TrapKind.Exception, 13), cpu.Run());
    }

    [Fact]
    public void AReadOnlySegmentIsNotWritten()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(ds, ax);
            a.mov(ebx, __dword_ptr[TestCpu.Data]);
            a.mov(__dword_ptr[TestCpu.Data], ebx);
        }, SegmentDescriptor.Create(0, 0xFFFFF, ReadOnly));
        Assert.Equal(new Trap(TrapKind.Exception, 13), cpu.Run());
        Assert.Equal(3ul, cpu.Retired);
    }

    [Fact]
    public void AStackBeyondItsLimitIsAStackFault()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(ss, ax);
            a.mov(esp, 8);
            a.push(eax);
            a.push(eax);
            a.push(eax);
        }, SegmentDescriptor.Create(TestCpu.Data, 0xFF, Data, granular: false));
        Assert.Equal(new Trap(TrapKind.Exception, 12), cpu.Run());
        Assert.Equal(0u, cpu.Registers.Esp);
        Assert.Equal(5ul, cpu.Retired);
        Assert.Equal(7u, cpu.Word(TestCpu.Data + 4));
    }

    [Fact]
    public void ASmallStackWrapsAt64KAndKeepsTheUpperHalfOfEsp()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(ss, ax);
            a.mov(esp, 0x12340000);
            a.push(eax);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.StackBottom, 0xFFFF, Data, big: false, granular: false));
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x1234FFFCu, cpu.Registers.Esp);
        Assert.Equal(7u, cpu.Word(TestCpu.StackTop - 4));
    }

    [Fact]
    public void FarCallsAndReturnsReachOtherCodeSegments()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x2000);
            a.mov(__word_ptr[TestCpu.Data + 4], Selector(0));
            a.call(__fword_ptr[TestCpu.Data]);
            a.mov(ebx, 5);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Code, 0xFFFFF, CodeType));
        cpu.Memory.Write(TestCpu.Code + 0x2000, TestCpu.Assemble(a =>
        {
            a.mov(ecx, cs);
            a.retf();
        }));
        uint esp = cpu.Registers.Esp;
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal((7u, 5u), (cpu.Registers.Ecx, cpu.Registers.Ebx));
        Assert.Equal(esp, cpu.Registers.Esp);
        Assert.Equal(Registers.UserCode, cpu.Registers.Cs);
    }

    [Fact]
    public void SixteenBitCodeRuns()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x2000);
            a.mov(__word_ptr[TestCpu.Data + 4], Selector(0));
            a.mov(eax, 0x11111111);
            a.call(__fword_ptr[TestCpu.Data]);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Code, 0xFFFF, CodeType, big: false, granular: false));
        cpu.Memory.Write(TestCpu.Code + 0x2000, TestCpu.Assemble(a =>
        {
            a.mov(ax, 0x2222);
            a.mov(ebx, 0x33333333);
            a.db(0x66, 0xCB); // retf with 32-bit operands
        }, 0x2000, 16));
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal((0x11112222u, 0x33333333u), (cpu.Registers.Eax, cpu.Registers.Ebx));
    }

    [Fact]
    public void JumpingBehindACodeSegmentFaultsAtTheJump()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x1000);
            a.mov(__word_ptr[TestCpu.Data + 4], Selector(0));
            a.jmp(__fword_ptr[TestCpu.Data]);
        }, SegmentDescriptor.Create(TestCpu.Code, 0xFFF, CodeType, granular: false));
        Assert.Equal(new Trap(TrapKind.Exception, 13), cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
    }

    [Fact]
    public void AddressesOf16BitsWrap()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(ds, ax);
            a.mov(ebx, 0x1234FFFF);
            a.mov(esi, 0x43210005);
            a.mov(al, __byte_ptr[bx + si]);
            a.lea(ecx, __[bx + si + 3]);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Data, 0xFFFFF, Data));
        cpu.Memory.Write(TestCpu.Data + 4, [0x77]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x77, (byte)cpu.Registers.Eax);
        Assert.Equal(7u, cpu.Registers.Ecx);
    }

    [Fact]
    public void StringsUseEsAndTheSourceAnyOther()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.mov(fs, ax);
            a.mov(ecx, 3);
            a.mov(edi, TestCpu.Data + 0x100);
            a.db(0xF3, 0x64, 0xA4); // rep movsb from fs:esi
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Data, 2, Data, granular: false));
        cpu.Memory.Write(TestCpu.Data, [1, 2, 3]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x030201u, cpu.Word(TestCpu.Data + 0x100));
    }

    [Fact]
    public void LarAndLslSeeUserDescriptorsOnly()
    {
        using var cpu = WithLdt(a =>
        {
            a.mov(eax, Selector(0));
            a.lsl(ebx, eax);
            a.lar(ecx, eax);
            a.mov(edx, 0x60);
            a.mov(esi, 99);
            a.lsl(esi, edx);
            a.setz(dl);
            a.verw(ax);
            a.setz(dh);
            a.@int(0x80);
        }, SegmentDescriptor.Create(TestCpu.Data, 2, Data));
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x2FFFu, cpu.Registers.Ebx);
        Assert.Equal(0x00C0F300u, cpu.Registers.Ecx);
        Assert.Equal(99u, cpu.Registers.Esi);
        Assert.Equal(0x0100u, cpu.Registers.Edx & 0xFFFF);
    }

    [Fact]
    public void RegistersRefuseWhatTheProcessorWould()
    {
        using var registers = new Registers();
        Assert.True(registers.TryLoadSegment(SegmentName.Gs, 0));
        Assert.False(registers.TryLoadSegment(SegmentName.Ss, 0));
        Assert.False(registers.TryLoadSegment(SegmentName.Cs, Registers.UserData));
        Assert.False(registers.TryLoadSegment(SegmentName.Gs, 0x33));
        registers.SetTls(0, SegmentDescriptor.Create(0x1000, 0xFFFFF, Data).Raw);
        Assert.True(registers.TryLoadSegment(SegmentName.Gs, 0x33));
        Assert.Equal(0x33, registers.GetSegment(SegmentName.Gs));
        Assert.Equal((Registers.UserCode, Registers.UserData), (registers.Cs, registers.Ss));
    }
}
