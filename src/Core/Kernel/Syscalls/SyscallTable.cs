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

    /// <summary>The name of a number, or its digits.</summary>
    public static string NameOf(uint number) => Find(number)?.Name ?? number.ToString();

    /// <summary>docs/syscalls.md.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("# System calls\n\nWhat the kernel of a machine answers, by i386 number. Generated from the dispatch table, not written by hand.\n");
        text.Append("A number that is not listed gives ENOSYS, and `Get-CrTask` counts it. *full*: as the manual page says, within one machine;\n");
        text.Append("*partial*: the note says what is missing; *refused*: on purpose, with the errno and the reason.\n");
        text.Append("333 and 334 belong to the checkpoint part and follow `docs/checkpoint.md`.\n\n");
        text.Append("| number | call | support | note |\n|---:|---|---|---|\n");
        foreach (var call in All) text.Append($"| {call.Number} | {call.Name} | {call.Support.ToString().ToLowerInvariant()} | {call.Note} |\n");
        return text.ToString();
    }

    static Syscall?[] Build()
    {
        Syscall[][] families =
        [
            AttributeCalls.Table,
            CapabilityCalls.Table,
            ClockCalls.Table,
            CredentialCalls.Table,
            DescriptorCalls.Table,
            DirectoryCalls.Table,
            EpollCalls.Table,
            EventFileCalls.Table,
            ExecCalls.Table,
            FileCalls.Table,
            FutexCalls.Table,
            FutexVectorCalls.Table,
            IdentityCalls.Table,
            IpcCalls.Table,
            MemoryCalls.Table,
            MessageQueueCalls.Table,
            PathCalls.Table,
            PipeCalls.Table,
            PollCalls.Table,
            ProcessCalls.Table,
            ReadWriteCalls.Table,
            RefusedCalls.Table,
            ResourceCalls.Table,
            SchedulingCalls.Table,
            SegmentCalls.Table,
            SemaphoreCalls.Table,
            SharedSegmentCalls.Table,
            SignalCalls.Table,
            SignalMaskCalls.Table,
            SleepCalls.Table,
            SocketCalls.Table,
            StatCalls.Table,
            SystemInformationCalls.Table,
            ThreadCalls.Table,
            TimerCalls.Table,
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
