using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Memory;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel.Fuzzing;

/// <summary>Makes a task one that issues the calls it is told: its code is a trap instruction, and a loop that gives up its turn.</summary>
static class FuzzTask
{
    const uint Code = 0x0E000000, AfterTrap = Code + 2;

    /// <summary>A signal handler that only returns.</summary>
    public const uint Handler = Code + 0x40;

    /// <summary>True for a task that is in user mode and can make a call now.</summary>
    public static bool IsReady(Task task) =>
        task is { State: TaskState.Running, AddressSpace: not null, Registers: not null, PendingExit: null } && !task.Call.IsActive && !task.HasSignalWork;

    /// <summary>Maps code and memory for arguments where the task has none (at first, and when a call has taken them away).</summary>
    public static bool Adopt(Task task)
    {
        const VmFlags writable = VmFlags.Read | VmFlags.Write | VmFlags.May;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(Code, out uint found) || found != 0x9EB880CD)
        {
            memory.SizeLimit = ulong.MaxValue;
            if (memory.Map(Code, 0x1000, writable | VmFlags.Exec, true, null, 0, out _) != 0) return false;
            // int 80h; mov eax, 158 (sched_yield); jmp to the first. The handler: ret.
            if (!memory.Write(Code, [0xCD, 0x80, 0xB8, 158, 0, 0, 0, 0xEB, 0xF7]) || !memory.Write(Handler, [0xC3])) return false;
        }
        if (!memory.WritableSpan(FuzzValues.Data, 4).IsEmpty) return true;
        return memory.Map(FuzzValues.Data, FuzzValues.DataLength, writable, true, null, 0, out _) == 0
            && memory.Map(FuzzValues.ReadOnly, 0x1000, VmFlags.Read | VmFlags.May, true, null, 0, out _) == 0
            && memory.Write(FuzzValues.Data, new byte[64]);
    }

    /// <summary>The task executes its trap instruction with these registers.</summary>
    public static void Issue(Task task, uint number, ReadOnlySpan<uint> a)
    {
        var r = task.Registers!;
        (r.Eax, r.Ebx, r.Ecx, r.Edx, r.Esi, r.Edi, r.Ebp, r.Eip) = (number, a[0], a[1], a[2], a[3], a[4], a[5], AfterTrap);
        SystemCalls.Enter(task, new Trap(TrapKind.SystemCall, Trap.Interrupt80));
    }
}
