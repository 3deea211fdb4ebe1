using CheckpointRestart.Core.Cpu;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>RF, DR6 and breakpoints in detail; traps.c has the rest, as a real processor does it.</summary>
public sealed unsafe class DebugTests
{
    const uint Resume = 0x10000, TrapFlag = 0x100, Step = 0x4000, Fixed = 0xFFFF0FF0;
    static readonly Trap Debug = new(TrapKind.Exception, 1);

    /// <summary>DR7 for breakpoint 0: on writes, or on reads and writes, of so many bytes.</summary>
    static uint Control(int length, bool reads = false) => (reads ? 0x30000u : 0x10000) | (length switch { 1 => 0u, 2 => 1, 8 => 2, _ => 3 }) << 18 | 1;

    static void Arm(TestCpu cpu, uint address, uint control)
    {
        cpu.Registers.SetDebug(0, address);
        cpu.Registers.SetDebug(7, control);
    }

    [Fact]
    public void AFaultLeavesRfAndTheNextInstructionTakesItAway()
    {
        using var cpu = new TestCpu(a =>
        {
            a.div(ecx);
            a.inc(eax);
            a.div(ecx);
        });
        Assert.Equal(0, cpu.Run().Vector);
        Assert.Equal(Resume, cpu.Registers.Eflags & Resume);
        cpu.Registers.Eip += 2;
        cpu.Run(1);
        Assert.Equal(0u, cpu.Registers.Eflags & Resume);
        cpu.Registers.Eip = 0;
        Assert.Equal(14, cpu.Run().Vector);
        Assert.Equal(Resume, cpu.Registers.Eflags & Resume);
        cpu.Registers.Eflags = 0;
        Assert.Equal(0x202u, cpu.Registers.Eflags);
        cpu.Registers.Eflags = Resume;
        Assert.Equal(Resume | 0x202, cpu.Registers.Eflags);
    }

    [Fact]
    public void ATrapLeavesNoRf()
    {
        using var cpu = new TestCpu(a => a.int3());
        cpu.Registers.Eflags = Resume;
        Assert.Equal(3, cpu.Run().Vector);
        Assert.Equal(0x202u, cpu.Registers.Eflags);
    }

    [Fact]
    public void IretLoadsRfAndPushfHidesIt()
    {
        using var cpu = new TestCpu(a =>
        {
            a.push((int)Resume);
            a.push(cs);
            a.push((int)TestCpu.Code + 0x100);
            a.iretd();
        });
        cpu.Memory.Write(TestCpu.Code + 0x100, [0x9C, 0x58, 0xCC]);
        cpu.Run(4);
        Assert.Equal((TestCpu.Code + 0x100, Resume), (cpu.Registers.Eip, cpu.Registers.Eflags & Resume));
        Assert.Equal(3, cpu.Run().Vector);
        Assert.Equal((0x202u, 0u), (cpu.Registers.Eax, cpu.Registers.Eflags & Resume));
    }

    /// <summary>Between two iterations RF is set, behind the last it is not: Intel's way; some processors leave it out for CMPS.</summary>
    [Theory]
    [InlineData("F3AA")]
    [InlineData("F3A4")]
    [InlineData("F3A6")]
    [InlineData("F2AE")]
    [InlineData("F3AC")]
    public void ATrapBetweenTwoIterationsHasRf(string code)
    {
        using var cpu = new TestCpu(Convert.FromHexString(code + "90"));
        cpu.Memory.Write(TestCpu.Data, new byte[64]);
        (cpu.Registers.Ecx, cpu.Registers.Esi, cpu.Registers.Edi, cpu.Registers.Eax) = (2, TestCpu.Data, TestCpu.Data + 32, 1);
        cpu.Registers.Eflags = TrapFlag;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((TestCpu.Code, Resume), (cpu.Registers.Eip, cpu.Registers.Eflags & Resume));
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((TestCpu.Code + 2, 0u), (cpu.Registers.Eip, cpu.Registers.Eflags & Resume));
    }

    [Fact]
    public void ARepeatedJumpToItselfIsNoIteration()
    {
        using var cpu = new TestCpu(0xF3, 0xEB, 0xFD);
        cpu.Registers.Eflags = TrapFlag;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((TestCpu.Code, 0u), (cpu.Registers.Eip, cpu.Registers.Eflags & Resume));
    }

    [Fact]
    public void Int1GivesNoReason()
    {
        using var cpu = new TestCpu(0xF1, 0x90);
        cpu.Registers.SetDebug(6, uint.MaxValue);
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((TestCpu.Code + 1, 1ul, Fixed), (cpu.Registers.Eip, cpu.Retired, cpu.Registers.GetDebug(6)));
    }

