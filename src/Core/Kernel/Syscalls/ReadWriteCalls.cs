using System.Buffers;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Moving bytes: read(2), write(2), readv(2), writev(2), pread(2), pwrite(2), preadv(2), sendfile(2), copy_file_range(2), lseek(2), _llseek(2).</summary>
internal static partial class ReadWriteCalls
{
    internal static readonly Syscall[] Table =
    [
        new(3, "read", Read, Support.Full),
        new(4, "write", Write, Support.Full),
        new(19, "lseek", Seek, Support.Full),
        new(140, "_llseek", SeekLong, Support.Full),
        new(145, "readv", ReadVector, Support.Full),
        new(146, "writev", WriteVector, Support.Full),
        new(180, "pread64", ReadAt, Support.Full),
        new(181, "pwrite64", WriteAt, Support.Full),
        new(187, "sendfile", SendFile, Support.Full),
        new(239, "sendfile64", SendFileLong, Support.Full),
        new(333, "preadv", ReadVectorAt, Support.Full),
        new(334, "pwritev", WriteVectorAt, Support.Full),
        new(377, "copy_file_range", CopyRange, Support.Full),
        new(378, "preadv2", ReadVectorFlags, Support.Full),
        new(379, "pwritev2", WriteVectorFlags, Support.Full),
    ];

    const int MostVectors = 1024;
    const uint MostBytes = 0x7FFFF000;

    static Result Read(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        return file is SocketFile socket ? MessageCalls.Read(task, socket, a[1], a[2]) : ReadInto(task, file, a[1], a[2], -1, 0, task.Call.BytesMoved + PartOf(file));
    }

    static Result Write(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        if (TerminalReads.RefusesOutput(task, file, out var refusal)) return refusal;
        return file is SocketFile socket ? MessageCalls.Write(task, socket, a[1], a[2]) : WriteFrom(task, file, a[1], a[2], -1);
    }

    static Result ReadAt(Task task, in CallArguments a)
    {
        long position = GuestArguments.Join(a[3], a[4]);
        if (position < 0) return Errno.EINVAL;
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : ReadInto(task, file, a[1], a[2], position, 0, task.Call.BytesMoved + PartOf(file));
    }

    static Result WriteAt(Task task, in CallArguments a)
    {
        long position = GuestArguments.Join(a[3], a[4]);
        if (position < 0) return Errno.EINVAL;
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : WriteFrom(task, file, a[1], a[2], position);
    }

    /// <summary>Reads page by page straight into guest memory. Waits only while nothing was read.</summary>
    /// <param name="task">Who reads.</param>
    /// <param name="file">What from.</param>
    /// <param name="address">Where to.</param>
    /// <param name="count">Most bytes.</param>
    /// <param name="position">Where from; -1 for the file's own position.</param>
    /// <param name="before">Bytes that the call has read for other vectors, which lie in front of these.</param>
    /// <param name="pause">Bytes of the whole call at which it makes a pause.</param>
    static Result ReadInto(Task task, OpenFile file, uint address, uint count, long position, uint before, long pause)
    {
        count = Math.Min(count, MostBytes);
        if (file is TerminalFile terminal && position < 0) return TerminalReads.Read(task, terminal, [(address, count)]);
        if (count == 0)
        {
            var probe = position < 0 ? file.Read([]) : file.ReadAt(position + before, []);
            return probe.IsError ? probe.Errno : 0;
        }
        if (file.WholeBytes > 0) return ReadWhole(task, file, address, Math.Min(count, (uint)file.WholeBytes), position < 0 ? -1 : position + before);
        uint done = (uint)Math.Max(task.Call.BytesMoved - before, 0);
        while (done < count && !task.IsBeingKilled)
        {
            if (before + done >= pause)
            {
                task.Call.BytesMoved = before + done;
                return Paused(file);
            }
            var span = task.AddressSpace!.WritableSpan(address + done, count - done);
            if (span.IsEmpty) return done > 0 ? done : CheckedFault(file, position);
            var result = position < 0 ? file.Read(span) : file.ReadAt(position + before + done, span);
            if (result.WouldBlock) return done > 0 ? done : Blocked(file, result);
            if (result.IsError) return done > 0 ? done : result.Errno;
            done += (uint)result.Value;
            if (result.Value < span.Length) break;
        }
        return done;
    }

