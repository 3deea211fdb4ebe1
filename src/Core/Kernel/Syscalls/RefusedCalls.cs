namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Calls that exist and are refused on purpose, as a kernel without the feature or right refuses them.</summary>
internal static class RefusedCalls
{
    internal static readonly Syscall[] Table =
    [
        new(21, "mount", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(22, "umount", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(52, "umount2", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(86, "uselib", Missing, Support.Refused, "ENOSYS: obsolete"),
        new(87, "swapon", Denied, Support.Refused, "EPERM: no swap"),
        new(88, "reboot", Denied, Support.Refused, "EPERM: a machine is stopped from outside"),
        new(101, "ioperm", Denied, Support.Refused, "EPERM: no ports"),
        new(110, "iopl", Denied, Support.Refused, "EPERM: no ports"),
        new(115, "swapoff", Denied, Support.Refused, "EPERM: no swap"),
        new(128, "init_module", Denied, Support.Refused, "EPERM: no modules"),
        new(129, "delete_module", Denied, Support.Refused, "EPERM: no modules"),
        new(166, "vm86", Missing, Support.Refused, "ENOSYS: no virtual-8086 mode"),
        new(217, "pivot_root", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(283, "kexec_load", Denied, Support.Refused, "EPERM: a machine is stopped from outside"),
        new(428, "open_tree", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(429, "move_mount", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(430, "fsopen", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(431, "fsconfig", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(432, "fsmount", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(433, "fspick", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(442, "mount_setattr", Denied, Support.Refused, "EPERM: the tree of a machine is fixed"),
        new(350, "finit_module", Denied, Support.Refused, "EPERM: no modules"),
    ];

    static Result Denied(Task task, in CallArguments a) => Errno.EPERM;

    static Result Missing(Task task, in CallArguments a) => Errno.ENOSYS;
}
