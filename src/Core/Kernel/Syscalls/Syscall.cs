namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>How much of a system call works.</summary>
public enum Support
{
    /// <summary>As the manual page says.</summary>
    Full,
    /// <summary>The note says what is missing.</summary>
    Partial,
    /// <summary>Refused on purpose; the note says with which errno and why.</summary>
    Refused,
}

/// <summary>Does a system call for a task. Runs again from the start when a wait ends; <see cref="Task.Call"/> keeps what it needs to know then.</summary>
public delegate Result SyscallHandler(Task task, in CallArguments args);

/// <summary>One line of the table of system calls, which is also its documentation.</summary>
/// <param name="Number">i386 number.</param>
/// <param name="Name">Name as in the manual.</param>
/// <param name="Handler">Does it.</param>
/// <param name="Support">How much works.</param>
/// <param name="Note">What is missing, or why it is refused.</param>
public sealed record Syscall(uint Number, string Name, SyscallHandler Handler, Support Support, string Note = "");
