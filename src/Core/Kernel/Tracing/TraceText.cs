using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>Bytes as strace writes them.</summary>
static class TraceText
{
    /// <summary>A quoted string, with dots behind it when it was cut.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes, bool isCut, bool hexadecimal = false)
    {
        var text = new StringBuilder("\"");
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (hexadecimal)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
                continue;
            }
            switch (value)
            {
                case (byte)'"': text.Append("\\\""); break;
                case (byte)'\\': text.Append("\\\\"); break;
                case (byte)'\n': text.Append("\\n"); break;
                case (byte)'\t': text.Append("\\t"); break;
                case (byte)'\r': text.Append("\\r"); break;
                case 11: text.Append("\\v"); break;
                case 12: text.Append("\\f"); break;
                case >= 32 and < 127: text.Append((char)value); break;
                default:
                    // As few digits as the next character leaves unambiguous.
                    bool followed = i + 1 < bytes.Length && bytes[i + 1] is >= (byte)'0' and <= (byte)'9';
                    text.Append('\\').Append(Convert.ToString(value, 8).PadLeft(followed ? 3 : 1, '0'));
                    break;
            }
        }
        return text.Append(isCut ? "\"..." : "\"").ToString();
    }

    /// <summary>An address: NULL or hexadecimal.</summary>
    public static string Address(uint value) => value == 0 ? "NULL" : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>Hexadecimal, and 0 as it is.</summary>
    public static string Hex(ulong value) => value == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>Octal with a leading 0; at least three digits.</summary>
    public static string Octal(uint value) => "0" + Convert.ToString(value, 8).PadLeft(value == 0 ? 0 : 3, '0').TrimStart(value == 0 ? '0' : '\0');

    /// <summary>The mode of a file: its type and permissions.</summary>
    public static string FileMode(uint mode)
    {
        string? type = (mode & 0xF000) switch
        {
            0x1000 => "S_IFIFO",
            0x2000 => "S_IFCHR",
            0x4000 => "S_IFDIR",
            0x6000 => "S_IFBLK",
            0x8000 => "S_IFREG",
            0xA000 => "S_IFLNK",
            0xC000 => "S_IFSOCK",
            _ => null,
        };
        string special = ((mode & 0x800) != 0 ? "S_ISUID|" : "") + ((mode & 0x400) != 0 ? "S_ISGID|" : "") + ((mode & 0x200) != 0 ? "S_ISVTX|" : "");
        return (type == null ? "" : type + "|") + special + Octal(mode & 0x1FF);
    }

    /// <summary>A signal's name as in <c>kill -l</c> with SIG.</summary>
    public static string SignalName(uint signal)
    {
        if (signal == 32) return "SIGRTMIN";
        if (signal is > 32 and <= 64) return string.Create(CultureInfo.InvariantCulture, $"SIGRT_{signal - 32}");
        return signal is > 0 and < 32 ? ((Signal)signal).ToString() : signal.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A set of signals; one with more than half of them as what it lacks.</summary>
    public static string SignalSet(ulong bits)
    {
        bool inverted = System.Numerics.BitOperations.PopCount(bits) > 32;
        if (inverted) bits = ~bits;
        var names = new List<string>();
        for (uint signal = 1; signal <= 64; signal++)
            if ((bits >> ((int)signal - 1) & 1) != 0) names.Add(SignalName(signal)[3..]);
        return (inverted ? "~[" : "[") + string.Join(' ', names) + "]";
    }

    /// <summary>A limit, in units of 1024 where it is a multiple.</summary>
    public static string Limit(ulong value, ulong infinity) =>
        value == infinity ? infinity == ulong.MaxValue ? "RLIM64_INFINITY" : "RLIM_INFINITY"
        : value > 1024 && value % 1024 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{value / 1024}*1024") : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The text of an errno, as strerror(3) of glibc has it.</summary>
    public static string Describe(Errno errno) => ErrnoTexts.GetValueOrDefault((int)errno, "Unknown error");

    static readonly Dictionary<int, string> ErrnoTexts = """
        1 Operation not permitted|2 No such file or directory|3 No such process|4 Interrupted system call|5 Input/output error|6 No such device or address|7 Argument list too long
        8 Exec format error|9 Bad file descriptor|10 No child processes|11 Resource temporarily unavailable|12 Cannot allocate memory|13 Permission denied|14 Bad address
        15 Block device required|16 Device or resource busy|17 File exists|18 Invalid cross-device link|19 No such device|20 Not a directory|21 Is a directory|22 Invalid argument
        23 Too many open files in system|24 Too many open files|25 Inappropriate ioctl for device|26 Text file busy|27 File too large|28 No space left on device|29 Illegal seek
        30 Read-only file system|31 Too many links|32 Broken pipe|33 Numerical argument out of domain|34 Numerical result out of range|35 Resource deadlock avoided|36 File name too long
        37 No locks available|38 Function not implemented|39 Directory not empty|40 Too many levels of symbolic links|42 No message of desired type|43 Identifier removed|61 No data available
        62 Timer expired|71 Protocol error|75 Value too large for defined data type|84 Invalid or incomplete multibyte or wide character|87 Too many users|88 Socket operation on non-socket
        89 Destination address required|90 Message too long|91 Protocol wrong type for socket|92 Protocol not available|93 Protocol not supported|94 Socket type not supported
        95 Operation not supported|96 Protocol family not supported|97 Address family not supported by protocol|98 Address already in use|99 Cannot assign requested address
        100 Network is down|101 Network is unreachable|103 Software caused connection abort|104 Connection reset by peer|105 No buffer space available
        106 Transport endpoint is already connected|107 Transport endpoint is not connected|109 Too many references: cannot splice|110 Connection timed out|111 Connection refused
        113 No route to host|114 Operation already in progress|115 Operation now in progress|116 Stale file handle|122 Disk quota exceeded|125 Operation canceled|130 Owner died
        131 State not recoverable
        """.Split(['|', '\n'], StringSplitOptions.TrimEntries).ToDictionary(static entry => int.Parse(entry.Split(' ')[0], CultureInfo.InvariantCulture), static entry => entry[(entry.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
}
