using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>Classes of system calls as strace has them.</summary>
public static class SyscallClasses
{
    static readonly Dictionary<string, HashSet<string>> Listed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["process"] = Words("fork vfork clone clone3 execve execveat exit exit_group wait4 waitpid waitid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_open unshare setns"),
        ["network"] = Words("socketcall socket socketpair bind connect listen accept4 getsockopt setsockopt getsockname getpeername sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg recvmmsg_time64 shutdown sendfile sendfile64"),
        ["signal"] = Words("signal sigaction rt_sigaction sigprocmask rt_sigprocmask sigpending rt_sigpending sigsuspend rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack sigreturn rt_sigreturn kill tkill tgkill pause signalfd signalfd4 sgetmask ssetmask pidfd_send_signal"),
        ["memory"] = Words("brk mmap mmap2 munmap mremap mprotect pkey_mprotect madvise process_madvise mincore msync mlock mlock2 munlock mlockall munlockall remap_file_pages mbind get_mempolicy set_mempolicy migrate_pages move_pages shmat shmdt memfd_secret"),
        ["ipc"] = Words("ipc semget semctl semtimedop_time64 shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl"),
        ["creds"] = [.. SyscallSignatures.Names.Where(static name => name.Contains("uid", StringComparison.Ordinal) && !name.Contains("pid", StringComparison.Ordinal)
            || name.Contains("gid", StringComparison.Ordinal) && !name.Contains("pgid", StringComparison.Ordinal) || name.Contains("groups", StringComparison.Ordinal)), "capget", "capset", "prctl"],
        ["clock"] = Words("time stime gettimeofday settimeofday adjtimex clock_gettime clock_settime clock_getres clock_adjtime clock_gettime64 clock_settime64 clock_getres_time64 clock_adjtime64"),
        ["pure"] = Words("getpid getppid gettid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getpgrp"),
        ["file"] = [.. SyscallSignatures.Names.Where(static name => SyscallSignatures.Find(name).Parameters.Any(static parameter => parameter.Kind == "path")), "getcwd"],
        ["desc"] = [.. SyscallSignatures.Names.Where(static name => SyscallSignatures.Find(name).Parameters.Any(static parameter => parameter.Kind is "fd" or "dfd" or "fd2" or "fdset" or "pollfds")),
            .. Words("open creat openat2 epoll_create epoll_create1 eventfd eventfd2 inotify_init inotify_init1 memfd_create timerfd_create pidfd_open mq_open userfaultfd socket close_range")],
    };

    /// <summary>The names of the classes.</summary>
    public static IEnumerable<string> Names => Listed.Keys;

    /// <summary>The calls of a class; null when there is no such class.</summary>
    public static IReadOnlySet<string>? Find(string name) => Listed.GetValueOrDefault(name.TrimStart('%'));

    static HashSet<string> Words(string text) => [.. text.Split(' ')];
}
