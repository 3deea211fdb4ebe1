using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>An ELF core file of a process (core(5); Linux: fs/binfmt_elf.c, elf_core_dump): headers and notes made at once, memory read while it is written.</summary>
internal sealed class CoreImage
{
    const int PageSize = 4096, HeaderSize = 52, ProgramHeaderSize = 32, MostHeaders = 0xFFFF;
    const uint LoadType = 1, NoteType = 4;
    const uint Status = 1, Float = 2, Process = 3, Auxiliary = 6, SignalNote = 0x53494749, FileNote = 0x46494C45, ExtendedFloat = 0x46E62B7F, ThreadLocal = 0x200;

    readonly AddressSpace memory;
    readonly List<(uint Start, uint Length, long Offset)> pieces = [];

    /// <summary>What stands in front of the memory.</summary>
    public byte[] Head { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; private set; }

    /// <summary>Makes the headers and notes.</summary>
    /// <param name="task">The thread that dumps: the first in the file.</param>
    /// <param name="info">The signal.</param>
    public CoreImage(Task task, in SignalInfo info)
    {
        memory = task.AddressSpace!;
        var notes = new MemoryStream();
        WriteNotes(task, info, notes);
        var regions = memory.Regions;
        // More than this have their count elsewhere; a machine has no more regions.
        int count = Math.Min(regions.Count + 1, MostHeaders - 1);
        int headers = HeaderSize + count * ProgramHeaderSize;
        int head = (headers + (int)notes.Length + PageSize - 1) & ~(PageSize - 1);
        Head = new byte[head];
        WriteHeader(count);
        WriteProgramHeader(0, NoteType, headers, 0, (uint)notes.Length, 0, 0, 0);
        notes.ToArray().CopyTo(Head, headers);
        long offset = head;
        for (int i = 1; i < count; i++)
        {
            var region = regions[i - 1];
            uint size = DumpedBytes(task.Group.CoreFilter, region);
            uint flags = ((region.Flags & VmFlags.Read) != 0 ? 4u : 0) | ((region.Flags & VmFlags.Write) != 0 ? 2u : 0) | ((region.Flags & VmFlags.Exec) != 0 ? 1u : 0);
            WriteProgramHeader(i, LoadType, offset, region.Start, size, region.Length, flags, PageSize);
            if (size > 0) pieces.Add((region.Start, size, offset));
            offset += size;
        }
        Length = offset;
    }

    /// <summary>Gives the file's bytes in order, without what is zero: a place in the file and the bytes there.</summary>
    /// <param name="write">Takes them; false ends it.</param>
    public void Write(Func<long, ReadOnlySpan<byte>, bool> write)
    {
        if (!write(0, Head)) return;
        var page = new byte[PageSize];
        foreach (var (start, length, offset) in pieces)
        {
            for (uint at = 0; at < length; at += PageSize)
            {
                Array.Clear(page);
                memory.Peek(start + at, page);
                if (page.AsSpan().ContainsAnyExcept((byte)0) && !write(offset + at, page)) return;
            }
        }
    }

    /// <summary>How much of a region goes into the file (vma_dump_size).</summary>
    uint DumpedBytes(uint filter, Vma region)
    {
        const uint anonymousPrivate = 1, anonymousShared = 2, mappedPrivate = 4, mappedShared = 8, headers = 16;
        if (region.Name == "[vdso]") return region.Length;
        if ((region.Advice & VmAdvice.DontDump) != 0 || (region.Flags & VmFlags.IO) != 0) return 0;
        var inode = (region.Source as Files.MappedFile)?.Dentry.Inode;
        if (region.IsShared) return (filter & (inode is { Links: > 0 } ? mappedShared : anonymousShared)) != 0 ? region.Length : 0;
        if ((filter & anonymousPrivate) != 0 && HasOwnPages(region)) return region.Length;
        if (inode == null) return 0;
        if ((filter & mappedPrivate) != 0) return region.Length;
        if ((filter & headers) == 0 || region.PageOffset != 0 || (region.Flags & VmFlags.Read) == 0) return 0;
        if ((inode.Mode & 0x49) != 0) return PageSize;
        Span<byte> magic = stackalloc byte[4];
        return memory.Peek(region.Start, magic) == 4 && magic.SequenceEqual("\u007fELF"u8) ? PageSize : 0u;
    }

    bool HasOwnPages(Vma region)
    {
        bool found = false;
        memory.VisitPresent(region.Start, region.End, (_, state) => found |= (state & PageState.Private) != 0);
        return found;
    }

