using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>The small files of /proc/pid: accounting, namespaces, audit and what else a program may ask of itself (proc(5)).</summary>
internal static class ProcDetails
{
    const uint OwnerOnly = 0x100, Everybody = 0x124, OwnerWrites = 0x1A4;

    public static void Add(ProcList entries, Task task, Func<Errno> inspect)
    {
        void Text(string name, Func<string> text, uint permissions = Everybody) => entries.Add(name, new ProcText(() => GuestText.ToBytes(text()), null, permissions));
        void Private(string name, Func<string> text, uint permissions) => entries.Add(name, new ProcText(() => GuestText.ToBytes(text()), null, permissions) { Check = inspect });

        Text("cgroup", () => "0::/\n");
        Text("loginuid", () => $"{uint.MaxValue}");
        Text("sessionid", () => $"{uint.MaxValue}");
        Text("oom_score", () => $"{Math.Clamp(667 + task.Group.OutOfMemoryAdjustment * 2 / 3, 0, 2000)}\n");
        Text("uid_map", () => "         0          0 4294967295\n");
        Text("gid_map", () => "         0          0 4294967295\n");
        Text("projid_map", () => "         0          0 4294967295\n");
        Text("setgroups", () => "allow\n");
        Text("schedstat", () => $"{task.Instructions} 0 {task.ContextSwitches}\n");
        Text("cpuset", () => "/\n");
        Private("personality", () => $"{task.Personality:x8}\n", OwnerOnly);
        Private("syscall", () => SystemCall(task), OwnerOnly);
        entries.Add("timerslack_ns", new ProcText(() => GuestText.ToBytes($"{task.TimerSlack}\n"), bytes => SetSlack(task, bytes), 0x1B6));
        entries.Add("oom_adj", new ProcText(() => GuestText.ToBytes($"{OldAdjustment(task.Group.OutOfMemoryAdjustment)}\n"), bytes => SetOldAdjustment(task, bytes), OwnerWrites));
    }

    /// <summary>The call that it waits in with its arguments, stack and instruction pointer.</summary>
    static string SystemCall(Task task)
    {
        if (task.BlockedCall is not { } call || task.Registers is not { } registers) return "running\n";
        var a = call.Arguments;
        return $"{call.Number} 0x{a[0]:x} 0x{a[1]:x} 0x{a[2]:x} 0x{a[3]:x} 0x{a[4]:x} 0x{a[5]:x} 0x{registers.Esp:x} 0x{registers.Eip:x}\n";
    }

    static IoResult SetSlack(Task task, ReadOnlySpan<byte> bytes)
    {
        if (!uint.TryParse(GuestText.FromBytes(bytes).Trim(), out uint value)) return Errno.EINVAL;
        task.TimerSlack = value == 0 ? Task.DefaultTimerSlack : value;
        return IoResult.From(bytes.Length);
    }

    /// <summary>oom_adj counts from -17 (never) to 15, where oom_score_adj has -1000 to 1000.</summary>
    static int OldAdjustment(int adjustment) => adjustment == 1000 ? 15 : adjustment * 17 / 1000;

    static IoResult SetOldAdjustment(Task task, ReadOnlySpan<byte> bytes)
    {
        if (!int.TryParse(GuestText.FromBytes(bytes).Trim(), out int value) || value is < -17 or > 15) return Errno.EINVAL;
        int adjustment = value == 15 ? 1000 : value * 1000 / 17;
        var current = task.Machine.Scheduler.Current;
        if (adjustment < task.Group.OutOfMemoryAdjustment && current?.Credentials.Has(Capability.Resource) == false) return Errno.EACCES;
        task.Group.OutOfMemoryAdjustment = adjustment;
        return IoResult.From(bytes.Length);
    }
}
