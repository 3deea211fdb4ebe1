using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>One piece of a vector: where it is, how long, and its first bytes.</summary>
readonly record struct TracedPiece(uint Address, uint Length, byte[] Bytes);

/// <summary>A msghdr with what it points to.</summary>
sealed record TracedMessage(uint[] Words, byte[]? Address, IReadOnlyList<TracedPiece> Pieces, byte[]? Control);

/// <summary>Copies what the arguments of a call point to, on the machine's thread. Looks without faulting a page in: what is traced cannot tell.</summary>
sealed class TraceCapture(int stringLength)
{
    const int LongestPath = 4096, MostPieces = 16, MostItems = 64;

    static readonly Dictionary<string, int> Sizes = new(StringComparer.Ordinal)
    {
        ["timespec"] = 8,
        ["time64"] = 16,
        ["timeval"] = 8,
        ["timezone"] = 8,
        ["itimerval"] = 16,
        ["itimerspec"] = 16,
        ["itimer64"] = 32,
        ["futextime"] = 8,
        ["futextime64"] = 16,
        ["stat64"] = 96,
        ["stat"] = 64,
        ["statx"] = 256,
        ["statfs"] = 64,
        ["statfs64"] = 84,
        ["sigset"] = 8,
        ["oldsigset"] = 4,
        ["sigaction"] = 20,
        ["oldsigaction"] = 16,
        ["stack"] = 12,
        ["rlimit"] = 8,
        ["rlimit64"] = 16,
        ["rusage"] = 72,
        ["tms"] = 16,
        ["utsname"] = 390,
        ["sysinfo"] = 64,
        ["user_desc"] = 16,
        ["siginfo"] = SignalInfo.Size,
        ["open_how"] = 24,
        ["clone_args"] = 88,
        ["fd2"] = 8,
        ["intptr"] = 4,
        ["uintptr"] = 4,
        ["u16ptr"] = 2,
        ["off64ptr"] = 8,
        ["off32ptr"] = 4,
        ["utimbuf"] = 8,
        ["timeval2"] = 16,
        ["timespec2"] = 16,
        ["time64_2"] = 32,
        ["cap_header"] = 8,
        ["cap_data"] = 24,
        ["sched_param"] = 4,
        ["epoll_event"] = 12,
        ["sigevent"] = 12,
        ["lengthptr"] = 4,
        ["socketargs"] = 24,
    };

    static readonly Dictionary<string, int> ItemSizes = new(StringComparer.Ordinal)
    {
        ["pollfds"] = 8,
        ["epoll_events"] = 12,
        ["u32s"] = 4,
        ["u16s"] = 2,
        ["sembufs"] = 6,
    };

    /// <summary>What argument <paramref name="parameter"/> points to; null when it points nowhere, to nothing that can be read, or is a plain value.</summary>
    public object? Take(Task task, SyscallParameter parameter, in CallArguments arguments, int result)
    {
        uint address = arguments[parameter.Index];
        if (address == 0 || task.AddressSpace is not { } memory) return null;
        string kind = parameter.Kind;
        if (Sizes.TryGetValue(kind, out int size)) return Bytes(memory, address, size);
        if (kind == "prctl") return arguments[0] is 15 or 16 ? Text(memory, address, Task.CommLength) : null;
        if (kind == "wstatus" && result == 0) return null;
        if (kind == "wstatus") return Bytes(memory, address, 4);
        long length = Length(memory, parameter, arguments, result);
        if (ItemSizes.TryGetValue(kind, out int item)) return length < 0 ? null : Bytes(memory, address, (int)Math.Min(length, MostItems) * item);
        return kind switch
        {
            "path" => Text(memory, address, LongestPath),
            "argv" => Strings(memory, address),
            "envp" => Count(memory, address),
            "buf" or "sockval" or "cpuset" => length < 0 ? null : Bytes(memory, address, (int)Math.Min(length, stringLength)),
            "sockaddr" => length <= 0 ? null : Bytes(memory, address, (int)Math.Min(length, 128)),
            "fdset" => length <= 0 ? null : Bytes(memory, address, (int)((Math.Min(length, 1024) + 31) / 32 * 4)),
            "msgbuf" => length < 0 ? null : Bytes(memory, address, 4 + (int)Math.Min(length, stringLength)),
            "iovec" => Pieces(memory, address, length, parameter.Direction == ParameterDirection.Out ? result : long.MaxValue),
            "msghdr" => Message(memory, address, parameter.Direction == ParameterDirection.Out ? result : long.MaxValue),
            "dirents" => CountEntries(memory, address, result, task.Call.Number),
            _ => null,
        };
    }

