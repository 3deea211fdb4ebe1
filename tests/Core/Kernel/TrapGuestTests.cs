using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Debug registers belong to one task.</summary>
public sealed class DebugRegisterTests
{
    [Fact]
    public void AChildHasNoBreakpointsOfItsParent()
    {
        using var machine = new Machine(GuestRun.OptionsFor("childholder"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Execute(_ =>
        {
            for (int i = 0; i < 4; i++) task.Registers!.SetDebug(i, 0x10u << i);
            task.Registers!.SetDebug(6, 0xFFFF4FFF);
            task.Registers.SetDebug(7, 0x101FF);
        });
        machine.Thaw(task);
        Assert.True(machine.WaitUntil(() => machine.Tasks.Count == 2, TimeSpan.FromSeconds(60)));
        machine.Execute(m =>
        {
            var child = m.Tasks.Single(t => t != task).Registers!;
            Assert.Equal([0u, 0, 0, 0, 0xFFFF0FF0, 0x400], ((int[])[0, 1, 2, 3, 6, 7]).Select(child.GetDebug));
            Assert.Equal(0x80u, task.Registers!.GetDebug(3));
        });
    }
}

/// <summary>Which signal an exception becomes (Linux: arch/x86/kernel/traps.c), where no guest can raise it as it would be on an i386 kernel.</summary>
/// <remarks>What the handlers of traps.c are told is in its recorded cases, made by an x86-64 kernel on an AMD processor. What differs on an i386 kernel has no
/// case there: page faults at 3 GiB and above (see below), IRET with NT set (#TS there; #GP in long mode, and here), SYSENTER outside the vdso, and the
/// selectors of the GDT.</remarks>
public sealed class FaultSignalTests
{
    public static TheoryData<byte, uint, uint, Signal, int, uint?> Exceptions => new()
    {
        { 0, 0, 0, Signal.SIGFPE, SignalCode.IntegerDivide, null },
        { 1, 0, 0, Signal.SIGTRAP, SignalCode.Breakpoint, null },
        { 3, 0, 0, Signal.SIGTRAP, SignalCode.Kernel, 0 },
        { 4, 0, 0, Signal.SIGSEGV, SignalCode.Kernel, 0 },
        { 5, 0, 0, Signal.SIGSEGV, SignalCode.Kernel, 0 },
        { 6, 0, 0, Signal.SIGILL, SignalCode.IllegalOperand, null },
        { 10, 4, 0, Signal.SIGSEGV, SignalCode.Kernel, 0 },
        { 11, 12, 0, Signal.SIGBUS, SignalCode.Kernel, 0 },
        { 12, 12, 0, Signal.SIGBUS, SignalCode.Kernel, 0 },
        { 13, 0x10A, 0, Signal.SIGSEGV, SignalCode.Kernel, 0 },
        { 17, 0, 0, Signal.SIGBUS, SignalCode.AddressAlign, 0 },
        { 14, 4, 0x1234, Signal.SIGSEGV, SignalCode.MapError, 0x1234 },
        { 14, 6, 0xBFFFFFFF, Signal.SIGSEGV, SignalCode.MapError, 0xBFFFFFFF },
        // The kernel's part of the address space always seems to be there.
        { 14, 5, 0xC0000000, Signal.SIGSEGV, SignalCode.MapError, 0xC0000000 },
        { 14, 7, 0xFFFFFFFC, Signal.SIGSEGV, SignalCode.MapError, 0xFFFFFFFC },
    };

    /// <param name="vector">The exception.</param>
    /// <param name="error">What the signal frame says of the error code; the processor's is without P above 3 GiB.</param>
    /// <param name="address">The address of a page fault.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="code">si_code.</param>
    /// <param name="field">si_addr; null for EIP.</param>
    [Theory]
    [MemberData(nameof(Exceptions))]
    public void AnExceptionBecomesASignal(byte vector, uint error, uint address, Signal signal, int code, uint? field)
    {
        using var machine = new Machine(GuestRun.OptionsFor("spin"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Execute(_ =>
        {
            uint raised = address >= 0xC0000000 ? error & ~1u : error;
            task.Registers!.SetDebug(6, 0xFFFF0FF0);
            task.LastFault = (99, 99, 77);
            Faults.Raise(task, new Trap(TrapKind.Exception, vector, raised, address, vector == 14 ? FaultKind.NotMapped : FaultKind.None));
            Assert.Equal((vector, error, vector == 14 ? address : 77), task.LastFault);
            Assert.True(task.Pending.TryTake(SignalSet.Of(signal), out var info));
            Assert.Equal((signal, code, field ?? task.Registers.Eip), (info.Signal, info.Code, info.Field0));
            return 0;
        });
    }

    [Theory]
    [InlineData(0xFFFF4FF0u, 0u, SignalCode.Trace, false)]
    [InlineData(0xFFFF4FF1u, 0x00010001u, SignalCode.Trace, false)]
    [InlineData(0xFFFF0FF8u, 0x10000040u, SignalCode.HardwareBreakpoint, false)]
    [InlineData(0xFFFF0FF8u, 0x00000040u, SignalCode.HardwareBreakpoint, true)]
    [InlineData(0xFFFF0FF1u, 0x00010045u, SignalCode.HardwareBreakpoint, false)]
    [InlineData(0xFFFF0FF2u, 0x00010045u, SignalCode.HardwareBreakpoint, true)]
    [InlineData(0xFFFF0FF0u, 0x00010001u, SignalCode.Breakpoint, false)]
    public void TheReasonOfADebugExceptionIsInDr6(uint status, uint control, int code, bool resumes)
    {
        using var machine = new Machine(GuestRun.OptionsFor("spin"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Execute(_ =>
        {
            task.Registers!.SetDebug(6, status);
            task.Registers.SetDebug(7, control);
            Faults.Raise(task, new Trap(TrapKind.Exception, 1));
            Assert.True(task.Pending.TryTake(SignalSet.Of(Signal.SIGTRAP), out var info));
            Assert.Equal((code, task.Registers.Eip), (info.Code, info.Field0));
            Assert.Equal(resumes, (task.Registers.Eflags & 0x10000) != 0);
            return 0;
        });
    }
}
