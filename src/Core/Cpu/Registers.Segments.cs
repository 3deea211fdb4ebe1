namespace CheckpointRestart.Core.Cpu;

/// <content>What segment registers mean.</content>
public sealed unsafe partial class Registers
{
    /// <summary>Linear address of the next instruction.</summary>
    public uint LinearEip => state->Cs.Base + state->Eip;

    /// <summary>True when CS names a 16-bit segment.</summary>
    public bool IsCode16 => (state->Cs.Rights & SegmentRights.Big) == 0;

    /// <summary>The raw descriptor that a selector names now; 0 for none.</summary>
    public ulong GetDescriptor(ushort selector)
    {
        BindDescriptors();
        return (selector & 0xFFFC) == 0 ? 0 : Segments.Descriptor(state, selector);
    }
}
