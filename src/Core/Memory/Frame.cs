namespace CheckpointRestart.Core.Memory;

/// <summary>One 4 KiB page frame, outside the GC heap and reference counted. The default value is no frame.</summary>
/// <remarks>A frame's bookkeeping lies at the head of its chunk (<see cref="FrameStore"/>), found by masking its address.</remarks>
public readonly unsafe record struct Frame
{
    /// <summary>Bytes in a page and in a frame.</summary>
    public const int Size = 4096;

    readonly nint address;

    internal Frame(byte* pointer) => address = (nint)pointer;

    /// <summary>The frame whose address another has given with <see cref="Address"/>.</summary>
    internal static Frame At(nint address) => new((byte*)address);

    /// <summary>Its address as a number.</summary>
    internal nint Address => address;

    /// <summary>The frame's first byte; null for no frame. What is there may have to be read yet: see <see cref="PendingFrames"/>.</summary>
    public byte* Pointer => (byte*)address;

    /// <summary>True for the default value.</summary>
    public bool IsNone => address == 0;

    /// <summary>The frame's 4096 bytes; read now when they were not yet.</summary>
    /// <exception cref="LostPagesException">They cannot be had.</exception>
    public Span<byte> Bytes
    {
        get
        {
            if (PendingFrames.Any) PendingFrames.Fill(this);
            return new((void*)address, Size);
        }
    }
}
