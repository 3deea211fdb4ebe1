using System.Globalization;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>What was captured of a call, as values and as strace's text. On any thread.</summary>
static partial class TraceFormat
{
    /// <summary>The arguments of a call.</summary>
    public static IReadOnlyList<TraceArgument> Arguments(TracedCall call)
    {
        var parameters = call.Signature.Parameters;
        var found = new List<TraceArgument>(parameters.Count);
        for (int i = 0; i < parameters.Count; i++)
        {
            if (IsAbsent(call, i)) break;
            var parameter = parameters[i];
            uint raw = call.Arguments[parameter.Index];
            var (value, text) = call.IsRaw ? ((object?)raw, TraceText.Hex(raw)) : Format(call, parameter, raw, i);
            found.Add(new TraceArgument(parameter.Name, parameter.Kind, raw, value, text));
        }
        return found;
    }

    /// <summary>Arguments that the call does not look at for what the others say.</summary>
    static bool IsAbsent(TracedCall call, int index)
    {
        const uint create = 0x40, temporary = 0x410000;
        var arguments = call.Arguments;
        switch (call.Signature.Name)
        {
            case "open" when index == 2: return (arguments[1] & create) == 0 && (arguments[1] & temporary) != temporary;
            case "openat" when index == 3: return (arguments[2] & create) == 0 && (arguments[2] & temporary) != temporary;
            case "mq_open" when index >= 2: return (arguments[1] & create) == 0;
            case "fcntl" or "fcntl64" when index == 2: return arguments[1] is 1 or 3 or 9 or 11 or 0x401 or 0x408 or 0x40a;
            case "ioctl" when index == 2: return arguments[1] is 0x540e or 0x5422 or 0x540c or 0x540d or 0x5450 or 0x5451;
            case "mremap" when index == 4: return (arguments[3] & 2) == 0;
            case "set_mempolicy" or "restart_syscall": return false;
            case "prctl" when index > 0: return index > PrctlArguments(arguments[0]);
            case "futex" or "futex_time64": return index >= FutexArguments(arguments[1]);
            default: return false;
        }
    }

    static int PrctlArguments(uint option) => option switch
    {
        3 or 7 or 21 or 27 or 30 => 0,
        1 or 2 or 4 or 8 or 15 or 16 or 23 or 24 or 28 or 29 or 37 => 1,
        _ => 4,
    };

    static int FutexArguments(uint operation) => (operation & 0x7F) switch
    {
        1 => 3,
        7 or 8 => 2,
        0 or 6 or 13 => 4,
        3 => 5,
        _ => 6,
    };

    static (object? Value, string Text) Format(TracedCall call, SyscallParameter parameter, uint raw, int index)
    {
        string kind = parameter.Kind;
        var arguments = call.Arguments;
        if (kind.StartsWith("f.", StringComparison.Ordinal)) return Named(raw, FlagText(kind, raw));
        if (kind.StartsWith("e.", StringComparison.Ordinal)) return Named(raw, EnumText(call, kind, raw));
        switch (kind)
        {
            case "int": return ((int)raw, Decimal((int)raw));
            case "fd" or "pid": return ((int)raw, Decimal((int)raw));
            case "dfd": return ((int)raw, raw == GuestArguments.WorkingDirectory ? "AT_FDCWD" : Decimal((int)raw));
            case "uint" or "size": return (raw, raw.ToString(CultureInfo.InvariantCulture));
            case "off": return ((int)raw, Decimal((int)raw));
            case "uid": return ((int)raw, raw == uint.MaxValue ? "-1" : raw.ToString(CultureInfo.InvariantCulture));
            case "hex": return (raw, TraceText.Hex(raw));
            case "mode": return (raw, TraceText.Octal(raw));
            case "filemode": return (raw, TraceText.FileMode(raw));
            case "dev": return (raw, DeviceText(raw));
            case "sig": return ((int)raw, TraceText.SignalName(raw));
            case "off64": return Long(arguments[parameter.Index], arguments[parameter.Index + 1]);
            case "hex64": return (Join(arguments[parameter.Index], arguments[parameter.Index + 1]), TraceText.Hex((ulong)Join(arguments[parameter.Index], arguments[parameter.Index + 1])));
            case "llseek": return Long(arguments[parameter.Index + 1], arguments[parameter.Index]);
            case "pgoff": return ((long)raw << 12, TraceText.Hex((ulong)raw << 12));
            case "handler": return (raw, HandlerText(raw));
            case "fcntl": return FcntlArgument(call, raw);
            case "ioctl": return (raw, TraceText.Address(raw));
            case "prctl":
                if (((arguments[0] == 16 ? call.Outputs[index] : call.Inputs[index]) as byte[]) is { } name) return (GuestText.FromBytes(name), TraceText.Quote(name, false));
                return arguments[0] == 1 ? Named(raw, TraceText.SignalName(raw)) : (raw, raw is > 9 ? TraceText.Hex(raw) : Decimal((int)raw));
            default: return Pointed(call, parameter, raw, index);
        }
    }

