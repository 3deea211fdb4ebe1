using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ptrace;

/// <content>State.</content>
public sealed partial class TraceState : IStateObject
{
    string IStateObject.StateKind => "trace";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("tracer", Tracer);
        IsSeized = visitor.Flag("seized", IsSeized);
        Options = (PtraceOptions)visitor.Uint("options", (uint)Options);
        visitor.Require((Options & ~PtraceOptions.Known) == 0, "options of a tracer are known");
        Message = visitor.Uint("message", Message);
        Resume = visitor.Enum("resume", Resume);
        Stop = visitor.Enum("stop", Stop);
        Code = visitor.Int("code", Code, 0, ushort.MaxValue);
        Info = visitor.Visit("info", Info);
        IsListening = visitor.Flag("listening", IsListening);
        IsTrapPending = visitor.Flag("trap-pending", IsTrapPending);
        IsGroupStopPending = visitor.Flag("group-stop-pending", IsGroupStopPending);
        ForcesTrapFlag = visitor.Flag("forces-trap-flag", ForcesTrapFlag);
    }

    internal static TraceState Create(StateVisitor visitor) => new() { Tracer = visitor.Need<Task>("tracer", null) };
}
