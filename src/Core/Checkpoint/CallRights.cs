using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Who may checkpoint whom.</summary>
internal static class CallRights
{
    /// <summary>Linux: checkpoint_restore_ns_capable. What whole machines need.</summary>
    public static bool MayCheckpointAll(Task task) => task.Credentials.Has(Capability.Administration) || task.Credentials.Has(Capability.CheckpointRestore);

    /// <summary>An image shows all that a task has: so who may trace it may have one (Linux: PTRACE_MODE_ATTACH_REALCREDS).</summary>
    public static bool MayCheckpoint(Task task, ThreadGroup target)
    {
        if (MayCheckpointAll(task)) return true;
        foreach (var thread in target.Threads)
            if (!TaskAccess.MayInspect(task, thread, byRealIds: true)) return false;
        return true;
    }
}
