namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Calls that no kernel of this age has any more, or that one has only with hardware or options that a machine does not have: ENOSYS, as there.</summary>
internal static class RemovedCalls
{
    const string Never = "ENOSYS: never done by Linux", Gone = "ENOSYS: gone from Linux";
    const string NoNodes = "ENOSYS: no memory nodes (NUMA)", NoKeys = "ENOSYS: no key rings";

    internal static readonly Syscall[] Table =
    [
        Missing(17, "break", Never),
        Missing(31, "stty", Never),
        Missing(32, "gtty", Never),
        Missing(35, "ftime", Never),
        Missing(44, "prof", Never),
        Missing(51, "acct", "ENOSYS: no process accounting"),
        Missing(53, "lock", Never),
        Missing(56, "mpx", Never),
        Missing(58, "ulimit", Never),
        Missing(98, "profil", Never),
        Missing(112, "idle", Gone),
        Missing(113, "vm86old", "ENOSYS: no virtual-8086 mode"),
        Missing(127, "create_module", Gone),
        Missing(130, "get_kernel_syms", Gone),
        Missing(131, "quotactl", "ENOSYS: no quotas"),
        Missing(134, "bdflush", Gone),
        Missing(137, "afs_syscall", Never),
        Missing(149, "_sysctl", "ENOSYS: gone from Linux; /proc/sys has what it told"),
        Missing(167, "query_module", Gone),
        Missing(169, "nfsservctl", Gone),
        Missing(188, "getpmsg", Never),
        Missing(189, "putpmsg", Never),
        Missing(245, "io_setup", "ENOSYS: no asynchronous input and output; C libraries use threads"),
        Missing(246, "io_destroy", "ENOSYS: as io_setup"),
        Missing(247, "io_getevents", "ENOSYS: as io_setup"),
        Missing(248, "io_submit", "ENOSYS: as io_setup"),
        Missing(249, "io_cancel", "ENOSYS: as io_setup"),
        Missing(253, "lookup_dcookie", "ENOSYS: no profiling"),
        Missing(273, "vserver", Never),
        Missing(274, "mbind", NoNodes),
        Missing(275, "get_mempolicy", NoNodes),
        Missing(276, "set_mempolicy", NoNodes),
        Missing(286, "add_key", NoKeys),
        Missing(287, "request_key", NoKeys),
        Missing(288, "keyctl", NoKeys),
        Missing(294, "migrate_pages", NoNodes),
        Missing(317, "move_pages", NoNodes),
        new(336, "perf_event_open", (Task _, in CallArguments _) => Errno.ENOENT, Support.Refused, "ENOENT: no counters of events"),
        Missing(338, "fanotify_init", "ENOSYS: no fanotify"),
        Missing(339, "fanotify_mark", "ENOSYS: no fanotify"),
        new(341, "name_to_handle_at", (Task _, in CallArguments _) => Errno.EOPNOTSUPP, Support.Refused, "EOPNOTSUPP: files have no handles"),
        new(342, "open_by_handle_at", (Task task, in CallArguments _) => task.Credentials.Has(Capability.ReadAndSearch) ? Errno.EOPNOTSUPP : Errno.EPERM, Support.Refused,
            "EOPNOTSUPP: files have no handles"),
        new(346, "setns", (Task _, in CallArguments _) => Errno.EPERM, Support.Refused, "EPERM: a machine has one set of namespaces"),
        Missing(357, "bpf", "ENOSYS: no programs in the kernel"),
        Missing(374, "userfaultfd", "ENOSYS: no page faults in user mode"),
        Missing(385, "io_pgetevents", "ENOSYS: as io_setup"),
        Missing(416, "io_pgetevents_time64", "ENOSYS: as io_setup"),
        Missing(425, "io_uring_setup", "ENOSYS: no rings of input and output; programs do without"),
        Missing(426, "io_uring_enter", "ENOSYS: as io_uring_setup"),
        Missing(427, "io_uring_register", "ENOSYS: as io_uring_setup"),
        Missing(443, "quotactl_fd", "ENOSYS: no quotas"),
        Missing(444, "landlock_create_ruleset", "ENOSYS: no Landlock"),
        Missing(445, "landlock_add_rule", "ENOSYS: no Landlock"),
        Missing(446, "landlock_restrict_self", "ENOSYS: no Landlock"),
        Missing(447, "memfd_secret", "ENOSYS: off unless a kernel is started with it"),
        Missing(448, "process_mrelease", "ENOSYS: memory of a killed process is freed at once"),
        Missing(450, "set_mempolicy_home_node", NoNodes),
    ];

    static Syscall Missing(uint number, string name, string note) => new(number, name, (Task _, in CallArguments _) => Errno.ENOSYS, Support.Refused, note);
}
