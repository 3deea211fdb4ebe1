using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>The task: cr_hdr_task, 24 bytes (reference 1.3). Its name follows as a STRING record.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
[Record("CR_HDR_TASK", "The task. Restart reads its state and drops it.", Then = "STRING with the name (comm)")]
public struct TaskRecord : IRecord
{
    public static RecordType Type => RecordType.Task;

    [FieldOffset(0), Field("state", "TASK_*", FieldFormat.Flags)] public TaskStates State;
    [FieldOffset(4), Field("exit_state", "0, or EXIT_*", FieldFormat.Flags)] public TaskStates ExitState;
    [FieldOffset(8), Field("exit_code", "as wait(2) reports it")] public uint ExitCode;
    [FieldOffset(12), Field("exit_signal", "signal to the parent at exit")] public uint ExitSignal;
    [FieldOffset(16), Field("task_comm_len", "bytes of the name record: written as 16, read from 0 to 4096 and cut to 16")] public int CommLength;

    public readonly void Validate(in RecordRules rules) =>
        rules.Require(CommLength is >= 0 and <= ImageLimits.PageSize, "a task's name has 0 to 4096 bytes", (uint)CommLength);
}
