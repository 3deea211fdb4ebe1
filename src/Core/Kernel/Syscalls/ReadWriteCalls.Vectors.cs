using System.Buffers;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <content>Many pieces of memory in one call: readv(2), writev(2), preadv(2), pwritev(2), preadv2(2), pwritev2(2).</content>
internal static partial class ReadWriteCalls
{
    /// <summary>RWF_* (linux/fs.h).</summary>
    [Flags]
    enum VectorFlags : uint
    {
        None = 0,
        HighPriority = 1,
        DataSync = 2,
        Sync = 4,
        NoWait = 8,
        Append = 0x10,
        All = HighPriority | DataSync | Sync | NoWait | Append,
    }

    static Result ReadVector(Task task, in CallArguments a) => Vector(task, a, -1, VectorFlags.None, isWrite: false);

    static Result WriteVector(Task task, in CallArguments a) => Vector(task, a, -1, VectorFlags.None, isWrite: true);

    static Result ReadVectorAt(Task task, in CallArguments a) => VectorAt(task, a, VectorFlags.None, isWrite: false);

    static Result WriteVectorAt(Task task, in CallArguments a) => VectorAt(task, a, VectorFlags.None, isWrite: true);

    /// <summary>A position of -1 is the file's own.</summary>
    static Result ReadVectorFlags(Task task, in CallArguments a) =>
        GuestArguments.Join(a[3], a[4]) == -1 ? Vector(task, a, -1, (VectorFlags)a[5], isWrite: false) : VectorAt(task, a, (VectorFlags)a[5], isWrite: false);

    static Result WriteVectorFlags(Task task, in CallArguments a) =>
        GuestArguments.Join(a[3], a[4]) == -1 ? Vector(task, a, -1, (VectorFlags)a[5], isWrite: true) : VectorAt(task, a, (VectorFlags)a[5], isWrite: true);

    static Result VectorAt(Task task, in CallArguments a, VectorFlags flags, bool isWrite)
    {
        long position = GuestArguments.Join(a[3], a[4]);
        if (position < 0) return Errno.EINVAL;
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        return (file.Mode & (isWrite ? FMode.WriteAt : FMode.ReadAt)) == 0 ? Errno.ESPIPE : Vector(task, a, position, flags, isWrite);
    }

    static Result Vector(Task task, in CallArguments a, long position, VectorFlags flags, bool isWrite)
    {
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        if (a[2] > MostVectors) return Errno.EINVAL;
        if (flags == VectorFlags.None) return MoveVectors(task, file, a, position, isWrite);
        if ((file.Mode & (isWrite ? FMode.Write : FMode.Read)) == 0) return Errno.EBADF;
        if ((flags & ~VectorFlags.All) != 0) return Errno.EOPNOTSUPP;
        if ((flags & VectorFlags.NoWait) != 0 && !file.Inode.IsRegular && !file.IsPipe && file is not (SocketFile or EventFile)) return Errno.EOPNOTSUPP;
        var before = file.Flags;
        if ((flags & VectorFlags.Append) != 0 && isWrite) file.Flags |= OpenFlags.Append;
        var result = MoveVectors(task, file, a, position, isWrite);
        file.Flags = before;
        if (result.IsWait && (flags & VectorFlags.NoWait) != 0) return task.Call.BytesMoved > 0 ? (uint)task.Call.BytesMoved : Errno.EAGAIN;
        if (!isWrite || result.IsWait || result.Value <= 0 || (flags & (VectorFlags.DataSync | VectorFlags.Sync)) == 0 || !file.Inode.IsRegular) return result;
        error = file.Sync();
        return error != Errno.None ? error : result;
    }

    static Result MoveVectors(Task task, OpenFile file, in CallArguments a, long position, bool isWrite)
    {
        if (file is SocketFile socket) return isWrite ? MessageCalls.WriteVector(task, socket, a[1], a[2]) : MessageCalls.ReadVector(task, socket, a[1], a[2]);
        ulong total = 0;
        Span<(uint Address, uint Length)> vectors = a[2] <= 16 ? stackalloc (uint, uint)[(int)a[2]] : new (uint, uint)[a[2]];
        for (int i = 0; i < vectors.Length; i++)
        {
            if (!task.AddressSpace!.TryRead(a[1] + (uint)i * 8, out uint address) || !task.AddressSpace.TryRead(a[1] + (uint)i * 8 + 4, out uint length)) return Errno.EFAULT;
            if ((int)length < 0) return Errno.EINVAL;
            length = (uint)Math.Min(length, MostBytes - total);
            total += length;
            vectors[i] = (address, length);
        }
        if (file is TerminalFile terminal && !isWrite) return TerminalReads.Read(task, terminal, vectors);
        if (isWrite && TerminalReads.RefusesOutput(task, file, out var refusal)) return refusal;
        if (file.IsPipe && isWrite && total is > 0 and <= Pipe.AtomicBytes && task.Call.BytesMoved == 0) return WriteGathered(task, file, vectors, (int)total);
        return isWrite ? WriteVectors(task, file, vectors, total, position) : ReadVectors(task, file, vectors, position);
    }

