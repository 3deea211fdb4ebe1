using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel.Ptrace;

/// <summary>The registers of a task as struct user of i386 lays them out (sys/user.h): what debuggers and core files have.</summary>
internal static class UserArea
{
    /// <summary>Bytes of struct user_regs_struct.</summary>
    public const int RegistersSize = 68;

    /// <summary>Bytes of struct user, of u_debugreg's offset, of user_fpregs_struct and of user_fpxregs_struct.</summary>
    public const int Size = 284, DebugRegisters = 252, FloatSize = 108, ExtendedFloatSize = 512;

    const uint TrapFlag = 0x100;

    // CF PF AF ZF SF TF DF OF RF AC
    const uint SettableFlags = 0x50DD5;

    enum Slot
    {
        Ebx, Ecx, Edx, Esi, Edi, Ebp, Eax, Ds, Es, Fs, Gs, OrigEax, Eip, Cs, Eflags, Esp, Ss,
    }

    /// <summary>A word of struct user_regs_struct.</summary>
    public static uint Get(Task task, int index)
    {
        var r = task.Registers!;
        return (Slot)index switch
        {
            Slot.Ebx => r.Ebx,
            Slot.Ecx => r.Ecx,
            Slot.Edx => r.Edx,
            Slot.Esi => r.Esi,
            Slot.Edi => r.Edi,
            Slot.Ebp => r.Ebp,
            Slot.Eax => r.Eax,
            Slot.Ds => r.Ds,
            Slot.Es => r.Es,
            Slot.Fs => r.Fs,
            Slot.Gs => r.Gs,
            Slot.OrigEax => task.OrigEax,
            Slot.Eip => r.Eip,
            Slot.Cs => r.Cs,
            Slot.Eflags => task.Trace is { } trace ? TraceStops.HideTrapFlag(trace, r.Eflags) : r.Eflags,
            Slot.Esp => r.Esp,
            _ => r.Ss,
        };
    }

    /// <summary>Sets a word of struct user_regs_struct: EIO for a selector that no program could load.</summary>
    public static Errno Set(Task task, int index, uint value)
    {
        var r = task.Registers!;
        switch ((Slot)index)
        {
            case Slot.Ebx: r.Ebx = value; break;
            case Slot.Ecx: r.Ecx = value; break;
            case Slot.Edx: r.Edx = value; break;
            case Slot.Esi: r.Esi = value; break;
            case Slot.Edi: r.Edi = value; break;
            case Slot.Ebp: r.Ebp = value; break;
            case Slot.Eax: r.Eax = value; break;
            case Slot.Ds: return SetSegment(r, SegmentName.Ds, value);
            case Slot.Es: return SetSegment(r, SegmentName.Es, value);
            case Slot.Fs: return SetSegment(r, SegmentName.Fs, value);
            case Slot.Gs: return SetSegment(r, SegmentName.Gs, value);
            case Slot.Cs: return SetSegment(r, SegmentName.Cs, value);
            case Slot.Ss: return SetSegment(r, SegmentName.Ss, value);
            case Slot.OrigEax:
                // Inside a call the number that runs is already chosen, except in front of it.
                if (task.Call.IsAtEntry) task.Call.Number = value;
                else if (!task.Call.IsActive) task.Call.Ended = value;
                break;
            case Slot.Eip: r.Eip = value; break;
            case Slot.Esp: r.Esp = value; break;
            case Slot.Eflags:
                if (task.Trace is { } trace)
                {
                    // Whoever sets TF wants it for the program's sake.
                    if ((value & TrapFlag) != 0) trace.ForcesTrapFlag = false;
                    else if (trace.ForcesTrapFlag) value |= TrapFlag;
                }
                r.Eflags = (r.Eflags & ~SettableFlags) | (value & SettableFlags);
                break;
        }
        return Errno.None;
    }

    static Errno SetSegment(Registers registers, SegmentName name, uint value)
    {
        if ((ushort)value != 0 && (value & 3) != 3) return Errno.EIO;
        if (name is SegmentName.Cs or SegmentName.Ss && (ushort)value == 0) return Errno.EIO;
        // What no table has becomes null on the way back to user mode.
        if (!registers.TryLoadSegment(name, (ushort)value) && name is not (SegmentName.Cs or SegmentName.Ss)) registers.TryLoadSegment(name, 0);
        return Errno.None;
    }

    /// <summary>All 17 words.</summary>
    public static void Save(Task task, Span<byte> to)
    {
        for (int i = 0; i < RegistersSize / 4; i++) BinaryPrimitives.WriteUInt32LittleEndian(to[(i * 4)..], Get(task, i));
    }

    /// <summary>Sets the words of a prefix of the structure.</summary>
    public static Errno Restore(Task task, ReadOnlySpan<byte> from)
    {
        for (int i = 0; i < from.Length / 4; i++)
        {
            var error = Set(task, i, BinaryPrimitives.ReadUInt32LittleEndian(from[(i * 4)..]));
            if (error != Errno.None) return error;
        }
        return Errno.None;
    }

    /// <summary>user_fpregs_struct.</summary>
    public static void SaveFloat(Task task, Span<byte> to) => task.Registers!.SaveFsave(to[..FloatSize]);

    /// <summary>user_fpxregs_struct.</summary>
    public static void SaveExtended(Task task, Span<byte> to) => task.Registers!.SaveFxsr(to[..ExtendedFloatSize]);

    /// <summary>user_fpxregs_struct; false when MXCSR has bits that do not exist.</summary>
    public static bool TryRestoreExtended(Task task, ReadOnlySpan<byte> from)
    {
        const int mxcsr = 24;
        if ((BinaryPrimitives.ReadUInt32LittleEndian(from[mxcsr..]) & 0xFFFF0000) != 0) return false;
        task.Registers!.RestoreFxsr(from[..ExtendedFloatSize]);
        return true;
    }

    /// <summary>Sets a debug register: EIO for an address outside of the program's part, EINVAL for a control word that no breakpoint has; 4 and 5 are not there.</summary>
    public static Errno SetDebug(Task task, int index, uint value)
    {
        // Bit (LEN << 2 | R/W) is set where the pair is refused: I/O, 8 bytes, execution with a length.
        const uint bad = 0x5F54, controlBits = 0xFFFF07FF & ~0xFC00u, statusBits = 0xE00F, statusFixed = 0xFFFF0FF0, controlFixed = 0x400;
        var registers = task.Registers!;
        switch (index)
        {
            case < 4:
                if (value >= Memory.AddressSpace.UserEnd) return Errno.EINVAL;
                registers.SetDebug(index, value);
                return Errno.None;
            case 6:
                registers.SetDebug(6, (value & statusBits) | statusFixed);
                return Errno.None;
            case 7:
                for (int i = 0; i < 4; i++)
                    if ((value >> (i * 2) & 3) != 0 && (bad >> (int)(value >> (16 + i * 4) & 15) & 1) != 0) return Errno.EINVAL;
                registers.SetDebug(7, (value & controlBits) | controlFixed);
                return Errno.None;
            default:
                return Errno.EIO;
        }
    }
}
