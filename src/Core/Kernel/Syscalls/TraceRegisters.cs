using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>The register sets of ptrace(2) (Linux: arch/x86/kernel/ptrace.c).</summary>
internal static class TraceRegisters
{
    /// <summary>NT_* numbers of the sets (linux/elf.h).</summary>
    public const uint General = 1, Float = 2, ThreadLocal = 0x200, IOPermissions = 0x201, ExtendedState = 0x202, ExtendedFloat = 0x46E62B7F;

    /// <summary>A word of struct user: registers, then zeros, then the debug registers.</summary>
    public static Result PeekUser(Task task, Task target, uint address, uint to)
    {
        if ((address & 3) != 0 || address >= UserArea.Size) return Errno.EIO;
        uint value = address < UserArea.RegistersSize ? UserArea.Get(target, (int)address / 4)
            : address >= UserArea.DebugRegisters ? Debug(target, (int)(address - UserArea.DebugRegisters) / 4)
            : 0;
        return task.AddressSpace!.TryWrite(to, value) ? 0 : Errno.EFAULT;
    }

    static uint Debug(Task target, int index) => index switch
    {
        4 or 5 => 0,
        7 => target.Registers!.GetDebug(7) & ~0x400u,
        _ => target.Registers!.GetDebug(index),
    };

    /// <summary>Sets a word of struct user.</summary>
    public static Result PokeUser(Task target, uint address, uint value)
    {
        if ((address & 3) != 0 || address >= UserArea.Size) return Errno.EIO;
        if (address < UserArea.RegistersSize) return UserArea.Set(target, (int)address / 4, value);
        return address >= UserArea.DebugRegisters ? UserArea.SetDebug(target, (int)(address - UserArea.DebugRegisters) / 4, value) : Errno.EIO;
    }

    /// <summary>Bytes of a set; 0 when there is none of that number.</summary>
    static int SizeOf(uint set) => set switch
    {
        General => UserArea.RegistersSize,
        Float => UserArea.FloatSize,
        ExtendedFloat => UserArea.ExtendedFloatSize,
        ThreadLocal => SegmentCalls.TlsSize,
        _ => 0,
    };

    /// <summary>Copies the first bytes of a set to the tracer.</summary>
    public static Result Get(Task task, Task target, uint set, uint to, int length)
    {
        Span<byte> bytes = stackalloc byte[UserArea.ExtendedFloatSize];
        bytes.Clear();
        switch (set)
        {
            case General: UserArea.Save(target, bytes); break;
            case Float: UserArea.SaveFloat(target, bytes); break;
            case ExtendedFloat: UserArea.SaveExtended(target, bytes); break;
            default: SegmentCalls.SaveTls(target, bytes); break;
        }
        return task.AddressSpace!.Write(to, bytes[..length]) ? 0 : Errno.EFAULT;
    }

    /// <summary>Sets the first bytes of a set.</summary>
    public static Result Set(Task task, Task target, uint set, uint from, int length)
    {
        Span<byte> bytes = stackalloc byte[UserArea.ExtendedFloatSize];
        bytes.Clear();
        switch (set)
        {
            case Float: UserArea.SaveFloat(target, bytes); break;
            case ExtendedFloat when length < UserArea.ExtendedFloatSize: return Errno.EINVAL;
        }
        if (!task.AddressSpace!.Read(from, bytes[..length])) return Errno.EFAULT;
        switch (set)
        {
            case General: return UserArea.Restore(target, bytes[..length]);
            case Float:
                target.Registers!.RestoreFsave(bytes[..UserArea.FloatSize]);
                return 0;
            case ExtendedFloat: return UserArea.TryRestoreExtended(target, bytes) ? 0 : Errno.EINVAL;
            default: return SegmentCalls.RestoreTls(target, bytes[..length]);
        }
    }

    /// <summary>PTRACE_GETREGSET and PTRACE_SETREGSET: the tracer's iovec tells where and how much, and how much it was.</summary>
    public static Result ByVector(Task task, Task target, uint set, uint vector, bool isSet)
    {
        var memory = task.AddressSpace!;
        if (!memory.TryRead(vector, out uint address) || !memory.TryRead(vector + 4, out uint given)) return Errno.EFAULT;
        int size = SizeOf(set);
        if (set is ExtendedState or IOPermissions) return Errno.ENODEV;
        if (size == 0 || given % (set == ThreadLocal ? 16u : 4u) != 0) return Errno.EINVAL;
        int length = (int)Math.Min(given, (uint)size);
        var result = isSet ? Set(task, target, set, address, length) : Get(task, target, set, address, length);
        if (result.Value != 0) return result;
        return memory.TryWrite(vector + 4, (uint)length) ? 0 : Errno.EFAULT;
    }
}
