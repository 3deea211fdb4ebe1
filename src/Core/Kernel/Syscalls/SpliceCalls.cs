using System.Buffers;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Moving bytes by way of pipes: splice(2), tee(2), vmsplice(2). They copy; what can be seen is as if they did not.</summary>
internal static class SpliceCalls
{
    internal static readonly Syscall[] Table =
    [
        new(313, "splice", Splice, Support.Full),
        new(315, "tee", Tee, Support.Full),
        new(316, "vmsplice", SpliceMemory, Support.Full),
    ];

    const uint NonBlocking = 2, KnownFlags = 15;
    const uint MostBytes = 0x7FFFF000;
    const int MostVectors = 1024;

    static Result Splice(Task task, in CallArguments a)
    {
        if (a[4] == 0) return 0;
        if ((a[5] & ~KnownFlags) != 0) return Errno.EINVAL;
        var error = task.GetRealFile(a[0], out var input);
        if (error == Errno.None) error = task.GetRealFile(a[2], out _);
        if (error != Errno.None) return error;
        _ = task.GetRealFile(a[2], out var output);
        long inAt = -1, outAt = -1;
        var memory = task.AddressSpace!;
        var (inPipe, outPipe) = (input as PipeFile, output as PipeFile);
        if ((inPipe != null && a[1] != 0) || (outPipe != null && a[3] != 0)) return Errno.ESPIPE;
        if (a[3] != 0 && !memory.TryRead(a[3], out outAt)) return Errno.EFAULT;
        if (a[1] != 0 && !memory.TryRead(a[1], out inAt)) return Errno.EFAULT;
        if ((input.Mode & FMode.Read) == 0 || (output.Mode & FMode.Write) == 0) return Errno.EBADF;
        uint most = Math.Min(a[4], MostBytes);
        bool waits = (a[5] & NonBlocking) == 0;
        if (inPipe != null && outPipe != null)
        {
            if (ReferenceEquals(inPipe.Pipe, outPipe.Pipe)) return Errno.EINVAL;
            return PassAll(task, inPipe, outPipe, most, keep: false, waits && ((input.Flags | output.Flags) & OpenFlags.NonBlock) == 0);
        }
        if (inPipe != null)
        {
            if (a[3] != 0 && ((output.Mode & FMode.WriteAt) == 0 || outAt < 0)) return Errno.EINVAL;
            if ((output.Flags & OpenFlags.Append) != 0 || !output.TakesSplices) return Errno.EINVAL;
            return Drain(task, inPipe.Pipe, output, most, outAt, a[3], waits);
        }
        if (outPipe == null || !input.GivesSplices) return Errno.EINVAL;
        if (a[1] != 0 && ((input.Mode & FMode.ReadAt) == 0 || inAt < 0)) return Errno.EINVAL;
        var filled = Fill(task, input, outPipe.Pipe, most, a[1] == 0 ? -1 : inAt, waits && (output.Flags & OpenFlags.NonBlock) == 0);
        return filled.IsWait || filled.Value <= 0 ? filled : Told(task, (uint)filled.Value, filled, inAt, a[1]);
    }

    /// <summary>Out of a pipe into a file, without a wait once something was moved.</summary>
    static Result Drain(Task task, Pipe pipe, OpenFile output, uint most, long at, uint address, bool waits)
    {
        uint done = 0;
        Result end = 0;
        while (done < most)
        {
            var seen = pipe.Peek(nonBlocking: !waits, out var bytes);
            if (seen.Value <= 0)
            {
                end = Result.From(seen);
                break;
            }
            bytes = bytes[..(int)Math.Min((uint)bytes.Length, most - done)];
            var written = address == 0 ? output.Write(bytes) : output.WriteAt(at + done, bytes);
            if (written.Value <= 0)
            {
                end = written.WouldBlock && !(waits && (output.Flags & OpenFlags.NonBlock) == 0) ? Errno.EAGAIN
                    : written.IsError ? ReadWriteCalls.Failed(task, written.Errno) : Result.From(written);
                break;
            }
            pipe.Skip((int)written.Value);
            done += (uint)written.Value;
            if (written.Value < bytes.Length) break;
        }
        return Told(task, done, end, at, address);
    }

    /// <summary>Out of a file into a pipe, once: not more than there is room for. Pages of a file take a slot each, so that beginning within one costs room.</summary>
    /// <param name="task">Who asks.</param>
    /// <param name="input">The file.</param>
    /// <param name="pipe">Where to.</param>
    /// <param name="most">Bytes.</param>
    /// <param name="at">Where from; -1 for the file's own position, which moves.</param>
    /// <param name="waits">Whether to wait for room.</param>
    internal static Result Fill(Task task, OpenFile input, Pipe pipe, uint most, long at, bool waits)
    {
        if (pipe.Readers == 0) return ReadWriteCalls.Failed(task, Errno.EPIPE);
        if (pipe.FreeBytes == 0) return waits ? Result.Wait(pipe.Writable) : Errno.EAGAIN;
        long within = input.Inode.IsRegular ? (at < 0 ? input.Position : at) & (Pipe.AtomicBytes - 1) : 0;
        int room = (int)Math.Min(most, Math.Min(pipe.FreeBytes - within, 1 << 20));
        var buffer = ArrayPool<byte>.Shared.Rent(room);
        var read = at < 0 ? input.Read(buffer.AsSpan(0, room)) : input.ReadAt(at, buffer.AsSpan(0, room));
        uint done = read.Value > 0 ? (uint)pipe.Gift(buffer.AsSpan(0, (int)read.Value), nonBlocking: true).Value : 0;
        ArrayPool<byte>.Shared.Return(buffer);
        return done > 0 ? done : read.WouldBlock && !waits ? Errno.EAGAIN : Result.From(read);
    }