    /// <summary>Reads what must be seen in one piece. As on Linux, what cannot be written to the caller's memory is gone.</summary>
    static Result ReadWhole(Task task, OpenFile file, uint address, uint count, long position)
    {
        var span = task.AddressSpace!.WritableSpan(address, count);
        byte[]? rented = null;
        if (span.Length < count) span = (rented = ArrayPool<byte>.Shared.Rent((int)count)).AsSpan(0, (int)count);
        var result = position < 0 ? file.Read(span) : file.ReadAt(position, span);
        bool isWritten = rented == null || result.Value <= 0 || task.AddressSpace.Write(address, span[..(int)result.Value]);
        if (rented != null) ArrayPool<byte>.Shared.Return(rented);
        return result.WouldBlock ? Blocked(file, result) : isWritten ? Result.From(result) : Errno.EFAULT;
    }

    /// <summary>EBADF and the like come before EFAULT.</summary>
    static Result CheckedFault(OpenFile file, long position)
    {
        if ((file.Mode & FMode.Read) == 0) return Errno.EBADF;
        return position >= 0 && (file.Mode & FMode.ReadAt) == 0 ? Errno.ESPIPE : Errno.EFAULT;
    }

    static Result Blocked(OpenFile file, in IoResult result) =>
        (file.Flags & OpenFlags.NonBlock) != 0 ? Errno.EAGAIN : Result.Wait(result.Wait);

    /// <summary>Writes until all is written; <see cref="SystemCallState.BytesMoved"/> says how far a waiting call has got.</summary>
    static Result WriteFrom(Task task, OpenFile file, uint address, uint count, long position)
    {
        count = Math.Min(count, MostBytes);
        if (count == 0)
        {
            var probe = position < 0 ? file.Write([]) : file.WriteAt(position, []);
            return probe.IsError ? Failed(task, probe.Errno) : 0;
        }
        var call = task.Call;
        if (file.WholeBytes is > 0 and <= Pipe.AtomicBytes && !file.IsPipe) count = Math.Min(count, (uint)file.WholeBytes);
        // A pipe takes a small write as a whole or not at all, so its bytes must be seen in one piece.
        if ((file.IsPipe || file.WholeBytes > 0) && call.BytesMoved == 0 && count <= Pipe.AtomicBytes) return WriteAtomic(task, file, address, count);
        if (file is PipeFile pipe) return WriteLarge(task, pipe, [(address, count)], count);
        long pause = call.BytesMoved + PartOf(file);
        while (call.BytesMoved < count && !task.IsBeingKilled)
        {
            if (call.BytesMoved >= pause) return Paused(file);
            uint done = (uint)call.BytesMoved;
            var span = task.AddressSpace!.ReadableSpan(address + done, count - done);
            if (span.IsEmpty) return done > 0 ? done : (file.Mode & FMode.Write) == 0 ? Errno.EBADF : Errno.EFAULT;
            if (!Limit(task, file, position < 0 ? -1 : position + done, ref span)) return done > 0 ? done : Failed(task, Errno.EFBIG);
            var result = position < 0 ? file.Write(span) : file.WriteAt(position + done, span);
            if (result.WouldBlock)
            {
                if ((file.Flags & OpenFlags.NonBlock) == 0) return Result.Wait(result.Wait);
                return done > 0 ? done : Errno.EAGAIN;
            }
            if (result.IsError) return done > 0 ? done : Failed(task, result.Errno);
            call.BytesMoved += result.Value;
            if (result.Value < span.Length && !file.IsPipe && file.Writable == null) break;
        }
        return (uint)call.BytesMoved;
    }

    /// <summary>Bytes that a call moves before it makes a pause: some milliseconds' work.</summary>
    static long PartOf(OpenFile file) => file.IsTerminal ? 128 << 10 : 16 << 20;

    /// <summary>As on Linux, only death ends what is done with a file halfway; a device looks at all signals.</summary>
    static Result Paused(OpenFile file) => Result.Pause(file.Inode.IsRegular ? Interruption.Killable : Interruption.Restart);

    /// <summary>RLIMIT_FSIZE: cuts what would reach beyond it. False when nothing may be written. Set-user-id bits fall with a write.</summary>
    static bool Limit(Task task, OpenFile file, long position, ref ReadOnlySpan<byte> span)
    {
        if (file.Inode.IsRegular && (file.Mode & FMode.Write) != 0) FileTree.DropPrivileges(file.Inode, task.Credentials.ForFiles);
        ulong limit = task.Group.Limits[Resource.FileSize].Current;
        if (limit == ResourceLimit.Infinity || !file.Inode.IsRegular || file.Inode.Origin == FileOrigin.Stream) return true;
        if ((file.Flags & OpenFlags.Append) != 0) position = file.Inode.Size;
        else if (position < 0) position = file.Position;
        if ((ulong)position >= limit) return false;
        span = span[..(int)Math.Min((ulong)span.Length, limit - (ulong)position)];
        return true;
    }

