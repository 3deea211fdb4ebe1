using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <content>State: regions attach themselves, and then get the times that were.</content>
public sealed partial class SharedSegment : IStateObject, IStatePages
{
    string IStateObject.StateKind => "shared-segment";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Uint("size", Size);
        CreatorPid = visitor.Int("creator-pid", CreatorPid, 0);
        Name = visitor.Text("name", Name) ?? "";
        VisitObject(visitor);
        int attachments = visitor.Int("attachments", Attachments, 0), lastPid = visitor.Int("last-pid", LastPid, 0);
        long attached = visitor.Number("atime", AttachTime), detached = visitor.Number("dtime", DetachTime);
        visitor.Pages("pages", this);
        if (!visitor.IsReading) return;
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(Attachments == attachments, $"a segment is attached as often as it says, {attachments} times and not {Attachments}");
            visitor.Require(IsRemoved ? attachments == 0 && frames.Count == 0 : attachments > 0 || (Mode & Destroyed) == 0, "a segment that is marked for removal lives while it is attached");
            (LastPid, AttachTime, DetachTime) = (lastPid, attached, detached);
        });
    }

    int IStatePages.PageCount => frames.Count;

    void IStatePages.Give(StatePageTaker take)
    {
        given.Give();
        foreach (var (index, frame) in frames) take(index, frame.Address, 0);
    }

    bool IStatePages.Accept(uint index, uint state, nint frame)
    {
        if (index >= Pages || IsRemoved || frames.ContainsKey(index)) return false;
        // A copy of its own: what is shared may be written at any time.
        var own = FrameStore.Duplicate(Frame.At(frame), machine.Account);
        if (own.IsNone) return false;
        FrameStore.Release(Frame.At(frame));
        frames.Add(index, own);
        return true;
    }

    internal static SharedSegment Create(StateVisitor visitor, Machine machine) => new(machine, visitor.Uint("size", 0), 0, 0);
}