    /// <summary>Moves on the caller's position, where it gave one.</summary>
    static Result Told(Task task, uint done, in Result end, long at, uint address)
    {
        if (done == 0) return end;
        return address == 0 || task.AddressSpace!.TryWrite(address, at + done) ? done : Errno.EFAULT;
    }

    static Result Tee(Task task, in CallArguments a)
    {
        if ((a[3] & ~KnownFlags) != 0) return Errno.EINVAL;
        if (a[2] == 0) return 0;
        var error = task.GetRealFile(a[0], out var input);
        if (error != Errno.None) return error;
        error = task.GetRealFile(a[1], out var output);
        if (error != Errno.None) return error;
        if ((input.Mode & FMode.Read) == 0 || (output.Mode & FMode.Write) == 0) return Errno.EBADF;
        if (input is not PipeFile from || output is not PipeFile to || ReferenceEquals(from.Pipe, to.Pipe)) return Errno.EINVAL;
        bool waits = (a[3] & NonBlocking) == 0 && ((input.Flags | output.Flags) & OpenFlags.NonBlock) == 0;
        return PassAll(task, from, to, Math.Min(a[2], MostBytes), keep: true, waits);
    }

    static Result PassAll(Task task, PipeFile from, PipeFile to, uint most, bool keep, bool waits)
    {
        var result = from.Pipe.Pass(to.Pipe, (int)most, keep, !waits);
        return result.IsError && result.Errno == Errno.EPIPE ? ReadWriteCalls.Failed(task, Errno.EPIPE) : Result.From(result);
    }

    static Result SpliceMemory(Task task, in CallArguments a)
    {
        if ((a[3] & ~KnownFlags) != 0) return Errno.EINVAL;
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        if ((file.Mode & (FMode.Read | FMode.Write)) == 0) return Errno.EBADF;
        bool writes = (file.Mode & FMode.Write) != 0;
        if (a[2] > MostVectors) return Errno.EINVAL;
        long total = 0;
        var vectors = new (uint Address, uint Length)[a[2]];
        for (int index = 0; index < vectors.Length; index++)
        {
            uint at = a[1] + (uint)index * 8;
            if (!task.AddressSpace!.TryRead(at, out uint address) || !task.AddressSpace.TryRead(at + 4, out uint length)) return Errno.EFAULT;
            if ((int)length < 0) return Errno.EINVAL;
            length = (uint)Math.Min(length, MostBytes - total);
            total += length;
            vectors[index] = (address, length);
        }
        if (total == 0) return 0;
        if (file is not PipeFile end) return Errno.EBADF;
        // As on Linux, O_NONBLOCK of the pipe does not matter here.
        bool waits = (a[3] & NonBlocking) == 0;
        return writes ? Give(task, end.Pipe, vectors, waits) : Take(task, end.Pipe, vectors, waits);
    }

    /// <summary>Memory into a pipe: each piece of a page takes a slot. What does not fit is left to the caller.</summary>
    static Result Give(Task task, Pipe pipe, ReadOnlySpan<(uint Address, uint Length)> vectors, bool waits)
    {
        if (pipe.Readers == 0) return ReadWriteCalls.Failed(task, Errno.EPIPE);
        if (pipe.FreeBytes == 0) return waits ? Result.Wait(pipe.Writable) : Errno.EAGAIN;
        uint done = 0;
        Span<byte> piece = stackalloc byte[Pipe.AtomicBytes];
        foreach (var (address, length) in vectors)
        {
            for (uint at = 0; at < length;)
            {
                int size = (int)Math.Min(Pipe.AtomicBytes - (address + at) % Pipe.AtomicBytes, length - at);
                if (pipe.FreeBytes == 0) return done;
                if (!task.AddressSpace!.Read(address + at, piece[..size])) return done > 0 ? done : Errno.EFAULT;
                _ = pipe.Gift(piece[..size], nonBlocking: true);
                at += (uint)size;
                done += (uint)size;
            }
        }
        return done;
    }

    /// <summary>A pipe into memory.</summary>
    static Result Take(Task task, Pipe pipe, ReadOnlySpan<(uint Address, uint Length)> vectors, bool waits)
    {
        uint done = 0;
        foreach (var (address, length) in vectors)
        {
            for (uint at = 0; at < length;)
            {
                var seen = pipe.Peek(!waits, out var bytes);
                if (seen.Value <= 0) return done > 0 ? done : Result.From(seen);
                bytes = bytes[..(int)Math.Min((uint)bytes.Length, length - at)];
                if (!task.AddressSpace!.Write(address + at, bytes)) return done > 0 ? done : Errno.EFAULT;
                pipe.Skip(bytes.Length);
                at += (uint)bytes.Length;
                done += (uint)bytes.Length;
            }
        }
        return done;
    }
}