    static (object? Value, string Text) Pointed(TracedCall call, SyscallParameter parameter, uint raw, int index)
    {
        var data = parameter.Direction == ParameterDirection.Out ? call.Outputs[index] : call.Inputs[index];
        if (raw == 0 || data == null) return (raw, TraceText.Address(raw));
        switch (data)
        {
            case int count when parameter.Kind == "dirents": return (count, string.Create(CultureInfo.InvariantCulture, $"{TraceText.Address(raw)} /* {count} entries */"));
            case int count: return (count, string.Create(CultureInfo.InvariantCulture, $"{TraceText.Address(raw)} /* {count} vars */"));
            case byte[][] strings: return Strings(call, strings);
            case IReadOnlyList<TracedPiece> pieces: return (pieces.Select(static piece => piece.Bytes).ToArray(), PiecesText(pieces, call.StringLength));
            case TracedMessage message: return Named(message, MessageText(message, call.StringLength));
        }
        var bytes = (byte[])data;
        switch (parameter.Kind)
        {
            case "path": return (GuestText.FromBytes(bytes), TraceText.Quote(bytes.AsSpan(0, Math.Min(bytes.Length, 4096)), bytes.Length >= 4096));
            case "buf": return (bytes, TraceText.Quote(bytes, IsCut(call, parameter, bytes.Length), call.Signature.Name == "getrandom"));
            case "lengthptr": return Named(raw, LengthText(bytes, call.Outputs[index] as byte[]));
        }
        string text = StructText(call, parameter.Kind, bytes);
        return parameter.Kind is "intptr" ? (BitConverter.ToInt32(bytes), text) : parameter.Kind is "uintptr" ? (BitConverter.ToUInt32(bytes), text) : (text, text);
    }

    static bool IsCut(TracedCall call, SyscallParameter parameter, int captured) => parameter.Length switch
    {
        LengthSource.Argument => captured < call.Arguments[parameter.LengthArgument],
        LengthSource.Result => captured < call.Result,
        _ => false,
    };

    static (object? Value, string Text) Strings(TracedCall call, byte[][] strings)
    {
        var texts = strings.Take(32).Select(bytes => TraceText.Quote(bytes.AsSpan(0, Math.Min(bytes.Length, call.StringLength)), bytes.Length > call.StringLength)).ToList();
        if (strings.Length > 32) texts.Add("...");
        return (strings.Select(static bytes => GuestText.FromBytes(bytes)).ToArray(), "[" + string.Join(", ", texts) + "]");
    }

    static string PiecesText(IReadOnlyList<TracedPiece> pieces, int stringLength) =>
        "[" + string.Join(", ", pieces.Select(piece => string.Create(CultureInfo.InvariantCulture, $"{{iov_base={TraceText.Quote(piece.Bytes, piece.Bytes.Length >= stringLength && piece.Length > piece.Bytes.Length)}, iov_len={piece.Length}}}"))) + "]";

