using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <content>Structures, in braces.</content>
static partial class TraceFormat
{
    static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    static int S32(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    static long S64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static string StructText(TracedCall call, string kind, byte[] b) => kind switch
    {
        "timespec" or "futextime" => Timespec(b, 0),
        "time64" or "futextime64" => Say($"{{tv_sec={S64(b, 0)}, tv_nsec={S32(b, 8)}}}"),
        "timeval" => Timeval(b, 0),
        "timespec2" => $"[{Timestamp(b, 0, false)}, {Timestamp(b, 8, false)}]",
        "time64_2" => $"[{Timestamp(b, 0, true)}, {Timestamp(b, 16, true)}]",
        "timeval2" => $"[{Timeval(b, 0)}, {Timeval(b, 8)}]",
        "timezone" => Say($"{{tz_minuteswest={S32(b, 0)}, tz_dsttime={S32(b, 4)}}}"),
        "utimbuf" => Say($"{{actime={S32(b, 0)}, modtime={S32(b, 4)}}}"),
        "itimerval" => $"{{it_interval={Timeval(b, 0)}, it_value={Timeval(b, 8)}}}",
        "itimerspec" => $"{{it_interval={Timespec(b, 0)}, it_value={Timespec(b, 8)}}}",
        "itimer64" => Say($"{{it_interval={{tv_sec={S64(b, 0)}, tv_nsec={S32(b, 8)}}}, it_value={{tv_sec={S64(b, 16)}, tv_nsec={S32(b, 24)}}}}}"),
        "stat64" => Stat(U32(b, 16), S64(b, 44), U32(b, 32)),
        "stat" => Stat(BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(8)), U32(b, 20), U32(b, 16)),
        "statx" => Say($"{{stx_mask={StatxMask(U32(b, 0))}, stx_attributes={TraceText.Hex(U64(b, 8))}, stx_mode={TraceText.FileMode(BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(28)))}, stx_size={S64(b, 40)}, ...}}"),
        "statfs" => Say($"{{f_type={TraceText.Hex(U32(b, 0))}, f_bsize={U32(b, 4)}, f_blocks={U32(b, 8)}, f_bfree={U32(b, 12)}, ...}}"),
        "statfs64" => Say($"{{f_type={TraceText.Hex(U32(b, 0))}, f_bsize={U32(b, 4)}, f_blocks={U64(b, 8)}, f_bfree={U64(b, 16)}, ...}}"),
        "sigset" => TraceText.SignalSet(U64(b, 0)),
        "oldsigset" => TraceText.SignalSet(U32(b, 0)),
        "sigaction" => Action(U32(b, 0), U32(b, 4), U32(b, 8), U64(b, 12)),
        "oldsigaction" => Action(U32(b, 0), U32(b, 8), U32(b, 12), U32(b, 4)),
        "stack" => Say($"{{ss_sp={TraceText.Address(U32(b, 0))}, ss_flags={Vocabulary.Flags("f.ss", U32(b, 4))}, ss_size={U32(b, 8)}}}"),
        "rlimit" => $"{{rlim_cur={TraceText.Limit(U32(b, 0), uint.MaxValue)}, rlim_max={TraceText.Limit(U32(b, 4), uint.MaxValue)}}}",
        "rlimit64" => $"{{rlim_cur={TraceText.Limit(U64(b, 0), ulong.MaxValue)}, rlim_max={TraceText.Limit(U64(b, 8), ulong.MaxValue)}}}",
        "rusage" => $"{{ru_utime={Timeval(b, 0)}, ru_stime={Timeval(b, 8)}, ...}}",
        "tms" => Say($"{{tms_utime={U32(b, 0)}, tms_stime={U32(b, 4)}, tms_cutime={U32(b, 8)}, tms_cstime={U32(b, 12)}}}"),
        "utsname" => $"{{sysname={Field(b, 0)}, nodename={Field(b, 65)}, ...}}",
        "sysinfo" => Say($"{{uptime={S32(b, 0)}, loads=[{U32(b, 4)}, {U32(b, 8)}, {U32(b, 12)}], totalram={U32(b, 16)}, freeram={U32(b, 20)}, sharedram={U32(b, 24)}, bufferram={U32(b, 28)}, totalswap={U32(b, 32)}, freeswap={U32(b, 36)}, procs={BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(40))}, totalhigh={U32(b, 44)}, freehigh={U32(b, 48)}, mem_unit={U32(b, 52)}}}"),
        "user_desc" => UserDescriptor(b),
        "siginfo" => SignalText(SignalInfo.Read(b)),
        "open_how" => $"{{flags={FlagText("f.open", U32(b, 0))}, {((U64(b, 0) & 0x40) != 0 ? "mode=" + TraceText.Octal(U32(b, 8)) + ", " : "")}resolve={Vocabulary.Flags("f.resolve", U32(b, 16))}}}",
        "clone_args" => Say($"{{flags={FlagText("f.clone", U32(b, 0) & ~0xFFu)}, exit_signal={(U64(b, 32) == 0 ? "0" : TraceText.SignalName(U32(b, 32)))}, stack={TraceText.Address(U32(b, 40))}, stack_size={TraceText.Hex(U64(b, 48))}}}"),
        "fd2" => Say($"[{S32(b, 0)}, {S32(b, 4)}]"),
        "intptr" => Say($"[{S32(b, 0)}]"),
        "uintptr" => Say($"[{U32(b, 0)}]"),
        "u16ptr" => Say($"[{BinaryPrimitives.ReadUInt16LittleEndian(b)}]"),
        "off64ptr" => Say($"[{S64(b, 0)}]"),
        "off32ptr" => Say($"[{S32(b, 0)}]"),
        "u32s" => Items(b, 4, at => Say($"{U32(b, at)}")),
        "u16s" => Items(b, 2, at => Say($"{BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(at))}")),
        "sched_param" => Say($"[{S32(b, 0)}]"),
        "cpuset" => CpuSet(b),
        "cap_header" => Say($"{{version={TraceText.Hex(U32(b, 0))}, pid={S32(b, 4)}}}"),
        "cap_data" => $"{{effective={TraceText.Hex(U32(b, 0))}, permitted={TraceText.Hex(U32(b, 4))}, inheritable={TraceText.Hex(U32(b, 8))}}}",
        "wstatus" => "[" + StatusText(S32(b, 0)) + "]",
        "epoll_event" => EpollEvent(b, 0),
        "epoll_events" => Items(b, 12, at => EpollEvent(b, at)),
        "pollfds" => Items(b, 8, at => Say($"{{fd={S32(b, at)}, events={Vocabulary.Flags("f.poll", U32(b, at + 4) & 0xFFFF)}}}")),
        "fdset" => FdSet(b, (int)call.Arguments[0]),
        "sembufs" => Items(b, 6, at => Say($"{{sem_num={BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(at))}, sem_op={BinaryPrimitives.ReadInt16LittleEndian(b.AsSpan(at + 2))}, sem_flg={Vocabulary.Flags("f.semop", BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(at + 4)))}}}")),
        "sockaddr" => AddressText(b),
        "sockval" => b.Length == 4 ? Say($"[{S32(b, 0)}]") : TraceText.Quote(b, false),
        "msgbuf" => Say($"{{mtype={S32(b, 0)}, mtext={TraceText.Quote(b.AsSpan(4), false)}}}"),
        "sigevent" => Say($"{{sigev_value={TraceText.Hex(U32(b, 0))}, sigev_signo={TraceText.SignalName(U32(b, 4))}, sigev_notify={U32(b, 8)}}}"),
        "socketargs" => Items(b, 4, at => TraceText.Hex(U32(b, at))),
        _ => TraceText.Quote(b, false),
    };

