using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A change from outside was refused: the message says why, and nothing changed.</summary>
public sealed class ChangeRefusedException(Errno errno, string message) : Exception(message)
{
    /// <summary>EINVAL for a value, EFAULT for an address, EBUSY inside a system call, ENODEV for what the processor model lacks, EBADF for a descriptor, ESRCH for a task that has ended.</summary>
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

    /// <summary>Names a task (comm). Any thread.</summary>
    /// <exception cref="ChangeRefusedException">The name is too long, or has a NUL; or the task has ended.</exception>
    public void SetName(Task task, string name)
    {
        ArgumentNullException.ThrowIfNull(task);
        byte[] bytes = NameBytes(name);
        Execute(machine =>
        {
            if (task.HasExited) throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
            task.SetComm(bytes);
            machine.Record(new MachineEvent(machine.retired, MachineEventKind.Name, (long)task.Pid << 32, bytes));
        });
    }

    /// <summary>The 16 bytes of a name.</summary>
    /// <exception cref="ChangeRefusedException">ENAMETOOLONG: it is too long, or has a NUL.</exception>
    internal static byte[] NameBytes(string name)
    {
        byte[] text = GuestText.ToBytes(name);
        if (text.Length >= Task.CommLength || text.Contains((byte)0)) throw new ChangeRefusedException(Errno.ENAMETOOLONG, $"a task's name has at most {Task.CommLength - 1} bytes, none of them 0");
        Array.Resize(ref text, Task.CommLength);
        return text;
    }

    /// <summary>Gives a descriptor another regular file, opened as the old one was and at the same position; and so all that share the old one by dup(2) or
    /// fork(2). Any thread.</summary>
    /// <exception cref="ChangeRefusedException">EBADF: there is no such descriptor. EOPNOTSUPP: one of the two is no regular file. Or the new one cannot be opened.</exception>
    public void SetDescriptor(Task task, int number, string path)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(path);
        Execute(machine =>
        {
            var old = (task.Files ?? throw new ChangeRefusedException(Errno.ESRCH, "the task has ended"))[number]
                ?? throw new ChangeRefusedException(Errno.EBADF, $"the task has no descriptor {number}");
            if (!old.Inode.IsRegular) throw new ChangeRefusedException(Errno.EOPNOTSUPP, $"descriptor {number} is no regular file");
            var start = new PathStart(task.FileSystem!.Root, task.FileSystem.WorkingDirectory);
            var result = machine.Tree.Open(start, path, old.Flags, 0, out var file);
            if (file == null || result.IsError || result.WouldBlock || !file.Inode.IsRegular)
            {
                file?.Release();
                throw result.IsError ? new ChangeRefusedException(result.Errno, $"'{path}' cannot be opened: {result.Errno}") : new ChangeRefusedException(Errno.EOPNOTSUPP, $"'{path}' is no regular file");
            }
            // A stream of the host counts what went through it, which is no place in a file.
            file.Position = old.CanSeek ? old.Position : 0;
            machine.Exchange(old, file);
            machine.Record(new MachineEvent(machine.retired, MachineEventKind.Descriptor, (long)task.Pid << 32 | (uint)number, GuestText.ToBytes(path)));
        });
    }

    /// <summary>Puts a file, whose reference it takes over, in the place of another one, in every table.</summary>
    void Exchange(OpenFile old, OpenFile file)
    {
        // It must not go before all have the new one.
        old.AddReference();
        foreach (var table in tasks.Values.Select(static one => one.Files).OfType<DescriptorTable>().Distinct())
        {
            foreach (int at in table.Numbers.Where(at => ReferenceEquals(table[at], old)).ToArray())
            {
                file.AddReference();
                table.Set(at, file, table.GetCloseOnExec(at));
            }
        }
        old.Release();
        file.Release();
    }

    static int IndexOf(RegisterName register)
    {
        for (int i = 0; i < RegisterAccess.All.Count; i++)
            if (RegisterAccess.All[i] == register) return i;
        throw new ArgumentException($"{register.Name} is no register", nameof(register));
    }
}