    static Result WriteGathered(Task task, OpenFile file, ReadOnlySpan<(uint Address, uint Length)> vectors, int total)
    {
        Span<byte> buffer = stackalloc byte[Pipe.AtomicBytes];
        int at = 0;
        foreach (var (address, length) in vectors)
        {
            if (!task.AddressSpace!.Read(address, buffer.Slice(at, (int)length))) return Errno.EFAULT;
            at += (int)length;
        }
        var result = file.Write(buffer[..total]);
        return result.WouldBlock ? Blocked(file, result) : result.IsError ? Failed(task, result.Errno) : Result.From(result);
    }

    /// <summary>More than a pipe takes as a whole: it must still see how long the call is, since the part beyond whole pages joins its last page.</summary>
    static Result WriteLarge(Task task, PipeFile file, ReadOnlySpan<(uint Address, uint Length)> vectors, long total)
    {
        var call = task.Call;
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(total, file.Pipe.FreeBytes + Pipe.AtomicBytes));
        try
        {
            while (call.BytesMoved < total && !task.IsBeingKilled)
            {
                long left = total - call.BytesMoved;
                int size = (int)Math.Min(left, Math.Min(buffer.Length, file.Pipe.FreeBytes + Pipe.AtomicBytes));
                if (!Gather(task, vectors, call.BytesMoved, buffer.AsSpan(0, size))) return call.BytesMoved > 0 ? (uint)call.BytesMoved : Errno.EFAULT;
                var result = file.WriteBeginning(buffer.AsSpan(0, size), left);
                if (result.WouldBlock || result.Errno == Errno.EAGAIN)
                {
                    if (result.WouldBlock && (file.Flags & OpenFlags.NonBlock) == 0) return Result.Wait(result.Wait);
                    return call.BytesMoved > 0 ? (uint)call.BytesMoved : Errno.EAGAIN;
                }
                if (result.IsError) return call.BytesMoved > 0 && result.Errno != Errno.EPIPE ? (uint)call.BytesMoved : FailedAfter(task, result.Errno);
                call.BytesMoved += result.Value;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return (uint)call.BytesMoved;
    }

    /// <summary>SIGPIPE comes also when something was written before the last reader went; the call then tells how much.</summary>
    static Result FailedAfter(Task task, Errno error)
    {
        var result = Failed(task, error);
        return task.Call.BytesMoved > 0 ? (uint)task.Call.BytesMoved : result;
    }

    /// <summary>Copies from the caller's vectors, from a position in them all on. False on a fault.</summary>
    internal static bool Gather(Task task, ReadOnlySpan<(uint Address, uint Length)> vectors, long from, Span<byte> to)
    {
        foreach (var (address, length) in vectors)
        {
            if (from >= length)
            {
                from -= length;
                continue;
            }
            int part = (int)Math.Min(length - from, to.Length);
            if (!task.AddressSpace!.Read(address + (uint)from, to[..part])) return false;
            to = to[part..];
            from = 0;
            if (to.IsEmpty) break;
        }
        return true;
    }

    static Result WriteVectors(Task task, OpenFile file, ReadOnlySpan<(uint Address, uint Length)> vectors, ulong total, long position)
    {
        if (total == 0) return WriteFrom(task, file, 0, 0, position);
        if (file is PipeFile pipe) return WriteLarge(task, pipe, vectors, (long)total);
        var call = task.Call;
        long before = 0, pause = call.BytesMoved + PartOf(file);
        foreach (var (address, length) in vectors)
        {
            while (call.BytesMoved - before < length && !task.IsBeingKilled)
            {
                if (call.BytesMoved >= pause) return Paused(file);
                uint done = (uint)(call.BytesMoved - before);
                var span = task.AddressSpace!.ReadableSpan(address + done, length - done);
                if (span.IsEmpty) return call.BytesMoved > 0 ? (uint)call.BytesMoved : Errno.EFAULT;
                if (!Limit(task, file, position < 0 ? -1 : position + call.BytesMoved, ref span)) return call.BytesMoved > 0 ? (uint)call.BytesMoved : Failed(task, Errno.EFBIG);
                var result = position < 0 ? file.Write(span) : file.WriteAt(position + call.BytesMoved, span);
                if (result.WouldBlock)
                {
                    if ((file.Flags & OpenFlags.NonBlock) == 0) return Result.Wait(result.Wait);
                    return call.BytesMoved > 0 ? (uint)call.BytesMoved : Errno.EAGAIN;
                }
                if (result.IsError) return call.BytesMoved > 0 ? (uint)call.BytesMoved : Failed(task, result.Errno);
                call.BytesMoved += result.Value;
                if (result.Value < span.Length && !file.IsPipe && file.Writable == null) return (uint)call.BytesMoved;
            }
            before += length;
        }
        return (uint)call.BytesMoved;
    }

    static Result ReadVectors(Task task, OpenFile file, ReadOnlySpan<(uint Address, uint Length)> vectors, long position)
    {
        uint done = 0;
        long pause = task.Call.BytesMoved + PartOf(file);
        foreach (var (address, length) in vectors)
        {
            if (length == 0) continue;
            if (task.Call.BytesMoved >= done + (long)length)
            {
                done += length;
                continue;
            }
            var result = ReadInto(task, file, address, length, position, done, pause);
            if (result.IsPause) return result;
            if (result.IsWait) return done > 0 ? done : result;
            if (result.Value < 0) return done > 0 ? done : result;
            done += (uint)result.Value;
            if (result.Value < length) break;
        }
        return done;
    }
}