    static string Items(byte[] bytes, int size, Func<int, string> item)
    {
        var texts = new List<string>();
        for (int at = 0; at + size <= bytes.Length; at += size) texts.Add(item(at));
        return "[" + string.Join(", ", texts) + "]";
    }

    static string Timespec(byte[] b, int at) => Say($"{{tv_sec={S32(b, at)}, tv_nsec={S32(b, at + 4)}}}");

    static string Timeval(byte[] b, int at) => Say($"{{tv_sec={S32(b, at)}, tv_usec={S32(b, at + 4)}}}");

    static string Timestamp(byte[] b, int at, bool isLong)
    {
        long seconds = isLong ? S64(b, at) : S32(b, at);
        int nanoseconds = S32(b, at + (isLong ? 8 : 4));
        return nanoseconds == (1 << 30) - 1 ? "UTIME_NOW" : nanoseconds == (1 << 30) - 2 ? "UTIME_OMIT" : Say($"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}");
    }

    static string Stat(uint mode, long size, uint device) =>
        (mode & 0xF000) is 0x2000 or 0x6000
            ? $"{{st_mode={TraceText.FileMode(mode)}, st_rdev={DeviceText(device)}, ...}}"
            : Say($"{{st_mode={TraceText.FileMode(mode)}, st_size={size}, ...}}");

