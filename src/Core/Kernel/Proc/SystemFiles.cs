using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/sys: what C libraries and tools ask of processor, memory and network (Linux: Documentation/ABI; sysfs(5)). One processor, no devices but lo.</summary>
internal static class SystemFiles
{
    public static void Register(Machine machine)
    {
        var system = machine.Tree.System;
        var devices = system.AddFolder("devices").AddFolder("system");
        AddProcessor(devices.AddFolder("cpu"), machine);
        AddNode(devices.AddFolder("node"), machine);
        AddLoopback(system.AddFolder("devices").AddFolder("virtual").AddFolder("net").AddFolder("lo"));
        system.AddFolder("class").AddFolder("net").Add("lo", new ProcLink(static () => "../../devices/virtual/net/lo"));
        foreach (string name in (string[])["block", "bus", "dev", "firmware", "module", "power"]) system.AddFolder(name);
        foreach (string name in (string[])["block", "tty", "hwmon", "thermal", "power_supply", "drm", "dmi"]) system.AddFolder("class").AddFolder(name);
        system.AddFolder("dev").AddFolder("block");
        system.AddFolder("dev").AddFolder("char");
        system.AddFolder("fs").AddFolder("cgroup");
        var kernel = system.AddFolder("kernel");
        var memory = kernel.AddFolder("mm");
        Values(memory.AddFolder("transparent_hugepage"), [("enabled", "always madvise [never]"), ("defrag", "always defer defer+madvise madvise [never]"), ("shmem_enabled", "always within_size advise [never] deny force"), ("use_zero_page", "0")]);
        memory.AddFolder("hugepages");
        Values(memory.AddFolder("ksm"), [("run", "0"), ("pages_shared", "0"), ("pages_sharing", "0"), ("pages_unshared", "0")]);
        Values(kernel, [("kexec_loaded", "0"), ("kexec_crash_loaded", "0"), ("kexec_crash_size", "0"), ("profiling", "0"), ("uevent_seqnum", "0"), ("rcu_expedited", "0"), ("rcu_normal", "0"), ("fscaps", "1")]);
        kernel.AddFolder("debug");
        kernel.AddFolder("security");
    }

    /// <summary>devices/system/cpu.</summary>
    static void AddProcessor(ProcList list, Machine machine)
    {
        Values(list, [("online", "0"), ("possible", "0"), ("present", "0"), ("offline", ""), ("isolated", ""), ("kernel_max", "31"), ("modalias", "cpu:type:x86")]);
        var vulnerabilities = list.AddFolder("vulnerabilities");
        foreach (string name in (string[])["itlb_multihit", "l1tf", "mds", "meltdown", "mmio_stale_data", "retbleed", "spec_store_bypass", "spectre_v1", "spectre_v2", "srbds", "tsx_async_abort"])
            Values(vulnerabilities, [(name, "Not affected")]);
        Values(list.AddFolder("smt"), [("active", "0"), ("control", "notsupported")]);
        var first = list.AddFolder("cpu0");
        Values(first.AddFolder("topology"), [("physical_package_id", "0"), ("die_id", "0"), ("cluster_id", "65535"), ("core_id", "0"), ("core_cpus", "1"), ("core_cpus_list", "0"), ("core_siblings", "1"),
            ("core_siblings_list", "0"), ("die_cpus", "1"), ("die_cpus_list", "0"), ("package_cpus", "1"), ("package_cpus_list", "0"), ("thread_siblings", "1"), ("thread_siblings_list", "0"),
            ("cluster_cpus", "1"), ("cluster_cpus_list", "0")]);
        var model = machine.Processor.Model;
        if (model.CacheSize == 0) return;
        Values(first.AddFolder("cache").AddFolder("index0"), [("id", "0"), ("level", "2"), ("type", "Unified"), ("size", $"{model.CacheSize}K"), ("coherency_line_size", $"{model.LineSize}"),
            ("shared_cpu_map", "1"), ("shared_cpu_list", "0")]);
    }

    /// <summary>devices/system/node: all memory is in one.</summary>
    static void AddNode(ProcList list, Machine machine)
    {
        Values(list, [("online", "0"), ("possible", "0"), ("has_cpu", "0"), ("has_memory", "0"), ("has_normal_memory", "0")]);
        var first = list.AddFolder("node0");
        Values(first, [("cpulist", "0"), ("cpumap", "1"), ("distance", "10")]);
        ProcFiles.Text(first, "meminfo", () =>
        {
            long total = machine.Account.Limit * (Frame.Size / 1024), used = machine.Account.Used * (Frame.Size / 1024);
            return $"Node 0 MemTotal:       {total,8} kB\nNode 0 MemFree:        {total - used,8} kB\nNode 0 MemUsed:        {used,8} kB\n";
        });
    }

    static void AddLoopback(ProcList list)
    {
        Values(list, [("address", "00:00:00:00:00:00"), ("addr_len", "6"), ("broadcast", "00:00:00:00:00:00"), ("carrier", "1"), ("dev_id", "0x0"), ("dormant", "0"), ("flags", "0x9"), ("ifindex", "1"),
            ("iflink", "1"), ("link_mode", "0"), ("mtu", "65536"), ("operstate", "unknown"), ("tx_queue_len", "1000"), ("type", "772"), ("uevent", "INTERFACE=lo\nIFINDEX=1")]);
        foreach (string way in (string[])["rx", "tx"])
            Values(list.AddFolder("statistics"), [(way + "_bytes", "0"), (way + "_packets", "0"), (way + "_errors", "0"), (way + "_dropped", "0")]);
        list.Add("subsystem", new ProcLink(static () => "../../../../class/net"));
    }

    static void Values(ProcList list, (string Name, string Value)[] values)
    {
        foreach (var (name, value) in values) ProcFiles.Text(list, name, () => value + "\n");
    }
}