    static string MessageText(TracedMessage message, int stringLength)
    {
        var words = message.Words;
        string name = message.Address == null ? TraceText.Address(words[0]) : AddressText(message.Address);
        string control = words[5] > 0 && words[4] != 0 ? string.Create(CultureInfo.InvariantCulture, $", msg_control={TraceText.Address(words[4])}, msg_controllen={words[5]}") : ", msg_controllen=0";
        return string.Create(CultureInfo.InvariantCulture, $"{{msg_name={name}, msg_namelen={words[1]}, msg_iov={PiecesText(message.Pieces, stringLength)}, msg_iovlen={words[3]}{control}, msg_flags={Vocabulary.Flags("f.msg", words[6])}}}");
    }

    static string LengthText(byte[] before, byte[]? after)
    {
        int first = BitConverter.ToInt32(before), last = after == null ? first : BitConverter.ToInt32(after);
        return first == last ? string.Create(CultureInfo.InvariantCulture, $"[{first}]") : string.Create(CultureInfo.InvariantCulture, $"[{first} => {last}]");
    }

    static (object? Value, string Text) FcntlArgument(TracedCall call, uint raw) => call.Arguments[1] switch
    {
        2 => Named(raw, raw == 1 ? "FD_CLOEXEC" : TraceText.Hex(raw)),
        4 => Named(raw, FlagText("f.open", raw)),
        5 or 6 or 7 or 12 or 13 or 14 or 36 or 37 or 38 or 15 or 16 => (raw, TraceText.Address(raw)),
        _ => ((int)raw, Decimal((int)raw)),
    };

    static (object? Value, string Text) Named(object value, string text) => (value, text);

    static (object? Value, string Text) Long(uint low, uint high) => (Join(low, high), Join(low, high).ToString(CultureInfo.InvariantCulture));

    static long Join(uint low, uint high) => (long)((ulong)high << 32 | low);

    static string Decimal(int value) => value.ToString(CultureInfo.InvariantCulture);

    static string HandlerText(uint handler) => handler switch { 0 => "SIG_DFL", 1 => "SIG_IGN", uint.MaxValue => "SIG_ERR", _ => TraceText.Address(handler) };

    static string DeviceText(uint device) => string.Create(CultureInfo.InvariantCulture, $"makedev({TraceText.Hex(device >> 8 & 0xFFF)}, {TraceText.Hex((device & 0xFF) | (device >> 12 & 0xFFF00))})");

    static string FlagText(string kind, uint raw)
    {
        switch (kind)
        {
            case "f.open":
                string access = (raw & 3) switch { 0 => "O_RDONLY", 1 => "O_WRONLY", 2 => "O_RDWR", _ => "O_ACCMODE" };
                return (raw & ~3u) == 0 ? access : access + "|" + OpenFlagText(raw & ~3u);
            case "f.access": return Vocabulary.Flags(kind, raw, "F_OK");
            case "f.prot": return Vocabulary.Flags(kind, raw, "PROT_NONE");
            case "f.map": return MapText(raw);
            case "f.clone":
                string flags = Vocabulary.Flags(kind, raw & ~0xFFu, "");
                string signal = (raw & 0xFF) == 0 ? "" : TraceText.SignalName(raw & 0xFF);
                return flags.Length == 0 && signal.Length == 0 ? "0" : flags.Length == 0 || signal.Length == 0 ? flags + signal : flags + "|" + signal;
            case "f.at_statx": return (raw & 0x6000) == 0 ? "AT_STATX_SYNC_AS_STAT" + (raw == 0 ? "" : "|" + Vocabulary.Flags(kind, raw)) : Vocabulary.Flags(kind, raw);
            case "f.statx": return StatxMask(raw);
            case "f.socktype":
                return Vocabulary.One("e.socktype", raw & 0xF) + ((raw & ~0xFu) == 0 ? "" : "|" + Vocabulary.Flags("f.sockflags", raw & ~0xFu));
            case "f.inotify": return (raw & 0xFFF) == 0xFFF ? "IN_ALL_EVENTS" + ((raw & ~0xFFFu) == 0 ? "" : "|" + Vocabulary.Flags(kind, raw & ~0xFFFu)) : Vocabulary.Flags(kind, raw);
            case "f.ipc":
                string named = ((raw & 0x200) != 0 ? "IPC_CREAT|" : "") + ((raw & 0x400) != 0 ? "IPC_EXCL|" : "") + ((raw & 0x800) != 0 ? "IPC_NOWAIT|" : "");
                return named + TraceText.Octal(raw & 0x1FF);
            default: return Vocabulary.Flags(kind, raw);
        }
    }

