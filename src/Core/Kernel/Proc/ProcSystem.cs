using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>What /proc tells of the kernel itself: its counters and its settings under /proc/sys, with Linux's defaults.</summary>
internal static class ProcSystem
{
    public static void Register(Machine machine)
    {
        var proc = machine.Tree.Proc;
        ProcFiles.Text(proc, "filesystems", () => string.Concat(ComparisonCalls.Types.Select(static type => $"nodev\t{type}\n")));
        ProcFiles.Text(proc, "interrupts", () => "           CPU0       \nNMI:          0   Non-maskable interrupts\n");
        ProcFiles.Text(proc, "diskstats", () => "");
        ProcFiles.Text(proc, "vmstat", () => VirtualMemory(machine));
        ProcFiles.Text(proc, "cgroups", () => "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
        ProcFiles.Text(proc, "consoles", () => "");
        var sys = proc.AddFolder("sys");
        var kernel = sys.AddFolder("kernel");
        foreach (var (name, value) in ((string, string)[])[
            ("overflowuid", "65534"), ("overflowgid", "65534"), ("printk", "4\t4\t1\t7"), ("tainted", "0"), ("sched_child_runs_first", "0"), ("sched_rt_runtime_us", "950000"),
            ("sched_rt_period_us", "1000000"), ("panic", "0"), ("ctrl-alt-del", "0"), ("dmesg_restrict", "1"), ("kptr_restrict", "0"), ("perf_event_paranoid", "3"),
            ("unprivileged_bpf_disabled", "2"), ("unprivileged_userns_clone", "1"), ("max_lock_depth", "1024"), ("sysrq", "0")])
            ProcFiles.Text(kernel, name, () => value + "\n");
        ProcFiles.Text(kernel.AddFolder("yama"), "ptrace_scope", () => "0\n");
        foreach (var (name, value) in ((string, string)[])[("swappiness", "60"), ("overcommit_ratio", "50"), ("overcommit_kbytes", "0"), ("min_free_kbytes", "4096"),
            ("dirty_ratio", "20"), ("dirty_background_ratio", "10"), ("page-cluster", "3"), ("nr_hugepages", "0"), ("vfs_cache_pressure", "100"), ("panic_on_oom", "0"), ("oom_kill_allocating_task", "0")])
            ProcFiles.Text(sys.AddFolder("vm"), name, () => value + "\n");
        foreach (var (name, value) in ((string, string)[])[("protected_hardlinks", "1"), ("protected_symlinks", "1"), ("protected_fifos", "0"), ("protected_regular", "0"),
            ("suid_dumpable", "0"), ("leases-enable", "1"), ("lease-break-time", "45"), ("overflowuid", "65534"), ("overflowgid", "65534"), ("pipe-user-pages-soft", "16384"),
            ("pipe-user-pages-hard", "0"), ("mount-max", "100000"), ("aio-max-nr", "65536"), ("aio-nr", "0")])
            ProcFiles.Text(sys.AddFolder("fs"), name, () => value + "\n");
        ProcFiles.Text(sys.AddFolder("fs"), "file-nr", () => $"{machine.Tree.OpenFiles}\t0\t{machine.Options.MaximumOpenFiles}\n");
    }

    static string VirtualMemory(Machine machine)
    {
        long used = machine.UsedPages, free = machine.Account.Limit - used;
        return $"nr_free_pages {free}\nnr_anon_pages {used}\npswpin 0\npswpout 0\n";
    }
}
