using System.Globalization;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A change from outside was refused: the message says why, and nothing changed.</summary>
public sealed class ChangeRefusedException(Errno errno, string message) : Exception(message)
{
    /// <summary>EINVAL for a value, EFAULT for an address, EBUSY inside a system call, ENODEV for what the processor model lacks, ESRCH for a task that has ended.</summary>
    public Errno Errno { get; } = errno;
}

/// <content>What a debugger changes in a task. Each change is an event, as input is.</content>
public sealed partial class Machine
{
    /// <summary>Sets a register. Any thread.</summary>
    /// <param name="task">A task of this machine.</param>
    /// <param name="register">Which.</param>
    /// <param name="value">Its bytes, least significant first.</param>
    /// <exception cref="ChangeRefusedException">The value is none for the register; or the task waits in a system call, whose result EAX and EIP are.</exception>
    public void SetRegister(Task task, RegisterName register, ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(register);
        Execute(machine =>
        {
            var registers = task.Registers ?? throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
            if (task.Call.IsActive && register.Name is ("eax" or "eip"))
                throw new ChangeRefusedException(Errno.EBUSY, $"the task is in a system call, which sets {register.Name} when it returns");
            if (!machine.Processor.Model.Has(RegisterAccess.FeaturesFor(register)))
                throw new ChangeRefusedException(Errno.ENODEV, $"{register.Name} is not there: the machine's processor is a {machine.Processor.Model.Name}");
            if (RegisterAccess.Set(registers, register, value.Span) is { } reason) throw new ChangeRefusedException(Errno.EINVAL, $"{register.Name} {reason}");
            machine.Record(new MachineEvent(machine.retired, MachineEventKind.Register, (long)task.Pid << 32 | (uint)IndexOf(register), value.ToArray()));
        });
    }

    /// <summary>Writes memory as ptrace(2) does, all or nothing: whatever the protection is, except in a shared mapping that is not writable. A private page
    /// becomes the task's own; what is shared changes for all that share it. Any thread.</summary>
    /// <exception cref="ChangeRefusedException">Not all of it can be written.</exception>
    public void WriteMemory(Task task, uint address, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(task);
        Execute(machine =>
        {
            var memory = task.AddressSpace ?? throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
            if (memory.FindUnpokeable(address, (uint)bytes.Length) is { } refused)
                throw new ChangeRefusedException(Errno.EFAULT, string.Create(CultureInfo.InvariantCulture, $"{refused:x8} {(memory.FindRegion(refused) == null ? "is not mapped" : "lies in a shared mapping that is not writable")}"));
            if (!memory.Poke(address, bytes.Span)) throw new ChangeRefusedException(Errno.ENOMEM, "the machine has no memory left for a copy of the page, or its file ends before");
            machine.Record(new MachineEvent(machine.retired, MachineEventKind.Memory, (long)task.Pid << 32 | address, bytes.ToArray()));
        });
    }

    static int IndexOf(RegisterName register)
    {
        for (int i = 0; i < RegisterAccess.All.Count; i++)
            if (RegisterAccess.All[i] == register) return i;
        throw new ArgumentException($"{register.Name} is no register", nameof(register));
    }
}
