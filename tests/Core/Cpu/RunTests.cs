using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>The run loop: budgets, boundaries, code that changes, faults at the right place.</summary>
public class RunTests
{
    static readonly Trap SystemCall = new(TrapKind.SystemCall, Trap.Interrupt80);

    [Fact]
    public void ALoopEndsWithTheBudgetExact()
    {
        using var cpu = new TestCpu(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 10);
            a.Label(ref loop);
            a.inc(eax);
            a.dec(ecx);
            a.jnz(loop);
            a.@int(0x80);
        });
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(10u, cpu.Registers.Eax);
        Assert.Equal(32ul, cpu.Retired);
        Assert.Equal(TestCpu.Code + 11, cpu.Registers.Eip);
    }

    [Fact]
    public void SysEnterIsASystemCallThatTellsItself()
    {
        using var cpu = new TestCpu(a => a.sysenter());
        Assert.Equal(new Trap(TrapKind.SystemCall, Trap.SysEnter), cpu.Run());
        Assert.Equal(1ul, cpu.Retired);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(7u)]
    [InlineData(1000u)]
    public void ARepeatedStringIsAnInstructionAnIteration(uint piece)
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(ecx, 5000);
            a.mov(esi, TestCpu.Data);
            a.mov(edi, TestCpu.Data + 8192);
            a.rep.movsb();
            a.@int(0x80);
        });
        byte[] bytes = new byte[5000];
        new Random(1).NextBytes(bytes);
        cpu.Memory.Write(TestCpu.Data, bytes);
        ulong total = 0;
        Trap trap = default;
        while (trap.Kind == TrapKind.None)
        {
            trap = cpu.Run(piece);
            total += cpu.Retired;
            if (trap.Kind == TrapKind.None) Assert.Equal(piece, cpu.Retired);
            if (total is > 3 and < 5003)
            {
                Assert.Equal(TestCpu.Code + 15, cpu.Registers.Eip);
                Assert.Equal(5003 - total, cpu.Registers.Ecx);
                Assert.Equal(TestCpu.Data + total - 3, cpu.Registers.Esi);
            }
        }
        Assert.Equal(SystemCall, trap);
        Assert.Equal(5004ul, total);
        byte[] copied = new byte[5000];
        cpu.Memory.Read(TestCpu.Data + 8192, copied);
        Assert.Equal(bytes, copied);
    }

    [Fact]
    public void ARepeatWithNoCountIsOneInstruction()
    {
        using var cpu = new TestCpu(a =>
        {
            a.rep.stosd();
            a.@int(0x80);
        });
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
    }

    [Fact]
    public void AFaultInTheMiddleOfARepeatKeepsWhatWasDone()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(ecx, 100);
            a.mov(edi, TestCpu.Data + 0x4000 - 40);
            a.mov(eax, 0x55);
            a.rep.stosd();
        });
        Assert.Equal(new Trap(TrapKind.Exception, 14, 6, TestCpu.Data + 0x4000, FaultKind.NotMapped), cpu.Run());
        Assert.Equal(13ul, cpu.Retired);
        Assert.Equal(90u, cpu.Registers.Ecx);
        Assert.Equal(TestCpu.Data + 0x4000, cpu.Registers.Edi);
        Assert.Equal(TestCpu.Code + 15, cpu.Registers.Eip);
        cpu.Map(TestCpu.Data + 0x4000, 0x1000, VmFlags.Read | VmFlags.Write);
        Assert.Equal(TrapKind.None, cpu.Run(90).Kind);
        Assert.Equal(0u, cpu.Registers.Ecx);
    }

    [Fact]
    public void AFaultCountsNeitherItselfNorWhatFollows()
    {
        using var cpu = new TestCpu(a =>
        {
            a.mov(eax, 1);
            a.mov(ebx, 2);
            a.add(__dword_ptr[0x1000], eax);
            a.mov(ebx, 3);
            a.mov(ebx, 4);
        });
        Assert.Equal(new Trap(TrapKind.Exception, 14, 6, 0x1000, FaultKind.NotMapped), cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
        Assert.Equal(TestCpu.Code + 10, cpu.Registers.Eip);
        Assert.Equal(2u, cpu.Registers.Ebx);
    }

    [Fact]
    public void AWriteAcrossPagesIsAllOrNothing()
    {
        using var cpu = new TestCpu(a => a.mov(__dword_ptr[TestCpu.Data + 0x4000 - 2], 0x12345678));
        Assert.Equal(new Trap(TrapKind.Exception, 14, 6, TestCpu.Data + 0x4000, FaultKind.NotMapped), cpu.Run());
        Assert.Equal(0u, cpu.Word(TestCpu.Data + 0x4000 - 4));
    }

    [Fact]
    public void AReadOnlyPageFaultsWithTheErrorCodeOfAWrite()
    {
        using var cpu = new TestCpu(a => a.inc(__dword_ptr[0x20000000]));
        cpu.Map(0x20000000, 0x1000, VmFlags.Read);
        Assert.Equal(new Trap(TrapKind.Exception, 14, 6, 0x20000000, FaultKind.Protection), cpu.Run());
        cpu.Word(0x20000000);
        Assert.Equal(new Trap(TrapKind.Exception, 14, 7, 0x20000000, FaultKind.Protection), cpu.Run());
    }

    [Fact]
    public void AnInstructionAcrossPagesRunsAndFaultsAtItsMissingByte()
    {
        using var cpu = new TestCpu();
        // mov eax, 12345678h, 3 bytes of it on the first page
        cpu.Memory.Write(TestCpu.Code + 0x4000 - 3, [0xB8, 0x78, 0x56]);
        cpu.Registers.Eip = TestCpu.Code + 0x4000 - 3;
        Assert.Equal(new Trap(TrapKind.Exception, 14, 20, TestCpu.Code + 0x4000, FaultKind.NotMapped), cpu.Run());
        Assert.Equal(TestCpu.Code + 0x4000 - 3, cpu.Registers.Eip);
        Assert.Equal(0ul, cpu.Retired);
        cpu.Map(TestCpu.Code + 0x4000, 0x1000, VmFlags.Read | VmFlags.Write | VmFlags.Exec);
        cpu.Memory.Write(TestCpu.Code + 0x4000, [0x34, 0x12, 0xCD, 0x80]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x12345678u, cpu.Registers.Eax);
        cpu.Memory.Write(TestCpu.Code + 0x4000, [0x35]);
        cpu.Registers.Eip = TestCpu.Code + 0x4000 - 3;
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(0x12355678u, cpu.Registers.Eax);
    }

    [Fact]
    public void AJumpToNowhereFaultsThere()
    {
        using var cpu = new TestCpu(a =>
        {
            a.xor(eax, eax);
            a.jmp(eax);
        });
        Assert.Equal(new Trap(TrapKind.Exception, 14, 20, 0, FaultKind.NotMapped), cpu.Run());
        Assert.Equal(0u, cpu.Registers.Eip);
        Assert.Equal(2ul, cpu.Retired);
    }

    [Fact]
    public void DataIsNotExecuted()
    {
        using var cpu = new TestCpu(a => a.jmp((ulong)TestCpu.Data));
        Assert.Equal(new Trap(TrapKind.Exception, 14, 21, TestCpu.Data, FaultKind.Protection), cpu.Run());
    }

    [Theory]
    [InlineData(1000u)]
    [InlineData(1u)]
    public void AnInstructionThatChangesTheNextOneIsFollowedByTheChangedOne(uint piece)
    {
        using var cpu = new TestCpu(a =>
        {
            var target = a.CreateLabel();
            a.mov(__byte_ptr[TestCpu.Code + 8], 0x42);
            a.nop();
            a.Label(ref target);
            a.inc(eax); // becomes inc edx
            a.@int(0x80);
        });
        Trap trap = default;
        while (trap.Kind == TrapKind.None) trap = cpu.Run(piece);
        Assert.Equal(SystemCall, trap);
        Assert.Equal((0u, 1u), (cpu.Registers.Eax, cpu.Registers.Edx));
    }

    [Fact]
    public void TheLastInstructionOfAPageMayChangeItsOwnPage()
    {
        using var cpu = new TestCpu();
        // mov byte [code], 90h in the last 7 bytes of the page; then the next page: int 80h
        cpu.Memory.Write(TestCpu.Code + 0x1000 - 7, [0xC6, 0x05, .. BitConverter.GetBytes(TestCpu.Code), 0x90, 0xCD, 0x80]);
        cpu.Registers.Eip = TestCpu.Code + 0x1000 - 7;
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(2ul, cpu.Retired);
    }

    [Fact]
    public void ACompilerInTheGuestMayRewriteAFunctionManyTimes()
    {
        // for (ecx = 1000; ecx; ecx--) { code[1] = ecx & 0xff; eax += f(); } with f: mov al, imm8; ret
        using var cpu = new TestCpu(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 1000);
            a.Label(ref loop);
            a.mov(__byte_ptr[TestCpu.Code + 0x2001], cl);
            a.call(TestCpu.Code + 0x2000ul);
            a.add(ebx, eax);
            a.dec(ecx);
            a.jnz(loop);
            a.@int(0x80);
        });
        cpu.Memory.Write(TestCpu.Code + 0x2000, [0xB0, 0, 0xC3]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal((uint)Enumerable.Range(1, 1000).Sum(i => i & 0xFF), cpu.Registers.Ebx);
        Assert.Equal(1 + 1000ul * 7 + 1, cpu.Retired);
    }

    [Fact]
    public void CodeMayBeWrittenThroughAnotherAddress()
    {
        // for (ecx = 300; ecx; ecx--) { data[1] = cl; f(); ebx += eax; }, f at the other address: mov al, imm8; ret
        using var cpu = new TestCpu(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 300);
            a.Label(ref loop);
            a.mov(__byte_ptr[0x31000001], cl);
            a.call(0x30000000ul);
            a.add(ebx, eax);
            a.dec(ecx);
            a.jnz(loop);
            a.@int(0x80);
        });
        cpu.MapTwice(0x30000000, 0x31000000);
        cpu.Memory.Write(0x31000000, [0xB0, 0, 0xC3]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal((uint)Enumerable.Range(1, 300).Sum(i => i & 0xFF), cpu.Registers.Ebx);
    }

    [Fact]
    public void TheKernelsWritesAndNewMappingsAreSeen()
    {
        using var cpu = new TestCpu(0xB8, 1, 0, 0, 0, 0xCD, 0x80);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(1u, cpu.Registers.Eax);
        cpu.Memory.Write(TestCpu.Code + 1, [2]);
        cpu.Registers.Eip = TestCpu.Code;
        cpu.Run();
        Assert.Equal(2u, cpu.Registers.Eax);
        cpu.Memory.Poke(TestCpu.Code + 1, [3]);
        cpu.Registers.Eip = TestCpu.Code;
        cpu.Run();
        Assert.Equal(3u, cpu.Registers.Eax);
        cpu.Memory.Unmap(TestCpu.Code, 0x1000);
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(14, cpu.Run().Vector);
        cpu.Map(TestCpu.Code, 0x1000, VmFlags.Read | VmFlags.Exec | VmFlags.Write);
        cpu.Memory.Write(TestCpu.Code, [0xB8, 4, 0, 0, 0, 0xCD, 0x80]);
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal(4u, cpu.Registers.Eax);
        cpu.Memory.Protect(TestCpu.Code, 0x1000, VmFlags.Read);
        cpu.Registers.Eip = TestCpu.Code;
        Assert.Equal(FaultKind.Protection, cpu.Run().Fault);
    }

    [Fact]
    public void ATooLongInstructionIsAGeneralProtectionFaultAndAnUnknownOneIsInvalid()
    {
        using var longer = new TestCpu([.. Enumerable.Repeat((byte)0x66, 15), 0x90]);
        Assert.Equal(new Trap(TrapKind.Exception, 13), longer.Run());
        using var unknown = new TestCpu(0x0F, 0x0B);
        Assert.Equal(new Trap(TrapKind.Exception, 6), unknown.Run());
        using var locked = new TestCpu(0xF0, 0x90);
        Assert.Equal(new Trap(TrapKind.Exception, 6), locked.Run());
    }

    [Fact]
    public void TheClockIsReadAtTheExactInstruction()
    {
        using var cpu = new TestCpu(a =>
        {
            a.nop();
            a.nop();
            a.rdtsc();
            a.mov(ebx, eax);
            a.rdtsc();
            a.@int(0x80);
        });
        cpu.Processor.TimeStampCounter = () => cpu.Processor.RetiredInRun;
        Assert.Equal(SystemCall, cpu.Run());
        Assert.Equal((2u, 4u), (cpu.Registers.Ebx, cpu.Registers.Eax));
    }
}
