using CheckpointRestart.Core.Cpu;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Exceptions: traps behind an instruction, single steps, breakpoints, alignment, privilege.</summary>
public class TrapTests
{
    const uint TrapFlag = 0x100, AlignmentFlag = 0x40000;
    static readonly Trap SystemCall = new(TrapKind.SystemCall, Trap.Interrupt80);

    [Fact]
    public void TrapsLieBehindTheirInstruction()
    {
        using var cpu = new TestCpu(a => a.int3());
        Assert.Equal(new Trap(TrapKind.Exception, 3), cpu.Run());
        Assert.Equal((TestCpu.Code + 1, 1ul), (cpu.Registers.Eip, cpu.Retired));
        using var overflow = new TestCpu(a =>
        {
            a.into();
            a.mov(al, 0x7F);
            a.inc(al);
            a.into();
        });
        Assert.Equal(new Trap(TrapKind.Exception, 4), overflow.Run());
        Assert.Equal(4ul, overflow.Retired);
    }

    [Fact]
    public void FaultsLieAtTheirInstruction()
    {
        using var divide = new TestCpu(a => a.div(ecx));
        Assert.Equal(new Trap(TrapKind.Exception, 0), divide.Run());
        Assert.Equal((TestCpu.Code, 0ul), (divide.Registers.Eip, divide.Retired));
        using var bound = new TestCpu(a => a.bound(eax, __dword_ptr[TestCpu.Data]));
        bound.Memory.Write(TestCpu.Data, [1, 0, 0, 0, 9, 0, 0, 0]);
        Assert.Equal(new Trap(TrapKind.Exception, 5), bound.Run());
        using var interrupt = new TestCpu(a => a.@int(0x21));
        Assert.Equal(new Trap(TrapKind.Exception, 13, 0x10A), interrupt.Run());
    }

    public static TheoryData<string> PrivilegedCode =>
    [
        "F4", "FA", "FB", "E460", "EE", "6C", "6F", "0F20C0", "0F22D8", "0F21C0", "0F23C0",
        "0F011500000000", "0F00D0", "0F00D8", "0F01F0", "0F06", "0F08", "0F09",
        "0F30", "0F32", "0F33", "0F35", "0F0138",
    ];

    [Theory]
    [MemberData(nameof(PrivilegedCode))]
    public void PrivilegedInstructionsAreProtected(string code)
    {
        using var cpu = new TestCpu(Convert.FromHexString(code));
        Assert.Equal(new Trap(TrapKind.Exception, 13), cpu.Run());
    }

    public static TheoryData<string> UnknownCode =>
    [
        "0F0B", "0FFFC0", "0FB9C0", "0F05", "0F01D0", "0FAA", "8CF8", "8EC8", "F001C0",
        "C7F800000000", "0F01C8", "C5F877", "0FC7F0", "8DC0", "C4C0", "0FC7C8",
    ];

    [Theory]
    [MemberData(nameof(UnknownCode))]
    public void WhatTheProcessorDoesNotHaveIsInvalid(string code)
    {
        using var cpu = new TestCpu(Convert.FromHexString(code));
        Assert.Equal(new Trap(TrapKind.Exception, 6), cpu.Run());
    }

    [Fact]
    public void ASingleStepTrapsBehindTheNextInstruction()
    {
        using var cpu = new TestCpu(a =>
        {
            a.pushfd();
            a.or(__dword_ptr[esp], (int)TrapFlag);
            a.popfd();
            a.inc(eax);
            a.inc(eax);
            a.mov(ecx, ss);
            a.mov(ss, ecx);
            a.inc(eax);
            a.@int(0x80);
        });
        Assert.Equal(new Trap(TrapKind.Exception, 1), cpu.Run());
        Assert.Equal((1u, 4ul), (cpu.Registers.Eax, cpu.Retired));
        Assert.NotEqual(0u, cpu.Registers.GetDebug(6) & 0x4000);
        Assert.Equal(new Trap(TrapKind.Exception, 1), cpu.Run());
        Assert.Equal((2u, 1ul), (cpu.Registers.Eax, cpu.Retired));
        Assert.Equal(1, cpu.Run().Vector);
        Assert.Equal(new Trap(TrapKind.Exception, 1), cpu.Run());
        Assert.Equal((3u, 2ul), (cpu.Registers.Eax, cpu.Retired));
        Assert.Equal(SystemCall, cpu.Run());
    }