    static string Action(uint handler, uint flags, uint restorer, ulong mask)
    {
        string text = $"{{sa_handler={HandlerText(handler)}, sa_mask={TraceText.SignalSet(mask)}, sa_flags={Vocabulary.Flags("f.sa", flags)}";
        if ((flags & 0x04000000) != 0) text += $", sa_restorer={TraceText.Address(restorer)}";
        return text + "}";
    }

    static string Field(byte[] bytes, int at)
    {
        var span = bytes.AsSpan(at, 65);
        int end = span.IndexOf((byte)0);
        return TraceText.Quote(end < 0 ? span : span[..end], false);
    }

    static string UserDescriptor(byte[] b)
    {
        uint bits = U32(b, 12);
        return Say($"{{entry_number={S32(b, 0)}, base_addr={TraceText.Hex(U32(b, 4))}, limit=0x{U32(b, 8):x6}, seg_32bit={bits & 1}, contents={bits >> 1 & 3}, read_exec_only={bits >> 3 & 1}, limit_in_pages={bits >> 4 & 1}, seg_not_present={bits >> 5 & 1}, useable={bits >> 6 & 1}}}");
    }

    static string EpollEvent(byte[] b, int at) => Say($"{{events={Vocabulary.Flags("f.epoll", U32(b, at))}, data={{u32={U32(b, at + 4)}, u64={U64(b, at + 4)}}}}}");

    static string CpuSet(byte[] b)
    {
        var numbers = new List<string>();
        for (int bit = 0; bit < b.Length * 8; bit++)
            if ((b[bit / 8] >> (bit % 8) & 1) != 0) numbers.Add(Decimal(bit));
        return "[" + string.Join(' ', numbers) + "]";
    }

    static string FdSet(byte[] b, int count)
    {
        var numbers = new List<string>();
        for (int bit = 0; bit < Math.Min(count, b.Length * 8); bit++)
            if ((b[bit / 8] >> (bit % 8) & 1) != 0) numbers.Add(Decimal(bit));
        return "[" + string.Join(' ', numbers) + "]";
    }

    /// <summary>The status that wait(2) gives, by the macros that take it apart.</summary>
    public static string StatusText(int status)
    {
        int signal = status & 0x7F;
        if (status == 0xFFFF) return "{WIFCONTINUED(s)}";
        if ((status & 0xFF) == 0x7F) return $"{{WIFSTOPPED(s) && WSTOPSIG(s) == {TraceText.SignalName((uint)(status >> 8 & 0xFF))}}}";
        if (signal != 0) return $"{{WIFSIGNALED(s) && WTERMSIG(s) == {TraceText.SignalName((uint)signal)}{((status & 0x80) != 0 ? " && WCOREDUMP(s)" : "")}}}";
        return Say($"{{WIFEXITED(s) && WEXITSTATUS(s) == {status >> 8 & 0xFF}}}");
    }

