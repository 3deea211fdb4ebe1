using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Memory;

/// <content>How the kernel reads and writes guest memory: with the guest's rights, never throwing.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Guest bytes from <paramref name="address"/> to the end of its page, at most <paramref name="most"/>, that may be read; empty on a fault.</summary>
    public ReadOnlySpan<byte> ReadableSpan(uint address, uint most)
    {
        if (address >= UserEnd) { Fail(address, AccessKind.Read, FaultKind.NotMapped); return default; }
        long distance = readTable[address >> 12];
        if (distance == 0 && (distance = ResolveRead(address)) == 0)
        {
            RequireNotLost(LastFault.Kind);
            return default;
        }
        return new((byte*)(distance + address), (int)Math.Min(most, 4096 - (address & 0xFFF)));
    }

    /// <summary>Guest bytes from <paramref name="address"/> to the end of its page, at most <paramref name="most"/>, that may be written; empty on a fault.</summary>
    public Span<byte> WritableSpan(uint address, uint most)
    {
        if (address >= UserEnd) { Fail(address, AccessKind.Write, FaultKind.NotMapped); return default; }
        long distance = writeTable[address >> 12];
        if (distance == 0 && (distance = ResolveWrite(address)) == 0)
        {
            RequireNotLost(LastFault.Kind);
            return default;
        }
        return new((byte*)(distance + address), (int)Math.Min(most, 4096 - (address & 0xFFF)));
    }

    /// <summary>A call must not tell its program of a page that is lost.</summary>
    void RequireNotLost(FaultKind kind)
    {
        if (kind == FaultKind.Lost) throw Loss!;
    }

    /// <summary>Copies guest memory out. False on a fault (EFAULT); then <paramref name="to"/> is filled in part.</summary>
    public bool Read(uint address, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var from = ReadableSpan(address, (uint)to.Length);
            if (from.IsEmpty) return false;
            from.CopyTo(to);
            to = to[from.Length..];
            address += (uint)from.Length;
        }
        return true;
    }

    /// <summary>Copies into guest memory. False on a fault (EFAULT); then the guest's bytes are written in part.</summary>
    public bool Write(uint address, ReadOnlySpan<byte> from)
    {
        while (from.Length > 0)
        {
            var to = WritableSpan(address, (uint)from.Length);
            if (to.IsEmpty) return false;
            from[..to.Length].CopyTo(to);
            from = from[to.Length..];
            address += (uint)to.Length;
        }
        return true;
    }

    /// <summary>Reads a structure laid out as the guest has it. False on a fault.</summary>
    public bool TryRead<T>(uint address, out T value) where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        fixed (T* pointer = &value) return Read(address, new Span<byte>(pointer, sizeof(T)));
    }

    /// <summary>Writes a structure laid out as the guest has it. False on a fault.</summary>
    public bool TryWrite<T>(uint address, in T value) where T : unmanaged
    {
        fixed (T* pointer = &value) return Write(address, new ReadOnlySpan<byte>(pointer, sizeof(T)));
    }

    /// <summary>Zeroes guest memory. False on a fault.</summary>
    public bool Clear(uint address, uint length)
    {
        while (length > 0)
        {
            var to = WritableSpan(address, length);
            if (to.IsEmpty) return false;
            to.Clear();
            address += (uint)to.Length;
            length -= (uint)to.Length;
        }
        return true;
    }

    /// <summary>Reads a string that ends with NUL.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="most">The most bytes, NUL included.</param>
    /// <param name="text">The bytes without the NUL.</param>
    /// <returns>None, EFAULT, or ENAMETOOLONG when there is no NUL within <paramref name="most"/> bytes.</returns>
    public Errno ReadString(uint address, int most, out byte[] text)
    {
        text = [];
        while (text.Length < most)
        {
            var span = ReadableSpan(address, (uint)(most - text.Length));
            if (span.IsEmpty) return Errno.EFAULT;
            int end = span.IndexOf((byte)0);
            text = [.. text, .. end >= 0 ? span[..end] : span];
            if (end >= 0) return Errno.None;
            address += (uint)span.Length;
        }
        return Errno.ENAMETOOLONG;
    }

    /// <summary>Looks at guest memory without faulting anything in: what is absent in a region reads as zero or as its file has it.</summary>
    /// <returns>Bytes read; short where no region is.</returns>
    public int Peek(uint address, Span<byte> to)
    {
        int done = 0;
        while (done < to.Length)
        {
            var vma = FindRegion(address);
            if (vma == null) break;
            int length = (int)Math.Min((uint)(to.Length - done), 4096 - (address & 0xFFF));
            var frame = GetFrame(address >> 12);
            if (frame.IsNone && vma.Source != null) frame = vma.Source.GetPage(vma.SourceIndex(address >> 12));
            if (frame.IsNone) to.Slice(done, length).Clear();
            else frame.Bytes.Slice((int)(address & 0xFFF), length).CopyTo(to[done..]);
            done += length;
            address += (uint)length;
            if (address == 0) break;
        }
        return done;
    }

    /// <summary>The first byte of a range that <see cref="Poke"/> refuses; null when there is none.</summary>
    public uint? FindUnpokeable(uint address, uint length)
    {
        ulong end = address + (ulong)length;
        for (ulong at = address; at < end;)
        {
            var vma = at > uint.MaxValue ? null : FindRegion((uint)at);
            if (vma == null || (vma.IsShared && (vma.Flags & VmFlags.Write) == 0)) return (uint)at;
            at = vma.End;
        }
        return null;
    }

    /// <summary>Writes whatever the region's protection is, as ptrace(2) does: the page becomes private.</summary>
    /// <returns>False where no region is, in a shared region that is not writable, behind a file's end or without memory: then nothing is written.</returns>
    public bool Poke(uint address, ReadOnlySpan<byte> from)
    {
        if (FindUnpokeable(address, (uint)from.Length) != null) return false;
        ulong end = address + (ulong)from.Length;
        for (ulong at = address & ~0xFFFu; at < end; at += 4096)
        {
            var vma = FindRegion((uint)at)!;
            uint page = (uint)at >> 12;
            var kind = MakeWritable(vma, page);
            RequireNotLost(kind);
            if (kind != FaultKind.None) return false;
            if ((vma.Flags & VmFlags.Write) == 0) ForgetWrite(page);
            if ((vma.Flags & VmFlags.Protection) == 0) ForgetPage(page);
        }
        while (from.Length > 0)
        {
            int length = (int)Math.Min((uint)from.Length, 4096 - (address & 0xFFF));
            from[..length].CopyTo(GetFrame(address >> 12).Bytes[(int)(address & 0xFFF)..]);
            from = from[length..];
            address += (uint)length;
        }
        return true;
    }
}