    static Result WriteAtomic(Task task, OpenFile file, uint address, uint count)
    {
        Span<byte> buffer = stackalloc byte[Pipe.AtomicBytes];
        buffer = buffer[..(int)count];
        if (!task.AddressSpace!.Read(address, buffer)) return (file.Mode & FMode.Write) == 0 ? Errno.EBADF : Errno.EFAULT;
        var result = file.Write(buffer);
        return result.WouldBlock ? Blocked(file, result) : result.IsError ? Failed(task, result.Errno) : Result.From(result);
    }

    /// <summary>EPIPE comes with SIGPIPE, and EFBIG with SIGXFSZ.</summary>
    internal static Result Failed(Task task, Errno error)
    {
        if (error == Errno.EPIPE) task.Machine.SendSignal(task, SignalInfo.FromTask(Signal.SIGPIPE, SignalCode.User, task.Tgid));
        else if (error == Errno.EFBIG) task.Machine.SendSignal(task, SignalInfo.FromTask(Signal.SIGXFSZ, SignalCode.User, task.Tgid));
        return error;
    }

    static Result Seek(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        long old = file.Position;
        var result = file.Seek((int)a[1], (Whence)a[2]);
        if (result.IsError) return result.Errno;
        if (result.Value <= int.MaxValue) return Result.From(result);
        file.Position = old;
        return Errno.EOVERFLOW;
    }

    static Result SeekLong(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        var result = file.Seek(GuestArguments.Join(a[2], a[1]), (Whence)a[4]);
        if (result.IsError) return result.Errno;
        return task.AddressSpace!.TryWrite(a[3], result.Value) ? 0 : Errno.EFAULT;
    }

    static Result SendFile(Task task, in CallArguments a)
    {
        if (a[2] == 0) return Copy(task, a[1], -1, a[0], -1, a[3], out _, out _);
        if (!task.AddressSpace!.TryRead(a[2], out int offset)) return Errno.EFAULT;
        long from = offset - task.Call.BytesMoved;
        if (from < 0) return Errno.EINVAL;
        var result = Copy(task, a[1], from, a[0], -1, a[3], out long next, out _);
        return task.AddressSpace.TryWrite(a[2], (int)next) ? result : Errno.EFAULT;
    }

    static Result SendFileLong(Task task, in CallArguments a)
    {
        if (a[2] == 0) return Copy(task, a[1], -1, a[0], -1, a[3], out _, out _);
        if (!task.AddressSpace!.TryRead(a[2], out long from)) return Errno.EFAULT;
        from -= task.Call.BytesMoved;
        if (from < 0) return Errno.EINVAL;
        var result = Copy(task, a[1], from, a[0], -1, a[3], out long next, out _);
        return task.AddressSpace.TryWrite(a[2], next) ? result : Errno.EFAULT;
    }

    /// <summary>As generic_copy_file_checks has it: two regular files of one file system, and parts of one file apart from each other.</summary>
    static Result CopyRange(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        long from = -1, to = -1;
        var error = task.GetRealFile(a[0], out var source);
        if (error == Errno.None) error = task.GetRealFile(a[2], out _);
        if (error != Errno.None) return error;
        _ = task.GetRealFile(a[2], out var target);
        if (a[1] != 0 && !memory.TryRead(a[1], out from)) return Errno.EFAULT;
        if (a[3] != 0 && !memory.TryRead(a[3], out to)) return Errno.EFAULT;
        if (a[5] != 0) return Errno.EINVAL;
        if (source.Inode.IsDirectory || target.Inode.IsDirectory) return Errno.EISDIR;
        if (!source.Inode.IsRegular || !target.Inode.IsRegular) return Errno.EINVAL;
        if ((source.Mode & FMode.Read) == 0 || (target.Mode & FMode.Write) == 0 || (target.Flags & OpenFlags.Append) != 0) return Errno.EBADF;
        if (source.Inode.FileSystem != target.Inode.FileSystem) return Errno.EXDEV;
        (from, to) = (from - task.Call.BytesMoved, to - task.Call.BytesMoved);
        ulong begin = (ulong)(a[1] != 0 ? from : source.Position), end = (ulong)(a[3] != 0 ? to : target.Position);
        ulong count = a[4];
        if (task.Call.BytesMoved == 0)
        {
            if (unchecked(begin + count) < begin || unchecked(end + count) < end) return Errno.EOVERFLOW;
            count = Math.Min(count, (ulong)Math.Max(source.Inode.Size - (long)begin, 0));
            if (end >= long.MaxValue - MostBytes) return Errno.EFBIG;
            if (ReferenceEquals(source.Inode, target.Inode) && end + count > begin && end < begin + count) return Errno.EINVAL;
            if ((long)begin < 0 || (long)end < 0) return Errno.EINVAL;
        }
        if (count == 0) return 0;
        var result = Copy(task, a[0], a[1] != 0 ? from : -1, a[2], a[3] != 0 ? to : -1, (uint)count, out from, out to);
        if (a[1] != 0 && !memory.TryWrite(a[1], from)) return Errno.EFAULT;
        if (a[3] != 0 && !memory.TryWrite(a[3], to)) return Errno.EFAULT;
        return result;
    }

