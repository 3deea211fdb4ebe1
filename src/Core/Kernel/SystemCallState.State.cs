using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
public sealed partial class SystemCallState
{
    internal void Visit(StateVisitor visitor, Task task)
    {
        if (!visitor.BeginStructure("call", true)) return;
        IsActive = visitor.Flag("active", IsActive);
        Number = visitor.Uint("number", Number);
        arguments = visitor.Visit("arguments", arguments);
        inner = visitor.Visit("inner-arguments", inner);
        BytesMoved = visitor.Number("bytes-moved", BytesMoved, 0);
        Deadline = visitor.Number("deadline", Deadline);
        HasDeadline = visitor.Flag("has-deadline", HasDeadline);
        IsRetry = visitor.Flag("retry", IsRetry);
        Interruption = visitor.Enum("interruption", Interruption);
        RemainderAddress = visitor.Uint("remainder-address", RemainderAddress);
        Remainder = visitor.Enum("remainder", Remainder);
        Scratch0 = visitor.Uint("scratch0", Scratch0);
        Scratch1 = visitor.Uint("scratch1", Scratch1);
        Subject = visitor.Reference("subject", Subject);
        if (visitor.IsReading && Subject is OpenFile file) file.AddReference();
        visitor.Require(Subject is not ITaskSubject subject || (IsActive && ReferenceEquals(subject.Task, task)), "what a call waits by is its task's own");
        IsAtEntry = visitor.Flag("at-entry", IsAtEntry);
        IsFilterSeen = visitor.Flag("filter-seen", IsFilterSeen);
        Ended = visitor.Uint("ended", Ended);
        Reason = visitor.Text("reason", Reason) ?? "";
        if (visitor.BeginStructure("restart-block", Block != null))
        {
            Block ??= new RestartBlock(this);
            Block.Visit(visitor);
            visitor.EndStructure();
        }
        visitor.EndStructure();
    }
}

/// <content>State.</content>
public sealed partial class RestartBlock
{
    internal void Visit(StateVisitor visitor)
    {
        Number = visitor.Uint("number", Number);
        arguments = visitor.Visit("arguments", arguments);
        Deadline = visitor.Number("deadline", Deadline);
        HasDeadline = visitor.Flag("has-deadline", HasDeadline);
        RemainderAddress = visitor.Uint("remainder-address", RemainderAddress);
        Remainder = visitor.Enum("remainder", Remainder);
    }
}
