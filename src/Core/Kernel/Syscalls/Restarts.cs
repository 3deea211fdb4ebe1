namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>The ERESTART* values by which a call tells how it goes on after a signal (linux/errno.h). Only a traced task ever has one in EAX.</summary>
internal static class Restarts
{
    const int RestartSystem = -512, RestartAlways = -513, RestartNoHandler = -514, RestartBlock = -516;
    const uint RestartSystemCall = 0;

    /// <summary>What a call gives that is interrupted.</summary>
    public static int CodeOf(Interruption interruption) => interruption switch
    {
        Interruption.Restart => RestartSystem,
        Interruption.Always => RestartAlways,
        Interruption.NoHandler => RestartNoHandler,
        Interruption.RestartBlock => RestartBlock,
        _ => -(int)Errno.EINTR,
    };

    /// <summary>A handler is about to run (handle_signal).</summary>
    public static void BeforeHandler(Task task, SignalActionFlags flags)
    {
        if (task.Call.Ended == uint.MaxValue) return;
        switch ((int)task.Registers!.Eax)
        {
            case RestartBlock or RestartNoHandler:
            case RestartSystem when (flags & SignalActionFlags.Restart) == 0:
                task.Registers.Eax = unchecked((uint)-(int)Errno.EINTR);
                break;
            case RestartSystem or RestartAlways:
                GoBack(task, task.Call.Ended);
                break;
        }
        task.Call.Ended = uint.MaxValue;
    }

    /// <summary>No handler has run, and the task goes back to user mode (arch_do_signal_or_restart).</summary>
    public static void WithoutHandler(Task task)
    {
        if (task.Call.Ended == uint.MaxValue) return;
        switch ((int)task.Registers!.Eax)
        {
            case RestartNoHandler or RestartSystem or RestartAlways:
                GoBack(task, task.Call.Ended);
                break;
            case RestartBlock:
                GoBack(task, RestartSystemCall);
                break;
        }
        task.Call.Ended = uint.MaxValue;
    }

    static void GoBack(Task task, uint number)
    {
        task.Registers!.Eip -= 2;
        task.Registers.Eax = number;
    }
}
