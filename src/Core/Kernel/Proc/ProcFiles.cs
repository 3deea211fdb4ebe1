using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>What /proc tells of the machine as a whole.</summary>
internal static class ProcFiles
{
    /// <summary>Fills the machine's /proc.</summary>
    public static void Register(Machine machine)
    {
        var proc = machine.Tree.Proc;
        proc.More = new ProcTasks(machine);
        proc.Add("self", new ProcLink(() => (machine.Scheduler.Current?.Tgid ?? 1).ToString()));
        proc.Add("thread-self", new ProcLink(() => $"{machine.Scheduler.Current?.Tgid ?? 1}/task/{machine.Scheduler.Current?.Pid ?? 1}"));
        proc.Add("net", new ProcLink(() => "self/net"));
        ProcNet.AddSettings(proc.AddFolder("sys"), machine);
        proc.Add("mounts", new ProcLink(() => "self/mounts"));
        Text(proc, "cpuinfo", () => CpuInformation(machine));
        Text(proc, "meminfo", () => MemoryInformation(machine));
        Text(proc, "stat", () => Statistics(machine));
        Text(proc, "uptime", () => Uptime(machine));
        Text(proc, "loadavg", () => LoadAverage(machine));
        Text(proc, "version", () => $"Linux version {machine.Version.Release} (cr@cr) {machine.Version.Version}\n");
        Text(proc, "cmdline", () => "\n");
        Text(proc, "devices", () => "Character devices:\n  1 mem\n  5 /dev/tty\n\nBlock devices:\n");
        Text(proc, "modules", () => "");
        Text(proc, "locks", () => machine.Tree.Locks.Format());
        Text(proc, "swaps", () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        Text(proc, "partitions", () => "major minor  #blocks  name\n\n");
        var kernel = proc.AddFolder("sys").AddFolder("kernel");
        Text(kernel, "ostype", () => machine.Version.SystemName + "\n");
        Text(kernel, "osrelease", () => machine.Version.Release + "\n");
        Text(kernel, "hostname", () => machine.Version.NodeName + "\n");
        Text(kernel, "domainname", () => machine.Version.DomainName + "\n");
        Text(kernel, "version", () => machine.Version.Version + "\n");
        kernel.Add("core_pattern", new ProcText(() => GuestText.ToBytes(machine.CorePattern + "\n"), bytes => SetCorePattern(machine, bytes), 0x1A4));
        kernel.Add("core_uses_pid", new ProcText(() => machine.CoreUsesPid ? "1\n"u8.ToArray() : "0\n"u8.ToArray(), bytes => SetCoreUsesPid(machine, bytes), 0x1A4));
        Text(kernel, "core_pipe_limit", () => "0\n");
        Text(kernel, "pid_max", () => "32768\n");
        Text(kernel, "threads-max", () => $"{machine.Options.MaximumTasks}\n");
        Text(kernel, "ngroups_max", () => "65536\n");
        Text(kernel, "cap_last_cap", () => "40\n");
        Text(kernel, "randomize_va_space", () => "0\n");
        ProcIpc.Register(machine);
        ProcSystem.Register(machine);
        SystemFiles.Register(machine);
        var random = kernel.AddFolder("random");
        Text(random, "boot_id", () => "00000000-0000-4000-8000-000000000001\n");
        random.Add("uuid", new ProcText(() => GuestText.ToBytes(Uuid(machine))) { IsDrawn = true });
        Text(random, "entropy_avail", () => "256\n");
        Text(random, "poolsize", () => "256\n");
        var memory = proc.AddFolder("sys").AddFolder("vm");
        ProcIpc.Number(memory, "overcommit_memory", 2, () => (int)machine.Overcommit.Mode, value => machine.Overcommit.Mode = (OvercommitMode)value);
        ProcIpc.Number(memory, "overcommit_ratio", 10000, () => machine.Overcommit.Ratio, value => machine.Overcommit.Ratio = (int)value);
        Text(memory, "max_map_count", () => $"{AddressSpace.MaximumRegions}\n");
        Text(memory, "mmap_min_addr", () => $"{AddressSpace.MinimumAddress}\n");
        var files = proc.AddFolder("sys").AddFolder("fs");
        Text(files, "file-max", () => $"{machine.Options.MaximumOpenFiles}\n");
        Text(files, "nr_open", () => $"{machine.Options.MaximumDescriptors}\n");
        Text(files, "pipe-max-size", () => "1048576\n");
        var inotify = files.AddFolder("inotify");
        Text(inotify, "max_queued_events", () => $"{InotifyFile.MostEvents}\n");
        Text(inotify, "max_user_instances", () => $"{InotifyFile.MostInstances}\n");
        Text(inotify, "max_user_watches", () => $"{InotifyFile.MostWatches}\n");
        Text(files.AddFolder("epoll"), "max_user_watches", () => $"{EpollFile.MostWatches}\n");
    }

    static IoResult SetCorePattern(Machine machine, ReadOnlySpan<byte> bytes)
    {
        const int longest = 127;
        var text = bytes[..Math.Min(bytes.Length, longest)];
        int end = text.IndexOfAny((byte)'\n', (byte)0);
        machine.CorePattern = GuestText.FromBytes(end < 0 ? text : text[..end]);
        return IoResult.From(bytes.Length);
    }

    static IoResult SetCoreUsesPid(Machine machine, ReadOnlySpan<byte> bytes)
    {
        if (!int.TryParse(GuestText.FromBytes(bytes).Trim(), out int value)) return Errno.EINVAL;
        machine.CoreUsesPid = value != 0;
        return IoResult.From(bytes.Length);
    }

    internal static void Text(ProcList list, string name, Func<string> text) => list.Add(name, new ProcText(() => GuestText.ToBytes(text())));

    /// <summary>As a 32-bit kernel prints it (Linux: arch/x86/kernel/cpu/proc.c).</summary>
    static string CpuInformation(Machine machine)
    {
        var model = machine.Processor.Model;
        string cache = model.CacheSize == 0 ? "" : $"cache size\t: {model.CacheSize} KB\n";
        return $"processor\t: 0\nvendor_id\t: {model.Vendor}\ncpu family\t: {model.Family}\nmodel\t\t: {model.Number}\nmodel name\t: {model.Brand}\nstepping\t: {model.Stepping}\n"
            + $"cpu MHz\t\t: 1000.000\n{cache}physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\nfdiv_bug\t: no\nf00f_bug\t: no\ncoma_bug\t: no\n"
            + $"fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: {model.HighestBasic}\nwp\t\t: yes\nflags\t\t: {string.Join(' ', model.FlagNames)}\nbugs\t\t:\n"
            + $"bogomips\t: 2000.00\nclflush size\t: {model.LineSize}\ncache_alignment\t: {model.LineSize}\naddress sizes\t: 32 bits physical, 32 bits virtual\npower management:\n\n";
    }

    static string MemoryInformation(Machine machine)
    {
        long total = machine.Account.Limit * 4, free = total - machine.UsedPages * 4;
        return $"MemTotal:       {total,8} kB\nMemFree:        {free,8} kB\nMemAvailable:   {free,8} kB\nBuffers:        {0,8} kB\nCached:         {0,8} kB\n"
            + $"SwapCached:     {0,8} kB\nActive:         {total - free,8} kB\nInactive:       {0,8} kB\nSwapTotal:      {0,8} kB\nSwapFree:       {0,8} kB\nShmem:          {0,8} kB\nSlab:           {0,8} kB\n";
    }

    static string Statistics(Machine machine)
    {
        ulong ticks = machine.RetiredInstructions / 10_000_000;
        long idle = Math.Max(machine.Clock.Now / 10_000_000 - (long)ticks, 0), boot = machine.Clock.RealtimeOffset / TimeConversions.Second;
        return $"cpu  {ticks} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {ticks} 0 0 {idle} 0 0 0 0 0 0\nintr 0\nctxt {machine.AllTasks.Sum(t => (long)t.ContextSwitches)}\n"
            + $"btime {boot}\nprocesses {machine.LastPid}\nprocs_running {machine.AllTasks.Count(t => t.State == TaskState.Running)}\nprocs_blocked 0\n";
    }

    static string Uptime(Machine machine)
    {
        double now = machine.Clock.Now / 1e9, busy = machine.RetiredInstructions / 1e9;
        return $"{now:F2} {Math.Max(now - busy, 0):F2}\n";
    }

    static string LoadAverage(Machine machine) =>
        $"0.00 0.00 0.00 {machine.AllTasks.Count(t => t.State == TaskState.Running)}/{machine.AllTasks.Count} {machine.LastPid}\n";

    static string Uuid(Machine machine)
    {
        Span<byte> bytes = stackalloc byte[16];
        machine.Random.Fill(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true) + "\n";
    }
}