    void WriteHeader(int count)
    {
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1];
        identity.CopyTo(Head);
        BinaryPrimitives.WriteUInt16LittleEndian(Head.AsSpan(16), 4);
        BinaryPrimitives.WriteUInt16LittleEndian(Head.AsSpan(18), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(Head.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(Head.AsSpan(28), HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(Head.AsSpan(40), HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(Head.AsSpan(42), ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(Head.AsSpan(44), (ushort)count);
    }

    void WriteProgramHeader(int index, uint type, long offset, uint address, uint fileSize, uint memorySize, uint flags, uint align)
    {
        ReadOnlySpan<uint> words = [type, (uint)offset, address, 0, fileSize, memorySize, flags, align];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(Head.AsSpan(HeaderSize + index * ProgramHeaderSize + i * 4), words[i]);
    }

    static void WriteNotes(Task task, in SignalInfo info, MemoryStream to)
    {
        WriteStatus(task, info, to);
        WriteProcess(task, to);
        Span<byte> raw = stackalloc byte[SignalInfo.Size];
        info.Write(raw);
        WriteNote(to, "CORE"u8, SignalNote, raw);
        WriteNote(to, "CORE"u8, Auxiliary, task.Group.AuxiliaryVector);
        WriteFiles(task, to);
        WriteSets(task, to);
        foreach (var thread in task.Group.Threads)
        {
            if (ReferenceEquals(thread, task)) continue;
            WriteStatus(thread, info, to);
            WriteSets(thread, to);
        }
    }

    /// <summary>struct elf_prstatus: signals, ids, registers.</summary>
    static void WriteStatus(Task task, in SignalInfo info, MemoryStream to)
    {
        const int size = 144, registers = 72;
        Span<byte> status = stackalloc byte[size];
        status.Clear();
        var group = task.Group;
        BinaryPrimitives.WriteInt32LittleEndian(status, (int)info.Signal);
        BinaryPrimitives.WriteInt16LittleEndian(status[12..], (short)info.Signal);
        BinaryPrimitives.WriteUInt32LittleEndian(status[16..], (uint)task.Pending.Set.Bits);
        BinaryPrimitives.WriteUInt32LittleEndian(status[20..], (uint)task.BlockedSignals.Bits);
        ReadOnlySpan<int> ids = [task.Pid, group.Parent?.Id ?? 0, group.ProcessGroup, group.Session];
        for (int i = 0; i < ids.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(status[(24 + i * 4)..], ids[i]);
        WriteTime(status[40..], task.Instructions);
        WriteTime(status[56..], group.ChildInstructions);
        UserArea.Save(task, status[registers..]);
        BinaryPrimitives.WriteInt32LittleEndian(status[140..], 1);
        WriteNote(to, "CORE"u8, Status, status);
    }

    static void WriteTime(Span<byte> to, ulong instructions)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)(instructions / TimeConversions.Second));
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)(instructions % TimeConversions.Second / 1000));
    }

    /// <summary>struct elf_prpsinfo: state, ids, name, the beginning of the command line.</summary>
    static void WriteProcess(Task task, MemoryStream to)
    {
        const int size = 124, name = 28, arguments = 44, longest = 79;
        Span<byte> process = stackalloc byte[size];
        process.Clear();
        var group = task.Group;
        process[1] = (byte)'R';
        process[3] = (byte)group.Nice;
        BinaryPrimitives.WriteUInt16LittleEndian(process[8..], (ushort)task.Credentials.Uid);
        BinaryPrimitives.WriteUInt16LittleEndian(process[10..], (ushort)task.Credentials.Gid);
        ReadOnlySpan<int> ids = [task.Tgid, group.Parent?.Id ?? 0, group.ProcessGroup, group.Session];
        for (int i = 0; i < ids.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(process[(12 + i * 4)..], ids[i]);
        task.CommBytes.CopyTo(process[name..]);
        ref var layout = ref task.AddressSpace!.Layout;
        int length = (int)Math.Min(layout.ArgEnd - layout.ArgStart, longest);
        var line = process.Slice(arguments, length);
        task.AddressSpace.Peek(layout.ArgStart, line);
        line.Replace((byte)0, (byte)' ');
        WriteNote(to, "CORE"u8, Process, process);
    }

    /// <summary>NT_FILE: which regions are mapped from which files.</summary>
    static void WriteFiles(Task task, MemoryStream to)
    {
        var root = task.FileSystem?.Root;
        var names = new MemoryStream();
        List<uint> words = [0, PageSize];
        foreach (var region in task.AddressSpace!.Regions)
        {
            if (region.Source is not Files.MappedFile file) continue;
            words.AddRange([region.Start, region.End, region.PageOffset]);
            names.Write(Files.GuestText.ToBytes(file.Dentry.FullPath(root)));
            names.WriteByte(0);
        }
        words[0] = (uint)(words.Count - 2) / 3;
        var bytes = new byte[words.Count * 4 + names.Length];
        for (int i = 0; i < words.Count; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        names.ToArray().CopyTo(bytes, words.Count * 4);
        WriteNote(to, "CORE"u8, FileNote, bytes);
    }

    /// <summary>The register sets besides the general one.</summary>
    static void WriteSets(Task task, MemoryStream to)
    {
        Span<byte> bytes = stackalloc byte[UserArea.ExtendedFloatSize];
        UserArea.SaveFloat(task, bytes);
        WriteNote(to, "CORE"u8, Float, bytes[..UserArea.FloatSize]);
        if (task.Machine.Processor.Model.Has(CpuFeatures.Fxsr))
        {
            UserArea.SaveExtended(task, bytes);
            WriteNote(to, "LINUX"u8, ExtendedFloat, bytes);
        }
        Syscalls.SegmentCalls.SaveTls(task, bytes);
        WriteNote(to, "LINUX"u8, ThreadLocal, bytes[..Syscalls.SegmentCalls.TlsSize]);
    }

    static void WriteNote(MemoryStream to, ReadOnlySpan<byte> name, uint type, ReadOnlySpan<byte> content)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(header, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], type);
        to.Write(header);
        to.Write(name);
        to.WriteByte(0);
        Pad(to);
        to.Write(content);
        Pad(to);
    }

    static void Pad(MemoryStream to)
    {
        while ((to.Length & 3) != 0) to.WriteByte(0);
    }
}