    [Fact]
    public void Dr6TellsOfTheLastTrapAlone()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(__byte_ptr[TestCpu.Data], al);
            a.nop();
            a.nop();
        });
        Arm(cpu, TestCpu.Data, Control(1));
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(Fixed | 1, cpu.Registers.GetDebug(6));
        cpu.Registers.Eflags = TrapFlag;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(Fixed | Step, cpu.Registers.GetDebug(6));
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(Fixed | Step | 1, cpu.Registers.GetDebug(6));
        cpu.Registers.Eflags = 0;
        cpu.Registers.SetDebug(3, TestCpu.Code + 6);
        cpu.Registers.SetDebug(7, 0x40);
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((Fixed | 8, TestCpu.Code + 6), (cpu.Registers.GetDebug(6), cpu.Registers.Eip));
    }

    /// <summary>Lengths and addresses that are not aligned to them; each byte around, read and written.</summary>
    [Theory]
    [InlineData(1, 5u)]
    [InlineData(2, 5u)]
    [InlineData(4, 5u)]
    [InlineData(8, 13u)]
    public void ABreakpointCoversItsBytes(int length, uint at)
    {
        uint first = at & ~(uint)(length - 1);
        for (uint offset = 0; offset < 32; offset++)
            foreach (bool write in (bool[])[false, true])
                foreach (bool reads in (bool[])[false, true])
                {
                    using var cpu = new TestCpu(write ? [0x88, 0x07, 0xCC] : [0x8A, 0x07, 0xCC]);
                    cpu.Registers.Edi = TestCpu.Data + offset;
                    Arm(cpu, TestCpu.Data + at, Control(length, reads));
                    bool met = offset >= first && offset < first + (uint)length && (write || reads);
                    Assert.Equal(met ? 1 : 3, cpu.Run().Vector);
                    Assert.Equal(met ? 1ul : 2, cpu.Retired);
                }
    }

    [Theory]
    [InlineData(0x000D0000u)]
    [InlineData(0x000D0010u)]
    [InlineData(0x000E0001u)]
    [InlineData(0x000C0001u)]
    public void WhatIsNotEnabledOrNotOnDataIsNotMet(uint control)
    {
        using var cpu = new TestCpu(0x88, 0x07, 0xCC);
        cpu.Registers.Edi = TestCpu.Data;
        for (int i = 0; i < 2; i++) cpu.Registers.SetDebug(i, TestCpu.Data);
        cpu.Registers.SetDebug(7, control);
        Assert.Equal(3, cpu.Run().Vector);
    }

    [Theory]
    [InlineData(0, 0x00010001u)]
    [InlineData(0, 0x00010002u)]
    [InlineData(1, 0x00100004u)]
    [InlineData(1, 0x00100008u)]
    [InlineData(2, 0x01000010u)]
    [InlineData(2, 0x01000020u)]
    [InlineData(3, 0x10000040u)]
    [InlineData(3, 0x10000080u)]
    public void EachBreakpointHasTwoEnableBits(int number, uint control)
    {
        using var cpu = new TestCpu(0x88, 0x07, 0xCC);
        cpu.Registers.Edi = TestCpu.Data;
        cpu.Registers.SetDebug(number, TestCpu.Data);
        cpu.Registers.SetDebug(7, control);
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(Fixed | 1u << number, cpu.Registers.GetDebug(6));
    }

    /// <summary>Instructions that check all they write first, that modify, that cross pages, that move in bulk.</summary>
    [Theory]
    [InlineData("60", 0x18u)]
    [InlineData("60", 0x04u)]
    [InlineData("50", 0x1Cu)]
    [InlineData("FF0C24", 0x20u)]
    [InlineData("8304247F", 0x20u)]
    [InlineData("F00FC10424", 0x20u)]
    [InlineData("C8040001", 0x18u)]
    [InlineData("DB3C24", 0x29u)]
    [InlineData("0F110424", 0x2Fu)]
    [InlineData("660FF7C0", 0x45u)]
    [InlineData("F3A4", 0x43u)]
    [InlineData("F3AB", 0x44u)]
    public void EveryWayToWriteMeetsTheBreakpoint(string code, uint offset)
    {
        foreach (uint page in (uint[])[0, 0xFE0, 0xFC0, 0xFBE])
        {
            using var cpu = new TestCpu([.. Convert.FromHexString(code), 0xCC]);
            uint start = TestCpu.Data + page;
            for (uint i = 0; i < 0x3000; i += 4) cpu.Memory.TryWrite(TestCpu.Data + i, 0xFFFFFFFF);
            byte[] image = new byte[512];
            cpu.Registers.SaveFxsr(image);
            for (int i = 160; i < 288; i++) image[i] = 0xFF;
            cpu.Registers.RestoreFxsr(image);
            (cpu.Registers.Esp, cpu.Registers.Ebp, cpu.Registers.Edi, cpu.Registers.Esi, cpu.Registers.Ecx) = (start + 0x20, start + 0x100, start + 0x40, start + 0x80, 4);
            Arm(cpu, start + offset, Control(1));
            Assert.Equal(Debug, cpu.Run());
            cpu.Registers.SetDebug(7, 0);
            Assert.Equal(3, cpu.Run().Vector);
        }
    }

    [Theory]
    [InlineData("61", 0x3Cu)]
    [InlineData("58", 0x20u)]
    [InlineData("DB2C24", 0x29u)]
    [InlineData("0F100424", 0x2Fu)]
    [InlineData("F3A4", 0x83u)]
    [InlineData("F3A6", 0x80u)]
    [InlineData("8B0424", 0x23u)]
    [InlineData("C3", 0x20u)]
    public void EveryWayToReadMeetsTheBreakpoint(string code, uint offset)
    {
        foreach (uint page in (uint[])[0, 0xFDF, 0xFC0, 0xFBE])
        {
            using var cpu = new TestCpu([.. Convert.FromHexString(code), 0xCC]);
            uint start = TestCpu.Data + page;
            (cpu.Registers.Esp, cpu.Registers.Edi, cpu.Registers.Esi, cpu.Registers.Ecx) = (start + 0x20, start + 0x40, start + 0x80, 4);
            Arm(cpu, start + offset, Control(1, reads: true));
            Assert.Equal(Debug, cpu.Run());
            Arm(cpu, start + offset, Control(1));
            cpu.Registers.Eip = TestCpu.Code;
            cpu.Registers.Esp = start + 0x20;
            Assert.NotEqual(1, cpu.Run().Vector);
        }
    }

    /// <summary>Only the pages of breakpoints go the slow way, also when somebody else had them put into the tables.</summary>
    [Fact]
    public void OnlyThePagesOfBreakpointsAreHidden()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(__byte_ptr[TestCpu.Data + 0x10], al);
            a.mov(__byte_ptr[TestCpu.Data + 0x1010], al);
            a.mov(al, __byte_ptr[TestCpu.Data + 0x10]);
            a.int3();
        });
        cpu.Memory.Write(TestCpu.Data, new byte[0x2000]);
        Arm(cpu, TestCpu.Data + 0x20, Control(4, reads: true));
        Assert.NotEqual(0, cpu.Memory.WriteTable[TestCpu.Data >> 12]);
        Assert.Equal(3, cpu.Run().Vector);
        Assert.Equal((0, 0), (cpu.Memory.ReadTable[TestCpu.Data >> 12], cpu.Memory.WriteTable[TestCpu.Data >> 12]));
        Assert.NotEqual(0, cpu.Memory.ReadTable[(TestCpu.Data >> 12) + 1]);
        Assert.NotEqual(0, cpu.Memory.WriteTable[(TestCpu.Data >> 12) + 1]);
        cpu.Memory.Write(TestCpu.Data, [1]);
        cpu.Registers.SetDebug(0, TestCpu.Data + 0x10);
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(1ul, cpu.Retired);
    }

    /// <summary>The pending trap of a MOV SS comes behind the next instruction, and not at all when that faults.</summary>
    [Fact]
    public void MovSsPutsADataBreakpointOff()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(ss, __word_ptr[TestCpu.Data]);
            a.nop();
            a.nop();
            a.mov(ss, __word_ptr[TestCpu.Data]);
            a.div(ecx);
            a.mov(ss, __word_ptr[TestCpu.Data]);
            a.int3();
            a.nop();
            a.int3();
        });
        cpu.Memory.Write(TestCpu.Data, [0x7B, 0]);
        Arm(cpu, TestCpu.Data, Control(2, reads: true));
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((2ul, Fixed | 1), (cpu.Retired, cpu.Registers.GetDebug(6)));
        Assert.Equal(0, cpu.Run().Vector);
        cpu.Registers.Eip += 2;
        Assert.Equal(3, cpu.Run().Vector);
        Assert.Equal(3, cpu.Run().Vector);
        Assert.Equal(2ul, cpu.Retired);
    }

    [Fact]
    public void AnAccessThatDoesNotHappenIsNotMet()
    {
        using var cpu = new TestCpu(a =>
        {
            a.push(__dword_ptr[TestCpu.Data]);
            a.nop();
            a.int3();
        });
        Arm(cpu, TestCpu.Data, Control(4, reads: true));
        uint esp = cpu.Registers.Esp;
        cpu.Registers.Esp = 0x1000;
        Assert.Equal(14, cpu.Run().Vector);
        cpu.Registers.Esp = esp;
        cpu.Registers.Eip += 6;
        Assert.Equal(3, cpu.Run().Vector);
    }

    /// <summary>INT 80h and SYSENTER take TF away for the kernel; it is back behind the instruction that follows.</summary>
    [Theory]
    [InlineData("CD80", Trap.Interrupt80)]
    [InlineData("0F34", Trap.SysEnter)]
    public void ASystemCallIsNotSteppedOver(string code, byte vector)
    {
        using var cpu = new TestCpu([.. Convert.FromHexString(code), 0x90, 0x90]);
        cpu.Registers.Eflags = TrapFlag;
        Assert.Equal(new Trap(TrapKind.SystemCall, vector), cpu.Run());
        Assert.Equal((TestCpu.Code + 2, TrapFlag), (cpu.Registers.Eip, cpu.Registers.Eflags & TrapFlag));
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal((TestCpu.Code + 3, 1ul), (cpu.Registers.Eip, cpu.Retired));
    }

    [Fact]
    public void AnInstructionBreakpointComesBeforeTheFetchAndAfterRf()
    {
        using var cpu = new TestCpu();
        cpu.Registers.Eip = 0x5000;
        cpu.Registers.SetDebug(0, 0x5000);
        cpu.Registers.SetDebug(7, 1);
        Assert.Equal(Debug, cpu.Run());
        Assert.Equal(0u, cpu.Registers.Eflags & Resume);
        cpu.Registers.Eflags |= Resume;
        Assert.Equal(14, cpu.Run().Vector);
    }

    /// <summary>DR7's bits 8 and 9 enable no fifth breakpoint.</summary>
    [Fact]
    public void ThereAreFourBreakpoints()
    {
        using var cpu = new TestCpu();
        cpu.Registers.SetDebug(1, 0x5000);
        cpu.Registers.SetDebug(7, 0x304);
        cpu.Registers.Eip = 0;
        Assert.Equal(14, cpu.Run().Vector);
    }

    /// <summary>However a run is cut into pieces, breakpoints are met at the same instructions.</summary>
    [Theory]
    [InlineData(1ul)]
    [InlineData(2ul)]
    [InlineData(7ul)]
    public void PiecesMeetTheSameBreakpoints(ulong piece)
    {
        using var whole = Looping();
        using var parts = Looping();
        ulong done = 0;
        for (int met = 0; met < 12; met++)
        {
            Assert.Equal(Debug, whole.Run());
            Trap trap;
            ulong retired = 0;
            do
            {
                trap = parts.Run(piece);
                retired += parts.Retired;
            }
            while (trap.Kind == TrapKind.None);
            Assert.Equal((Debug, whole.Retired), (trap, retired));
            Assert.Equal((whole.Registers.Eip, whole.Registers.Ecx, whole.Registers.Eflags), (parts.Registers.Eip, parts.Registers.Ecx, parts.Registers.Eflags));
            done += retired;
        }
        Assert.InRange(done, 30ul, 300ul);
    }

    static TestCpu Looping()
    {
        var cpu = new TestCpu(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.nop();
            a.inc(__dword_ptr[TestCpu.Data]);
            a.mov(edi, (int)TestCpu.Data - 2 + 0x10);
            a.mov(ecx, 6);
            a.rep.stosb();
            a.nop();
            a.jmp(loop);
        });
        cpu.Registers.SetDebug(0, TestCpu.Data);
        cpu.Registers.SetDebug(1, TestCpu.Data + 0x10);
        cpu.Registers.SetDebug(7, 0x00530005 | 0x000C0000);
        return cpu;
    }

    /// <summary>P tells whether the page was there, I/D whether a fetch failed where the processor has NX.</summary>
    [Theory]
    [InlineData("max", 0x15u, 0x14u)]
    [InlineData("pentium4", null, 4u)]
    public void TheErrorCodeOfAFetch(string model, uint? data, uint none)
    {
        using var cpu = new TestCpu(CpuModel.Find(model)!);
        cpu.Memory.Write(TestCpu.Data, [0x90]);
        cpu.Registers.Eip = TestCpu.Data;
        var trap = cpu.Run(1);
        Assert.Equal(data, trap.Kind == TrapKind.None ? null : trap.ErrorCode);
        cpu.Registers.Eip = 0x1000;
        Assert.Equal(none, cpu.Run().ErrorCode);
        cpu.Map(0x0B000000, 0x1000, VmFlags.None);
        cpu.Registers.Eip = 0x0B000000;
        Assert.Equal(none, cpu.Run().ErrorCode);
    }
}
