using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>What a traced task did.</summary>
public enum TraceEntryKind
{
    /// <summary>A system call.</summary>
    Call,
    /// <summary>A signal was delivered.</summary>
    Signal,
    /// <summary>The task ended.</summary>
    Exit,
}

/// <summary>A call as it was captured: registers, and copies of what they pointed to at entry and at return.</summary>
sealed class TracedCall(SyscallSignature signature, in CallArguments arguments, int stringLength, bool isRaw)
{
    public SyscallSignature Signature { get; } = signature;

    public CallArguments Arguments { get; } = arguments;

    public int StringLength { get; } = stringLength;

    public bool IsRaw { get; } = isRaw;

    public int Result { get; set; }

    /// <summary>The signal mask that a return from a handler brought back.</summary>
    public SignalSet? Mask { get; set; }

    public object?[] Inputs { get; } = new object?[signature.Parameters.Count];

    public object?[] Outputs { get; } = new object?[signature.Parameters.Count];
}

/// <summary>One line of a trace. Any thread.</summary>
public sealed class TraceEntry
{
    readonly TracedCall? call;
    readonly SignalInfo signal;
    IReadOnlyList<TraceArgument>? arguments;

    internal TraceEntry(Task task, TraceEntryKind kind, ulong instruction, TracedCall? call = null, SignalInfo signal = default)
    {
        Kind = kind;
        Pid = task.Pid;
        ThreadGroupId = task.Tgid;
        Command = task.Comm;
        Instruction = instruction;
        this.call = call;
        this.signal = signal;
    }

    /// <summary>What it is.</summary>
    public TraceEntryKind Kind { get; }

    /// <summary>The task's id.</summary>
    public int Pid { get; }

    /// <summary>The process's id.</summary>
    public int ThreadGroupId { get; }

    /// <summary>The task's name at that time.</summary>
    public string Command { get; }

    /// <summary>The machine's count of instructions when the task entered the call, got the signal, or ended.</summary>
    public ulong Instruction { get; }

    /// <summary>Instructions that the machine retired while the call lasted: 0 unless the task had to wait.</summary>
    public ulong Duration { get; internal init; }

    /// <summary>The call's number.</summary>
    public uint Number { get; internal init; }

    /// <summary>The call's name; for a signal its name, empty for an end.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>What EAX became; null for a call that did not return or that goes back to its beginning.</summary>
    public int? Result { get; internal init; }

    /// <summary>The errno of a call that failed.</summary>
    public Errno? Errno => Result is < 0 and >= -4095 && !IsAddress(Result.Value) ? (Errno)(-Result.Value) : null;

    /// <summary>How a signal ends the call: ERESTARTSYS and the like, as strace names it; null for a call that returned.</summary>
    public string? Restart { get; internal init; }

    /// <summary>True when the task was in the call already as the trace began.</summary>
    public bool IsResumed { get; internal init; }

    /// <summary>True when the task was still in the call as the trace ended.</summary>
    public bool IsUnfinished { get; internal init; }

    /// <summary>The signal that was delivered, or that ended the task.</summary>
    public Signal? Signal { get; internal init; }

    /// <summary>The status with which the task ended, as wait(2) encodes it.</summary>
    public int? ExitStatus { get; internal init; }

    /// <summary>The arguments.</summary>
    public IReadOnlyList<TraceArgument> Arguments => arguments ??= call == null ? [] : TraceFormat.Arguments(call);

    static bool IsAddress(int result) => result < -4095;

    /// <summary>The line as strace writes it, without the pid.</summary>
    public override string ToString() => Kind switch
    {
        TraceEntryKind.Signal => $"--- {Name} {TraceFormat.SignalText(signal)} ---",
        TraceEntryKind.Exit => ExitText(),
        _ => CallText(),
    };

    string ExitText()
    {
        int status = ExitStatus!.Value;
        return (status & 0x7F) != 0
            ? $"+++ killed by {TraceText.SignalName((uint)status & 0x7F)}{((status & 0x80) != 0 ? " (core dumped)" : "")} +++"
            : string.Create(CultureInfo.InvariantCulture, $"+++ exited with {status >> 8 & 0xFF} +++");
    }

    string CallText()
    {
        var text = new StringBuilder();
        if (IsResumed) text.Append("<... ").Append(Name).Append(" resumed>");
        else text.Append(Name).Append('(');
        var parts = Arguments.Select(static argument => argument.Text);
        if (Name == "clone" && Arguments.Count == 5) parts = CloneText();
        if (!IsResumed) text.AppendJoin(", ", parts);
        if (call?.Mask is { } mask) text.Append("{mask=").Append(TraceText.SignalSet(mask.Bits)).Append('}');
        if (IsUnfinished) return text.Append(" <unfinished ...>").ToString();
        text.Append(')');
        text.Append(' ', Math.Max(39 - text.Length, 0)).Append(" = ").Append(ResultText());
        return text.ToString();
    }

    /// <summary>clone(2) with its parameters by name, and only those that its flags ask for.</summary>
    IEnumerable<string> CloneText()
    {
        uint flags = Arguments[0].Raw;
        yield return "child_stack=" + Arguments[1].Text;
        yield return "flags=" + Arguments[0].Text;
        if ((flags & 0x100000) != 0) yield return "parent_tid=" + Arguments[2].Text;
        if ((flags & 0x80000) != 0) yield return "tls=" + Arguments[3].Text;
        if ((flags & 0x1200000) != 0) yield return "child_tidptr=" + Arguments[4].Text;
    }

    string ResultText()
    {
        if (Restart != null) return "? " + Restart;
        if (Result is not { } result) return "?";
        if (Errno is { } errno) return $"-1 {errno} ({TraceText.Describe(errno)})";
        if (Name is "fcntl" or "fcntl64" && !call!.IsRaw && Arguments[1].Raw is 1 or 3)
            return Arguments[1].Raw == 3 ? $"0x{result:x} (flags {TraceFormat.OpenFlags((uint)result)})" : result == 0 ? "0" : $"0x{result:x} (flags FD_CLOEXEC)";
        string value = call!.Signature.Result switch
        {
            "ptr" => TraceText.Hex((uint)result),
            "octal" => TraceText.Octal((uint)result),
            _ => result.ToString(CultureInfo.InvariantCulture),
        };
        return value + Extra(result);
    }

    /// <summary>What strace adds behind the result: which descriptors are ready, what of the time is left.</summary>
    string Extra(int result)
    {
        switch (Name)
        {
            case "set_thread_area" when call!.Outputs[0] is byte[] entry:
                return string.Create(CultureInfo.InvariantCulture, $" (entry_number={BitConverter.ToInt32(entry)})");
            case "poll" or "ppoll" or "ppoll_time64" when result == 0 && !call!.IsRaw:
            case "_newselect" or "pselect6" or "pselect6_time64" when result == 0 && !call!.IsRaw:
                return " (Timeout)";
            case "poll" or "ppoll" or "ppoll_time64" when call!.Outputs[0] is byte[] ready:
                return $" ({TraceFormat.ReadyText(ready)})";
            case "_newselect" or "pselect6" or "pselect6_time64":
                return TraceFormat.SelectedText(call!);
            default:
                return "";
        }
    }
}
