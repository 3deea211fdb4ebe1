using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Segment descriptors: modify_ldt(2), set_thread_area(2), get_thread_area(2).</summary>
internal static class SegmentCalls
{
    internal static readonly Syscall[] Table =
    [
        new(123, "modify_ldt", ModifyTable, Support.Full),
        new(243, "set_thread_area", SetThreadArea, Support.Full),
        new(244, "get_thread_area", GetThreadArea, Support.Full),
    ];

    const int FirstTls = 6, TlsEntries = 3;
    const uint UserDescriptorSize = 16;

    /// <summary>struct user_desc: entry number, base, limit, and bits seg_32bit, contents (2), read_exec_only, limit_in_pages, seg_not_present, useable.</summary>
    readonly record struct UserDescriptor(uint Entry, uint Base, uint Limit, uint Bits)
    {
        bool Is32Bit => (Bits & 1) != 0;
        uint Contents => Bits >> 1 & 3;
        bool IsReadExecOnly => (Bits & 8) != 0;
        bool LimitInPages => (Bits & 16) != 0;
        bool IsNotPresent => (Bits & 32) != 0;
        bool IsUseable => (Bits & 64) != 0;

        /// <summary>LDT_empty: what Linux takes as "clear the entry".</summary>
        public bool IsEmpty => Base == 0 && Limit == 0 && Contents == 0 && IsReadExecOnly && !Is32Bit && !LimitInPages && IsNotPresent && !IsUseable;

        /// <summary>LDT_zero: the historic other way to clear a TLS entry.</summary>
        public bool IsZero => Base == 0 && Limit == 0 && (Bits & 127) == 0;

        /// <summary>A TLS segment must be a present 32-bit data segment (tls_desc_okay).</summary>
        public bool IsTlsOkay => IsEmpty || IsZero || (Is32Bit && Contents <= 1 && !IsNotPresent);

        public uint ContentsBits => Contents;

        public bool IsPresent => !IsNotPresent;

        /// <summary>fill_ldt: the processor's descriptor.</summary>
        public ulong ToRaw()
        {
            uint low = (Base & 0xFFFF) << 16 | (Limit & 0xFFFF);
            uint type = (IsReadExecOnly ? 0u : 2) | Contents << 2 | 1;
            uint high = (Base & 0xFF000000) | (Base & 0x00FF0000) >> 16 | (Limit & 0xF0000)
                | type << 8 | 1u << 12 | 3u << 13 | (IsNotPresent ? 0u : 1u << 15) | (IsUseable ? 1u << 20 : 0) | (Is32Bit ? 1u << 22 : 0) | (LimitInPages ? 1u << 23 : 0);
            return (ulong)high << 32 | low;
        }

        /// <summary>The 16 bytes of a user_desc.</summary>
        public void Save(Span<byte> to)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to, Entry);
            BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Base);
            BinaryPrimitives.WriteUInt32LittleEndian(to[8..], Limit);
            BinaryPrimitives.WriteUInt32LittleEndian(to[12..], Bits);
        }

        public static UserDescriptor Load(ReadOnlySpan<byte> from) => new(
            BinaryPrimitives.ReadUInt32LittleEndian(from),
            BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[12..]));

        public static UserDescriptor FromRaw(uint entry, ulong raw)
        {
            uint low = (uint)raw, high = (uint)(raw >> 32);
            uint bits = (high >> 22 & 1) | (high >> 10 & 3) << 1 | (~high >> 9 & 1) << 3 | (high >> 23 & 1) << 4 | (~high >> 15 & 1) << 5 | (high >> 20 & 1) << 6;
            return new(entry, low >> 16 | (high & 0xFF) << 16 | (high & 0xFF000000), (low & 0xFFFF) | (high & 0xF0000), bits);
        }
    }

    static bool Read(Task task, uint address, out UserDescriptor descriptor)
    {
        descriptor = default;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(address, out uint entry) || !memory.TryRead(address + 4, out uint start) || !memory.TryRead(address + 8, out uint limit) || !memory.TryRead(address + 12, out uint bits)) return false;
        descriptor = new(entry, start, limit, bits);
        return true;
    }

    /// <summary>CLONE_SETTLS: a user_desc that names its entry.</summary>
    internal static Errno ReadTls(Task task, uint address, out (int Index, ulong Descriptor) entry)
    {
        entry = default;
        if (!Read(task, address, out var descriptor)) return Errno.EFAULT;
        if (!descriptor.IsTlsOkay || descriptor.Entry - FirstTls >= TlsEntries) return Errno.EINVAL;
        entry = ((int)descriptor.Entry - FirstTls, descriptor.IsEmpty || descriptor.IsZero ? 0 : descriptor.ToRaw());
        return Errno.None;
    }

    static Result SetThreadArea(Task task, in CallArguments a)
    {
        if (!Read(task, a[0], out var descriptor)) return Errno.EFAULT;
        if (!descriptor.IsTlsOkay) return Errno.EINVAL;
        var registers = task.Registers!;
        uint entry = descriptor.Entry;
        if (entry == uint.MaxValue)
        {
            int free = 0;
            while (free < TlsEntries && registers.GetTls(free) != 0) free++;
            if (free == TlsEntries) return Errno.ESRCH;
            entry = (uint)(FirstTls + free);
            if (!task.AddressSpace!.TryWrite(a[0], entry)) return Errno.EFAULT;
        }
        if (entry - FirstTls >= TlsEntries) return Errno.EINVAL;
        registers.SetTls((int)entry - FirstTls, descriptor.IsEmpty || descriptor.IsZero ? 0 : descriptor.ToRaw());
        return 0;
    }

    /// <summary>Bytes of the TLS entries as three user_desc.</summary>
    internal const int TlsSize = TlsEntries * (int)UserDescriptorSize;

    /// <summary>The TLS entries of a task as three user_desc (NT_386_TLS).</summary>
    internal static void SaveTls(Task target, Span<byte> to)
    {
        for (int i = 0; i < TlsEntries; i++) Describe(target, i).Save(to[(i * (int)UserDescriptorSize)..]);
    }

    /// <summary>Sets the first TLS entries of a task.</summary>
    internal static Result RestoreTls(Task target, ReadOnlySpan<byte> from)
    {
        int count = from.Length / (int)UserDescriptorSize;
        for (int i = 0; i < count; i++)
            if (!UserDescriptor.Load(from[(i * (int)UserDescriptorSize)..]).IsTlsOkay) return Errno.EINVAL;
        for (int i = 0; i < count; i++) Set(target, i, UserDescriptor.Load(from[(i * (int)UserDescriptorSize)..]));
        return 0;
    }

    /// <summary>PTRACE_GET_THREAD_AREA.</summary>
    internal static Result GetTraced(Task task, Task target, uint entry, uint to)
    {
        if (entry - FirstTls >= TlsEntries) return Errno.EINVAL;
        return Write(task, to, Describe(target, (int)entry - FirstTls)) ? 0 : Errno.EFAULT;
    }

    /// <summary>PTRACE_SET_THREAD_AREA.</summary>
    internal static Result SetTraced(Task task, Task target, uint entry, uint from)
    {
        if (!Read(task, from, out var descriptor)) return Errno.EFAULT;
        if (!descriptor.IsTlsOkay || entry - FirstTls >= TlsEntries) return Errno.EINVAL;
        Set(target, (int)entry - FirstTls, descriptor);
        return 0;
    }

    static void Set(Task target, int index, in UserDescriptor descriptor) =>
        target.Registers!.SetTls(index, descriptor.IsEmpty || descriptor.IsZero ? 0 : descriptor.ToRaw());

    static UserDescriptor Describe(Task target, int index)
    {
        ulong raw = target.Registers!.GetTls(index);
        uint entry = (uint)(FirstTls + index);
        return raw == 0 ? new(entry, 0, 0, 8 | 32) : UserDescriptor.FromRaw(entry, raw);
    }

    static Result GetThreadArea(Task task, in CallArguments a)
    {
        if (!task.AddressSpace!.TryRead(a[0], out uint entry)) return Errno.EFAULT;
        if (entry - FirstTls >= TlsEntries) return Errno.EINVAL;
        return Write(task, a[0], Describe(task, (int)entry - FirstTls)) ? 0 : Errno.EFAULT;
    }

    static bool Write(Task task, uint address, UserDescriptor d) =>
        task.AddressSpace!.TryWrite(address, d.Entry) && task.AddressSpace.TryWrite(address + 4, d.Base) && task.AddressSpace.TryWrite(address + 8, d.Limit) && task.AddressSpace.TryWrite(address + 12, d.Bits);

    static Result ModifyTable(Task task, in CallArguments a) => a[0] switch
    {
        0 => ReadTable(task, a[1], a[2]),
        1 => WriteEntry(task, a[1], a[2], isOld: true),
        2 => ReadDefault(task, a[1], a[2]),
        0x11 => WriteEntry(task, a[1], a[2], isOld: false),
        _ => Errno.ENOSYS,
    };

    static Result ReadTable(Task task, uint address, uint size)
    {
        var table = task.Registers!.Ldt;
        if (table == null || table.Count == 0) return 0;
        size = Math.Min(size, LocalDescriptorTable.MaximumEntries * 8);
        int bytes = (int)Math.Min(size, (uint)table.Count * 8);
        for (int i = 0; i < bytes / 8; i++)
            if (!task.AddressSpace!.TryWrite(address + (uint)i * 8, table[i])) return Errno.EFAULT;
        return task.AddressSpace!.Clear(address + (uint)bytes, size - (uint)bytes) ? (int)size : Errno.EFAULT;
    }

    static Result ReadDefault(Task task, uint address, uint size)
    {
        size = Math.Min(size, 128);
        return task.AddressSpace!.Clear(address, size) ? (int)size : Errno.EFAULT;
    }

    static Result WriteEntry(Task task, uint address, uint size, bool isOld)
    {
        if (size != UserDescriptorSize) return Errno.EINVAL;
        if (!Read(task, address, out var descriptor)) return Errno.EFAULT;
        if (descriptor.Entry >= LocalDescriptorTable.MaximumEntries) return Errno.EINVAL;
        if (descriptor.ContentsBits == 3 && (isOld || descriptor.IsPresent)) return Errno.EINVAL;
        ulong raw = (isOld && descriptor is { Base: 0, Limit: 0 }) || descriptor.IsEmpty ? 0 : descriptor.ToRaw();
        if (isOld) raw &= ~(1ul << 52);
        var table = task.Registers!.Ldt;
        if (table == null)
        {
            table = new LocalDescriptorTable();
            foreach (var other in task.Machine.AllTasks)
                if (other.Registers != null && ReferenceEquals(other.AddressSpace, task.AddressSpace)) other.Registers.Ldt = table;
        }
        table[(int)descriptor.Entry] = raw;
        foreach (var other in task.Machine.AllTasks)
            if (other.Registers != null && ReferenceEquals(other.AddressSpace, task.AddressSpace)) other.Registers.ReloadSegments();
        return 0;
    }
}
