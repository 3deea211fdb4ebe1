using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Seccomp;

/// <summary>Asks before a system call whether the task may make it (Linux: kernel/seccomp.c, __secure_computing).</summary>
internal static class SeccompChecks
{
    const uint Read = 3, Write = 4, Exit = 1, SigReturn = 119;

    /// <summary>AUDIT_ARCH_I386.</summary>
    const uint Architecture = 0x40000003;

    const int SystemCallCode = 1;

    /// <summary>True when the call goes on. Else it has ended, with or without the task, or its tracer looks at it.</summary>
    /// <param name="task">In front of a call.</param>
    /// <param name="isSeen">True when the tracer has seen the call by order of a filter already.</param>
    public static bool Allows(Task task, bool isSeen)
    {
        uint number = task.Call.Number;
        if (task.Seccomp == SeccompMode.Strict)
        {
            if (number is Read or Write or Exit or SigReturn) return true;
            End(task, (int)Signal.SIGKILL);
            return false;
        }
        uint answer = Ask(task, number), data = answer & 0xFFFF;
        switch (answer & 0xFFFF0000)
        {
            case SeccompActions.Allow or SeccompActions.Log:
                return true;
            case SeccompActions.Error:
                SystemCalls.Finish(task, (Errno)Math.Min(data, 4095));
                return false;
            case SeccompActions.Trap:
                Trap(task, data);
                return false;
            case SeccompActions.Trace:
                if (isSeen) return true;
                if (!TraceStops.Wants(task, TraceEvent.Seccomp))
                {
                    SystemCalls.Finish(task, Errno.ENOSYS);
                    return false;
                }
                task.Call.IsAtEntry = task.Call.IsFilterSeen = TraceStops.AtEvent(task, TraceEvent.Seccomp, data);
                return !task.Call.IsAtEntry;
            case SeccompActions.KillThread when task.Group.Threads.Count > 1:
                End(task, (int)Signal.SIGSYS);
                return false;
            default:
                task.Handlers[Signal.SIGSYS] = default;
                task.BlockedSignals &= ~SignalSet.Of(Signal.SIGSYS);
                Trap(task, data);
                return false;
        }
    }

    static uint Ask(Task task, uint number)
    {
        var arguments = task.Call.Arguments;
        Span<uint> words = stackalloc uint[FilterProgram.DataSize / 4];
        words.Clear();
        words[0] = number;
        words[1] = Architecture;
        words[2] = task.Registers!.Eip;
        for (int i = 0; i < 6; i++) words[4 + i * 2] = arguments[i];
        return task.SeccompFilter!.Run(words);
    }

    /// <summary>SIGSYS in place of the call, with the registers as before it.</summary>
    static void Trap(Task task, uint data)
    {
        uint number = task.Call.Number, address = task.Registers!.Eip;
        task.Registers.Eax = number;
        SystemCalls.Finish(task, Result.NoReturn);
        Machine.Force(task, new SignalInfo { Signal = Signal.SIGSYS, ErrorNumber = (int)data, Code = SystemCallCode, Field0 = address, Field1 = number, Field2 = Architecture });
    }

    static void End(Task task, int status)
    {
        task.Call.End();
        Exits.EndByTask(task, status, isGroup: false);
    }
}