    [Fact]
    public void ASingleStepStopsAtEachIteration()
    {
        using var cpu = new TestCpu(a =>
        {
            a.rep.stosb();
            a.nop();
        });
        cpu.Registers.Ecx = 3;
        cpu.Registers.Edi = TestCpu.Data;
        cpu.Registers.Eflags |= TrapFlag;
        for (uint left = 2; left != uint.MaxValue; left--)
        {
            Assert.Equal(1, cpu.Run().Vector);
            Assert.Equal((left, 1ul), (cpu.Registers.Ecx, cpu.Retired));
        }
        Assert.Equal(TestCpu.Code + 2, cpu.Registers.Eip);
    }

    [Theory]
    [InlineData(0x000D0000u, true, true)]
    [InlineData(0x000F0000u, true, true)]
    [InlineData(0x000F0000u, false, true)]
    [InlineData(0x000D0000u, false, false)]
    public void ADataBreakpointTrapsBehindTheAccess(uint control, bool write, bool met)
    {
        using var cpu = new TestCpu(a =>
        {
            if (write) a.mov(__byte_ptr[TestCpu.Data + 6], 1);
            else a.mov(al, __byte_ptr[TestCpu.Data + 6]);
            a.inc(ebx);
            a.@int(0x80);
        });
        cpu.Memory.Write(TestCpu.Data, [0, 0]);
        cpu.Registers.SetDebug(0, TestCpu.Data + 4);
        cpu.Registers.SetDebug(7, control | 1);
        var trap = cpu.Run();
        Assert.Equal(met ? new Trap(TrapKind.Exception, 1) : SystemCall, trap);
        Assert.Equal(met ? 1u : 0, cpu.Registers.GetDebug(6) & 15);
        if (met) Assert.Equal((0u, 1ul), (cpu.Registers.Ebx, cpu.Retired));
        cpu.Registers.SetDebug(7, 0);
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(SystemCall, cpu.Run());
    }

    [Fact]
    public void AnInstructionBreakpointFaultsInFrontOfIt()
    {
        using var cpu = new TestCpu(a =>
        {
            a.inc(eax);
            a.inc(ebx);
        });
        cpu.Registers.SetDebug(1, TestCpu.Code + 1);
        cpu.Registers.SetDebug(7, 4);
        Assert.Equal(new Trap(TrapKind.Exception, 1), cpu.Run());
        Assert.Equal((TestCpu.Code + 1, 0u, 1ul), (cpu.Registers.Eip, cpu.Registers.Ebx, cpu.Retired));
    }

    [Fact]
    public void AnUnalignedAccessFaultsWhenAskedTo()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(eax, __dword_ptr[TestCpu.Data + 4]);
            a.mov(al, __byte_ptr[TestCpu.Data + 3]);
            a.mov(eax, __dword_ptr[TestCpu.Data + 2]);
        });
        cpu.Registers.Eflags |= AlignmentFlag;
        Assert.Equal(new Trap(TrapKind.Exception, 17), cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
        using var stack = new TestCpu(a => a.push(eax));
        stack.Registers.Eflags |= AlignmentFlag;
        stack.Registers.Esp -= 2;
        Assert.Equal(new Trap(TrapKind.Exception, 17), stack.Run());
    }

    [Fact]
    public void UserModeCannotTouchInterruptsOrPrivilege()
    {
        using var cpu = new TestCpu(a =>
        {
            a.push(0x3000);
            a.popfd();
            a.pushfd();
            a.pop(eax);
            a.push(unchecked((int)0xFFFFFFFF & ~(int)TrapFlag));
            a.popfd();
            a.pushfd();
            a.pop(ebx);
            a.@int(0x80);
        });
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x202u, cpu.Registers.Eax);
        Assert.Equal(0x244ED7u, cpu.Registers.Ebx);
    }

    [Fact]
    public void CpuidToldWhatTheModelSays()
    {
        using var cpu = new TestCpu(a =>
        {
            a.cpuid();
            a.@int(0x80);
        });
        Assert.Equal(SystemCall, cpu.Run());
        byte[] vendor = [.. BitConverter.GetBytes(cpu.Registers.Ebx), .. BitConverter.GetBytes(cpu.Registers.Edx), .. BitConverter.GetBytes(cpu.Registers.Ecx)];
        Assert.Equal("GenuineIntel"u8.ToArray(), vendor);
    }
}
