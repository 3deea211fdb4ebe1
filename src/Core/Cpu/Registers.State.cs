using System.Runtime.InteropServices;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Cpu;

/// <content>State: all that a program can see, and what the segment registers were loaded with.</content>
public sealed unsafe partial class Registers
{
    static readonly string[] GeneralNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

    internal void Visit(StateVisitor visitor, string name)
    {
        if (!visitor.BeginStructure(name, true)) return;
        for (int i = 0; i < GeneralNames.Length; i++) state->Gpr[i] = visitor.Uint(GeneralNames[i], state->Gpr[i]);
        state->Eip = visitor.Uint("eip", state->Eip);
        Eflags = visitor.Uint("eflags", Eflags);
        VisitSegments(visitor);
        for (int i = 0; i < 3; i++) state->Tls[i] = visitor.Word(i switch { 0 => "tls0", 1 => "tls1", _ => "tls2" }, state->Tls[i]);
        VisitDebug(visitor);
        var image = new byte[FxState.ExtendedSize];
        bool used = visitor.Flag("used-math", UsedMath);
        if (used)
        {
            if (!visitor.IsReading) SaveFxsr(image);
            image = visitor.Bytes("fxsave", image, FxState.ExtendedSize) ?? [];
            visitor.Require(image.Length == FxState.ExtendedSize, "fxsave has 512 bytes");
            if (visitor.IsReading) RestoreFxsr(image);
        }
        Ldt = visitor.Ref("ldt", Ldt);
        visitor.EndStructure();
    }

    void VisitSegments(StateVisitor visitor)
    {
        var span = new Span<SegmentState>((byte*)state + CpuState.SegmentOffset, 6);
        var bytes = MemoryMarshal.AsBytes(span);
        var read = visitor.Bytes("segments", bytes.ToArray(), bytes.Length) ?? [];
        visitor.Require(read.Length == bytes.Length, "there are six segment registers");
        if (!visitor.IsReading) return;
        read.CopyTo(bytes);
        foreach (ref var segment in span)
        {
            visitor.Require(segment.Rights <= (SegmentRights)31, "a segment's rights are known");
            visitor.Require((segment.Rights & SegmentRights.Flat) == 0 || (segment.Base == 0 && segment.Lowest == 0 && segment.Highest == uint.MaxValue), "a flat segment is all of memory");
        }
    }

    void VisitDebug(StateVisitor visitor)
    {
        for (int i = 0; i < 8; i++)
            if (i is not (4 or 5)) state->Dr[i] = visitor.Uint(i switch { 0 => "dr0", 1 => "dr1", 2 => "dr2", 3 => "dr3", 6 => "dr6", _ => "dr7" }, state->Dr[i]);
        state->Met = (byte)visitor.Uint("breakpoints-met", state->Met, 15);
    }
}

/// <content>State.</content>
public sealed unsafe partial class LocalDescriptorTable : IStateObject
{
    string IStateObject.StateKind => "ldt";

    void IStateObject.Visit(StateVisitor visitor)
    {
        var bytes = visitor.Bytes("descriptors", new Span<byte>(Pointer, Count * sizeof(ulong)).ToArray(), MaximumEntries * sizeof(ulong)) ?? [];
        if (!visitor.IsReading) return;
        visitor.Require(bytes.Length % sizeof(ulong) == 0, "descriptors have eight bytes");
        Resize(bytes.Length / sizeof(ulong));
        bytes.CopyTo(new Span<byte>(Pointer, bytes.Length));
    }
}
