using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Terminals;

/// <summary>Reading and writing a terminal (Linux: n_tty_read): job control, packet mode, VMIN and VTIME.</summary>
internal static class TerminalReads
{
    /// <summary>What read(2) is moved in; with a VMIN beyond it, a read ends with the first piece.</summary>
    const int Piece = 64;

    const long TimeUnit = 100_000_000;

    const int Most = LineDiscipline.Size + 1;

    /// <summary>read(2) and readv(2). <see cref="SystemCallState.BytesMoved"/> counts what a read that waits for more bytes has got.</summary>
    public static Result Read(Task task, TerminalFile file, ReadOnlySpan<(uint Address, uint Length)> vectors)
    {
        if ((file.Mode & FMode.Read) == 0) return Errno.EBADF;
        long total = 0;
        foreach (var vector in vectors) total += vector.Length;
        var call = task.Call;
        if (file.IsHungUp) return (uint)call.BytesMoved;
        var terminal = file.Terminal;
        if (call.BytesMoved == 0 && JobControl.Refuses(task, terminal, Signal.SIGTTIN, out var refusal)) return refusal;
        byte minimum = terminal.Modes[ControlCharacter.Minimum], time = terminal.Modes[ControlCharacter.Time];
        if (terminal.Line.IsCanonical) minimum = time = 0;
        if (minimum > Piece) total = Math.Min(total, Piece);
        Span<byte> buffer = stackalloc byte[Most];
        buffer = buffer[..(int)Math.Min(total - call.BytesMoved, Most)];
        if (buffer.IsEmpty) return (uint)call.BytesMoved;
        if (terminal.IsPacket && terminal.Link.PacketStatus != 0 && call.BytesMoved == 0)
        {
            buffer[0] = terminal.Link.PacketStatus;
            terminal.Link.PacketStatus = 0;
            return Store(task, vectors, buffer[..1]) ? 1 : Errno.EFAULT;
        }
        var line = terminal.Line;
        if (!line.HasInput()) return WithoutInput(task, file, time, waitsForFirst: line.IsCanonical || minimum > 0);

        int count = 0;
        if (terminal.IsPacket && call.BytesMoved == 0) buffer[count++] = 0;
        // A second look: input that was on the way takes the place of what was read, unless a line is complete.
        int taken;
        do
        {
            taken = line.Take(buffer[count..]);
            count += taken;
            terminal.Move();
        }
        while (!line.IsCanonical && taken > 0 && count < buffer.Length && line.HasInput());
        if (!Store(task, vectors, buffer[..count])) return Errno.EFAULT;
        long moved = call.BytesMoved + count;
        if (line.IsCanonical || moved >= minimum || moved == total) return (uint)moved;
        call.BytesMoved = moved;
        call.HasDeadline = false;
        return WithoutInput(task, file, time, waitsForFirst: true);
    }

    static Result WithoutInput(Task task, TerminalFile file, byte time, bool waitsForFirst)
    {
        var call = task.Call;
        var moved = Result.FromUInt32((uint)call.BytesMoved);
        var terminal = file.Terminal;
        if (terminal.IsOtherClosed) return call.BytesMoved > 0 ? moved : Errno.EIO;
        // VMIN 0: the time counts from the start of the call; else from the byte before.
        bool isTimed = time > 0 && (!waitsForFirst || call.BytesMoved > 0);
        if (!waitsForFirst && time == 0) return 0;
        if (isTimed) task.SetDeadline(task.Machine.Clock.Now + time * TimeUnit);
        if (isTimed && task.IsPastDeadline) return moved;
        if ((file.Flags & OpenFlags.NonBlock) != 0) return call.BytesMoved > 0 ? moved : Errno.EAGAIN;
        return Result.Wait(terminal.ReadWait);
    }

    /// <summary>Puts bytes behind those that the call has moved.</summary>
    static bool Store(Task task, ReadOnlySpan<(uint Address, uint Length)> vectors, ReadOnlySpan<byte> bytes)
    {
        long skip = task.Call.BytesMoved;
        foreach (var (address, length) in vectors)
        {
            if (skip >= length)
            {
                skip -= length;
                continue;
            }
            int part = (int)Math.Min(length - skip, bytes.Length);
            if (part > 0 && !task.AddressSpace!.Write(address + (uint)skip, bytes[..part])) return false;
            bytes = bytes[part..];
            skip = 0;
        }
        return true;
    }

    /// <summary>TOSTOP: writing from the background stops the process.</summary>
    public static bool RefusesOutput(Task task, OpenFile file, out Result refusal)
    {
        refusal = default;
        return file is TerminalFile { IsHungUp: false, Terminal: var terminal } && task.Call.BytesMoved == 0
            && terminal.Modes.Has(LocalModes.StopBackgroundOutput) && JobControl.Refuses(task, terminal, Signal.SIGTTOU, out refusal);
    }
}
