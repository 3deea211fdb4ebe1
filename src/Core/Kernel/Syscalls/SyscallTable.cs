using System.Text;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>All system calls by number, gathered from the families.</summary>
public static class SyscallTable
{
    static readonly Syscall?[] ByNumber = Build();

    /// <summary>All calls, ascending by number.</summary>
    public static IEnumerable<Syscall> All => ByNumber.OfType<Syscall>();

    /// <summary>The call of a number, or null.</summary>
    public static Syscall? Find(uint number) => number < (uint)ByNumber.Length ? ByNumber[number] : null;

    /// <summary>A table for one machine, which may put other calls in.</summary>
    internal static Syscall?[] Copy() => [.. ByNumber];

    /// <summary>The name of a number, or its digits.</summary>
    public static string NameOf(uint number) => Find(number)?.Name ?? SyscallNames.Find(number) ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>docs/syscalls.md.</summary>
    public static string ToMarkdown()
    {
        var rows = new StringBuilder();
        int done = 0, partial = 0, refused = 0, absent = 0;
        for (uint number = 0; number < (uint)ByNumber.Length; number++)
        {
            var call = Find(number);
            string? name = call?.Name ?? SyscallNames.Find(number);
            if (name == null) continue;
            // With guests that may take checkpoints, each of the two numbers has two calls.
            if (number is 333 or 334) rows.Append($"| {number} | {(number == 333 ? "checkpoint" : "restart")}, {name} | done | which of the two: `docs/checkpoint.md`; with the checkpoint part left out, {name} alone |\n");
            else if (call == null) rows.Append($"| {number} | {name} | refused | ENOSYS: {(SyscallNames.IsHollow(name) ? "Linux has none either" : "not there yet")} |\n");
            else rows.Append($"| {number} | {name} | {(call.Support == Support.Full ? "done" : call.Support.ToString().ToLowerInvariant())} | {call.Note} |\n");
            if (number is 333 or 334 || call?.Support == Support.Full) done++;
            else if (call?.Support == Support.Partial) partial++;
            else if (call != null || SyscallNames.IsHollow(name)) refused++;
            else absent++;
        }
        var text = new StringBuilder();
        text.Append("# System calls\n\nWhat the kernel of a machine answers, by i386 number. Generated from the dispatch table, not written by hand.\n\n");
        text.Append($"{done} done, {partial} partial, {refused} refused on purpose, {absent} not there yet.\n\n");
        text.Append("*done*: as the manual page says, within one machine; *partial*: the note says what is missing; *refused*: with the errno and the reason.\n");
        text.Append("Any other number gives ENOSYS. `Get-CrTask` counts the calls of a task that ended in an ENOSYS which is not refused on purpose.\n\n");
        text.Append("| number | call | support | note |\n|---:|---|---|---|\n");
        text.Append(rows);
        return text.ToString();
    }

    static Syscall?[] Build()
    {
        Syscall[][] families =
        [
            AttributeCalls.Table,
            CapabilityCalls.Table,
            ClockAdjustCalls.Table,
            ClockCalls.Table,
            ComparisonCalls.Table,
            CredentialCalls.Table,
            DescriptorCalls.Table,
            DirectoryCalls.Table,
            EpollCalls.Table,
            EventFileCalls.Table,
            ExecCalls.Table,
            ExtendedAttributeCalls.Table,
            FileCalls.Table,
            FutexCalls.Table,
            FutexVectorCalls.Table,
            IdentityCalls.Table,
            InotifyCalls.Table,
            IpcCalls.Table,
            LockCalls.Table,
            MemoryAdviceCalls.Table,
            MemoryCalls.Table,
            MemoryLockCalls.Table,
            MessageCalls.Table,
            MessageQueueCalls.Table,
            PathCalls.Table,
            PidCalls.Table,
            PipeCalls.Table,
            PollCalls.Table,
            PosixQueueCalls.Table,
            PosixTimerCalls.Table,
            ProcessCalls.Table,
            ProcessControlCalls.Table,
            ProcessMemoryCalls.Table,
            ReadWriteCalls.Table,
            RefusedCalls.Table,
            RemovedCalls.Table,
            ResourceCalls.Table,
            SchedulingCalls.Table,
            SchedulingPolicyCalls.Table,
            SeccompCalls.Table,
            SegmentCalls.Table,
            SemaphoreCalls.Table,
            SharedSegmentCalls.Table,
            SignalCalls.Table,
            SignalMaskCalls.Table,
            SleepCalls.Table,
            SocketCalls.Table,
            SpliceCalls.Table,
            StatCalls.Table,
            SystemInformationCalls.Table,
            TerminalCalls.Table,
            ThreadCalls.Table,
            TimerCalls.Table,
            TraceCalls.Table,
            WaitCalls.Table,
        ];
        var table = new Syscall?[512];
        foreach (var family in families)
        {
            foreach (var call in family)
            {
                if (table[call.Number] != null) throw new InvalidOperationException($"system call {call.Number} is in two families");
                table[call.Number] = call;
            }
        }
        return table;
    }
}