    static string AddressText(byte[] b)
    {
        if (b.Length < 2) return TraceText.Quote(b, false);
        int family = BinaryPrimitives.ReadUInt16LittleEndian(b);
        string name = "sa_family=" + Vocabulary.One("e.family", (uint)family);
        switch (family)
        {
            case 1 when b.Length == 2: return "{" + name + "}";
            case 1 when b[2] == 0: return $"{{{name}, sun_path=@{TraceText.Quote(b.AsSpan(3), false)}}}";
            case 1:
                int end = b.AsSpan(2).IndexOf((byte)0);
                return $"{{{name}, sun_path={TraceText.Quote(end < 0 ? b.AsSpan(2) : b.AsSpan(2, end), false)}}}";
            case 2 when b.Length >= 8:
                return Say($"{{{name}, sin_port=htons({BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(2))}), sin_addr=inet_addr(\"{new IPAddress(b.AsSpan(4, 4))}\")}}");
            case 10 when b.Length >= 28:
                return Say($"{{{name}, sin6_port=htons({BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(2))}), sin6_flowinfo=htonl({BinaryPrimitives.ReadUInt32BigEndian(b.AsSpan(4))}), inet_pton(AF_INET6, \"{new IPAddress(b.AsSpan(8, 16))}\", &sin6_addr), sin6_scope_id={U32(b, 24)}}}");
            default: return $"{{{name}, sa_data={TraceText.Quote(b.AsSpan(2), false)}}}";
        }
    }

    /// <summary>A siginfo as strace has it between the dashes.</summary>
    public static string SignalText(in SignalInfo info)
    {
        uint code = (uint)info.Code;
        var text = new StringBuilder("{si_signo=").Append(TraceText.SignalName((uint)info.Signal)).Append(", si_code=");
        string? own = info.Signal switch
        {
            Signal.SIGCHLD => "e.child",
            Signal.SIGSEGV => "e.segv",
            Signal.SIGBUS => "e.bus",
            Signal.SIGILL => "e.ill",
            Signal.SIGFPE => "e.fpe",
            Signal.SIGTRAP => "e.trap",
            _ => null,
        };
        string? codeName = (own == null || info.Code <= 0 ? null : Vocabulary.Find(own, code)) ?? Vocabulary.Find("e.sicode", code);
        text.Append(codeName ?? Decimal(info.Code));
        if (info.Code > 0 && info.Code != SignalCode.Kernel)
        {
            if (info.Signal == Signal.SIGCHLD)
            {
                string status = info.Code == SignalCode.ChildExited ? Decimal((int)info.Field2) : TraceText.SignalName(info.Field2);
                text.Append(CultureInfo.InvariantCulture, $", si_pid={(int)info.Field0}, si_uid={info.Field1}, si_status={status}, si_utime={info.Field3}, si_stime={info.Field4}");
            }
            else
            {
                text.Append(", si_addr=").Append(TraceText.Address(info.Field0));
            }
        }
        else if (info.Code == SignalCode.Timer)
        {
            text.Append(CultureInfo.InvariantCulture, $", si_timerid={TraceText.Hex(info.Field0)}, si_overrun={info.Field1}, si_int={(int)info.Field2}, si_ptr={TraceText.Address(info.Field2)}");
        }
        else if (info.Code <= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", si_pid={(int)info.Field0}, si_uid={info.Field1}");
            if (info.Code != SignalCode.User && info.Code != SignalCode.ThreadKill) text.Append(CultureInfo.InvariantCulture, $", si_int={(int)info.Field2}, si_ptr={TraceText.Address(info.Field2)}");
        }
        return text.Append('}').ToString();
    }
}