    static long Length(AddressSpace memory, SyscallParameter parameter, in CallArguments arguments, int result) => parameter.Length switch
    {
        LengthSource.Argument => (int)arguments[parameter.LengthArgument],
        LengthSource.Result => result,
        LengthSource.Pointed => Bytes(memory, arguments[parameter.LengthArgument], 4) is { } bytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : -1,
        _ => -1,
    };

    static byte[]? Bytes(AddressSpace memory, uint address, int length)
    {
        if (length == 0) return [];
        var bytes = new byte[length];
        return memory.Peek(address, bytes) == length ? bytes : null;
    }

    /// <summary>A string up to its NUL, which is not part of it; one that is cut or unreadable at its end keeps what there is.</summary>
    static byte[]? Text(AddressSpace memory, uint address, int most)
    {
        Span<byte> chunk = stackalloc byte[256];
        byte[] text = [];
        while (text.Length < most)
        {
            int read = memory.Peek(address, chunk);
            if (read == 0) return null;
            int end = chunk[..read].IndexOf((byte)0);
            text = [.. text, .. chunk[..(end >= 0 ? end : read)]];
            if (end >= 0) return text;
            address += (uint)read;
        }
        return text;
    }

    byte[][]? Strings(AddressSpace memory, uint address)
    {
        var found = new List<byte[]>();
        for (int i = 0; i < 33; i++)
        {
            if (Bytes(memory, address + (uint)i * 4, 4) is not { } pointer) return null;
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(pointer);
            if (at == 0) break;
            if (Text(memory, at, stringLength + 1) is not { } text) return null;
            found.Add(text);
        }
        return [.. found];
    }

    static int? Count(AddressSpace memory, uint address)
    {
        for (int i = 0; i < 4096; i++)
        {
            if (Bytes(memory, address + (uint)i * 4, 4) is not { } pointer) return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(pointer) == 0) return i;
        }
        return null;
    }

    /// <param name="memory">The guest's memory.</param>
    /// <param name="address">The vector.</param>
    /// <param name="count">Its pieces.</param>
    /// <param name="moved">Bytes of the pieces that have a meaning.</param>
    List<TracedPiece>? Pieces(AddressSpace memory, uint address, long count, long moved)
    {
        if (count is < 0 or > 1024) return null;
        var found = new List<TracedPiece>();
        for (uint i = 0; i < Math.Min(count, MostPieces); i++)
        {
            if (Bytes(memory, address + i * 8, 8) is not { } words) return null;
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(words), length = BinaryPrimitives.ReadUInt32LittleEndian(words.AsSpan(4));
            int meant = (int)Math.Clamp(Math.Min(length, moved), 0, stringLength);
            found.Add(new TracedPiece(at, length, Bytes(memory, at, meant) ?? []));
            moved -= Math.Min(length, Math.Max(moved, 0));
        }
        return found;
    }

    TracedMessage? Message(AddressSpace memory, uint address, long moved)
    {
        if (Bytes(memory, address, 28) is not { } bytes) return null;
        var words = new uint[7];
        for (int i = 0; i < 7; i++) words[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i * 4));
        var name = words[0] == 0 ? null : Bytes(memory, words[0], (int)Math.Min(words[1], 128));
        var control = words[4] == 0 ? null : Bytes(memory, words[4], (int)Math.Min(words[5], 128));
        return new TracedMessage(words, name, Pieces(memory, words[2], words[3], moved) ?? [], control);
    }

    /// <summary>Entries of a directory that a call gave: d_reclen is behind two words, or two long ones.</summary>
    static int? CountEntries(AddressSpace memory, uint address, int length, uint number)
    {
        uint offset = number == 141 ? 8u : 16u;
        int entries = 0;
        for (uint at = 0; at < length; entries++)
        {
            if (Bytes(memory, address + at + offset, 2) is not { } bytes) return null;
            ushort record = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            if (record == 0) break;
            at += record;
        }
        return entries;
    }
}