    /// <summary>Flags of open(2) behind the access mode. O_SYNC, O_TMPFILE have more than one bit.</summary>
    static string OpenFlagText(uint flags)
    {
        var names = new List<string>();
        foreach (var (bits, name) in OpenFlagNames)
        {
            if ((flags & bits) != bits) continue;
            names.Add(name);
            flags &= ~bits;
        }
        if (flags != 0) names.Add(TraceText.Hex(flags));
        return string.Join('|', names);
    }

    static readonly (uint Bits, string Name)[] OpenFlagNames =
    [
        (0x40, "O_CREAT"), (0x80, "O_EXCL"), (0x100, "O_NOCTTY"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"), (0x800, "O_NONBLOCK"), (0x101000, "O_SYNC"), (0x1000, "O_DSYNC"),
        (0x4000, "O_DIRECT"), (0x8000, "O_LARGEFILE"), (0x20000, "O_NOFOLLOW"), (0x40000, "O_NOATIME"), (0x80000, "O_CLOEXEC"), (0x200000, "O_PATH"), (0x410000, "O_TMPFILE"),
        (0x10000, "O_DIRECTORY"), (0x2000, "O_ASYNC"),
    ];

    static string MapText(uint flags)
    {
        string type = (flags & 0xF) switch { 1 => "MAP_SHARED", 2 => "MAP_PRIVATE", 3 => "MAP_SHARED_VALIDATE", _ => TraceText.Hex(flags & 0xF) };
        return (flags & ~0xFu) == 0 ? type : type + "|" + Vocabulary.Flags("f.map", flags & ~0xFu);
    }

    static string StatxMask(uint mask)
    {
        const uint basic = 0x7FF, all = 0xFFF;
        if ((mask & all) == all) return "STATX_ALL" + ((mask & ~all) == 0 ? "" : "|" + Vocabulary.Flags("f.statx", mask & ~all));
        if ((mask & basic) == basic) return "STATX_BASIC_STATS" + ((mask & ~basic) == 0 ? "" : "|" + Vocabulary.Flags("f.statx", mask & ~basic));
        return Vocabulary.Flags("f.statx", mask);
    }

    static string EnumText(TracedCall call, string kind, uint raw)
    {
        switch (kind)
        {
            case "e.futex":
                return Vocabulary.One(kind, raw & 0x7F) + ((raw & 0x80) != 0 ? "_PRIVATE" : "") + ((raw & 0x100) != 0 ? "|FUTEX_CLOCK_REALTIME" : "");
            case "e.sockopt" when call.Arguments[1] == 6: return Vocabulary.One("e.tcpopt", raw);
            case "e.sockopt" when call.Arguments[1] != 1: return TraceText.Hex(raw);
            case "e.protocol" when call.Arguments[0] is not (2 or 10): return Decimal((int)raw);
            case "e.ipcctl" when (raw & 0x100) != 0: return "IPC_64|" + Vocabulary.One(kind, raw & ~0x100u);
            default: return Vocabulary.One(kind, raw);
        }
    }
}
