using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>What a debugger writes is there for the program, and nothing else is changed.</summary>
public sealed class ChangeTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static Machine Start(string guest, out Task task, params string[] arguments)
    {
        var machine = new Machine(GuestRun.OptionsFor(guest));
        task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        return machine;
    }

    static byte[] Peek(Task task, uint address, int length) => task.Machine.Execute(_ =>
    {
        var bytes = new byte[length];
        Assert.Equal(length, task.AddressSpace!.Peek(address, bytes));
        return bytes;
    });

    static void Set(Machine machine, Task task, string name, uint value) => machine.SetRegister(task, RegisterAccess.Find(name)!, BitConverter.GetBytes(value));

    [Fact]
    public void Code_that_was_decoded_is_decoded_anew()
    {
        using var machine = Start("stepper", out var task);
        var symbols = SymbolMap.Of(task);
        uint factorial = symbols.Find("factorial")!.Value;
        // The first call runs the code; what is written then counts for the next: mov eax, 7; ret
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(symbols.Find("factorial+7")!.Value), Soon, Token));
        machine.WriteMemory(task, factorial, Convert.FromHexString("B807000000C3"));
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(symbols.Find("main+0xd")!.Value), Soon, Token));
        Assert.Equal(35u, machine.Execute(_ => task.Registers!.Eax));
        machine.Thaw(task);
        Assert.Equal("035 hello\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void What_is_written_to_a_private_page_is_the_tasks_own()
    {
        using var machine = Start("stepper", out var task);
        var other = machine.Start(new ProgramOptions { Suspended = true });
        const uint text = 0x08048160;
        var before = Peek(other, text, 8);
        machine.WriteMemory(task, text, "XYZ"u8.ToArray());
        Assert.Equal("XYZ"u8.ToArray(), Peek(task, text, 3));
        Assert.Equal(before, Peek(other, text, 8));
        // The guest's own rights stay what they were.
        Assert.False(machine.Execute(_ => task.AddressSpace!.Write(text, "a"u8)));
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.Count(5), Soon, Token));
    }

    [Fact]
    public void Memory_is_written_whole_or_not_at_all()
    {
        using var machine = Start("stepper", out var task);
        uint last = machine.Execute(_ => task.AddressSpace!.FindRegion(0x08049000)!.End) - 2;
        byte[] before = Peek(task, last, 2);
        string hash = StateHash.Compute(machine, StateHashScope.Full);
        var refused = Assert.Throws<ChangeRefusedException>(() => machine.WriteMemory(task, last, new byte[] { 1, 2, 3 }));
        Assert.Equal(Errno.EFAULT, refused.Errno);
        Assert.Contains($"{last + 2:x8}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Peek(task, last, 2));
        Assert.Equal(hash, StateHash.Compute(machine, StateHashScope.Full));
        Assert.Equal(Errno.EFAULT, Assert.Throws<ChangeRefusedException>(() => machine.WriteMemory(task, 0xFFFFFFFF, new byte[2])).Errno);
        Assert.Empty(machine.Execute(m => m.Events));
    }

    [Fact]
    public void Shared_memory_changes_for_all_and_only_where_it_is_writable()
    {
        using var machine = Start("stepper", out var task);
        var (writable, readable) = machine.Execute(m =>
        {
            var memory = task.AddressSpace!;
            var shared = new Core.Memory.SharedMemory(m.Account, 1);
            Assert.Equal(Errno.None, memory.Map(0, 4096, VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Shared, false, shared, 0, out uint first));
            Assert.Equal(Errno.None, memory.Map(0, 4096, VmFlags.Read | VmFlags.May | VmFlags.Shared, false, shared, 0, out uint second));
            return (first, second);
        });
        machine.WriteMemory(task, writable + 5, new byte[] { 9 });
        Assert.Equal([9], Peek(task, readable + 5, 1));
        var refused = Assert.Throws<ChangeRefusedException>(() => machine.WriteMemory(task, readable, new byte[1]));
        Assert.Contains("shared", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_goes_on_where_its_registers_say()
    {
        using var machine = Start("stepper", out var task);
        var symbols = SymbolMap.Of(task);
        Assert.Equal(StepEnd.Reached, machine.StepTask(task, StepGoal.At(symbols.Find("main+0xd")!.Value), Soon, Token));
        Set(machine, task, "eax", 42);
        machine.Thaw(task);
        Assert.Equal("042 hello\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void A_system_call_keeps_what_it_will_set()
    {
        using var machine = Start("readblock", out var task);
        Assert.Equal(StepEnd.Waits, machine.StepTask(task, StepGoal.Count(1_000_000), Soon, Token));
        foreach (string name in (string[])["eax", "eip"])
            Assert.Equal(Errno.EBUSY, Assert.Throws<ChangeRefusedException>(() => Set(machine, task, name, 1)).Errno);
        Set(machine, task, "edi", 1);
    }

    [Fact]
    public void What_a_processor_lacks_cannot_be_set()
    {
        using var machine = new Machine(GuestRun.OptionsFor("spin") with { Cpu = CpuModel.I586 });
        var task = machine.Start(new ProgramOptions { Suspended = true });
        Assert.Equal(Errno.ENODEV, Assert.Throws<ChangeRefusedException>(() => machine.SetRegister(task, RegisterAccess.Find("xmm0")!, new byte[16])).Errno);
        Assert.Equal(Errno.ENODEV, Assert.Throws<ChangeRefusedException>(() => Set(machine, task, "mxcsr", 0x1F80)).Errno);
        machine.SetRegister(task, RegisterAccess.Find("st0")!, new byte[10]);
    }

    [Fact]
    public void Changes_are_events()
    {
        using var machine = Start("stepper", out var task);
        machine.StepTask(task, StepGoal.Count(3), Soon, Token);
        Set(machine, task, "ebx", 7);
        machine.WriteMemory(task, 0x08049166, "ab"u8.ToArray());
        Assert.Throws<ChangeRefusedException>(() => Set(machine, task, "mxcsr", uint.MaxValue));
        var events = machine.Execute(m => m.Events.ToArray());
        Assert.Equal([MachineEventKind.Register, MachineEventKind.Memory], events.Select(e => e.Kind));
        Assert.Equal([(2L << 32) | 3, (2L << 32) | 0x08049166], events.Select(e => e.Value));
        Assert.All(events, e => Assert.Equal(3ul, e.Instruction));
        Assert.Equal([7, 0, 0, 0], events[0].Bytes);
    }

    [Fact]
    public void A_task_that_has_ended_has_nothing_to_change()
    {
        using var machine = Start("hello", out var task);
        machine.Kill(task);
        Assert.Equal(Errno.ESRCH, Assert.Throws<ChangeRefusedException>(() => Set(machine, task, "eax", 1)).Errno);
        Assert.Equal(Errno.ESRCH, Assert.Throws<ChangeRefusedException>(() => machine.WriteMemory(task, 0x08048000, new byte[1])).Errno);
    }
}