    /// <summary>Copies between files. A position of -1 uses and moves the file's own. A wait for room reads again what was not written.
    /// The caller's positions follow also when the call waits or pauses, since a signal may end it there.</summary>
    static Result Copy(Task task, uint source, long from, uint target, long to, uint count, out long fromNext, out long toNext)
    {
        var call = task.Call;
        fromNext = from < 0 ? from : from + call.BytesMoved;
        toNext = to < 0 ? to : to + call.BytesMoved;
        var error = task.GetFile(source, out var input);
        if (error != Errno.None) return error;
        error = task.GetRealFile(target, out var output);
        if (error != Errno.None) return error;
        if ((input.Mode & FMode.Read) == 0 || (output.Mode & FMode.Write) == 0) return Errno.EBADF;
        if (from >= 0 && (input.Mode & FMode.ReadAt) == 0) return Errno.ESPIPE;
        if (!input.CanSeek || !input.GivesSplices || !output.TakesSplices) return Errno.EINVAL;
        // A standard stream is there for the host, which always appends.
        if ((output.Flags & OpenFlags.Append) != 0 && output.Inode.Origin != FileOrigin.Stream) return Errno.EINVAL;
        count = Math.Min(count, MostBytes);
        if (output is PipeFile pipe)
        {
            if (count == 0) return 0;
            var filled = SpliceCalls.Fill(task, input, pipe.Pipe, count, from, (output.Flags & OpenFlags.NonBlock) == 0);
            if (from >= 0 && !filled.IsWait && filled.Value > 0) fromNext = from + filled.Value;
            return filled;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(65536);
        bool isDone = false;
        long pause = call.BytesMoved + PartOf(output);
        try
        {
            while (call.BytesMoved < count && !isDone && !task.IsBeingKilled)
            {
                if (call.BytesMoved >= pause) return Paused(output);
                long position = from < 0 ? input.Position : from + call.BytesMoved;
                var read = input.ReadAt(position, buffer.AsSpan(0, (int)Math.Min(65536, count - call.BytesMoved)));
                if (read.WouldBlock || read.Value == 0) break;
                if (read.IsError && call.BytesMoved == 0) return read.Errno;
                if (read.IsError) break;
                // What was read is written piece by piece where the target takes little at a time, and is not read again for that.
                ReadOnlySpan<byte> bytes = buffer.AsSpan(0, (int)read.Value);
                while (!bytes.IsEmpty && !isDone)
                {
                    var piece = bytes;
                    if (!Limit(task, output, to < 0 ? -1 : to + call.BytesMoved, ref piece))
                    {
                        if (call.BytesMoved == 0) return Failed(task, Errno.EFBIG);
                        isDone = true;
                        break;
                    }
                    var written = to < 0 ? output.Write(piece) : output.WriteAt(to + call.BytesMoved, piece);
                    if (written.WouldBlock)
                    {
                        if ((output.Flags & OpenFlags.NonBlock) == 0) return Result.Wait(written.Wait);
                        if (call.BytesMoved == 0) return Errno.EAGAIN;
                        isDone = true;
                    }
                    else if (written.IsError)
                    {
                        if (call.BytesMoved == 0) return Failed(task, written.Errno);
                        isDone = true;
                    }
                    else
                    {
                        // The memory of a process that is gone takes nothing, for ever.
                        isDone = written.Value == 0;
                        if (from < 0) input.Position += written.Value;
                        call.BytesMoved += written.Value;
                        bytes = bytes[(int)written.Value..];
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (from >= 0) fromNext = from + call.BytesMoved;
            if (to >= 0) toNext = to + call.BytesMoved;
        }
        return (uint)call.BytesMoved;
    }
}
