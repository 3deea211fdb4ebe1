namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Terminals beside ioctl(2): vhangup(2).</summary>
internal static class TerminalCalls
{
    internal static readonly Syscall[] Table =
    [
        new(111, "vhangup", HangUp, Support.Full),
    ];

    static Result HangUp(Task task, in CallArguments a)
    {
        if (!task.Credentials.IsPrivileged) return Errno.EPERM;
        task.Group.Terminal?.HangUp();
        return 0;
    }
}
