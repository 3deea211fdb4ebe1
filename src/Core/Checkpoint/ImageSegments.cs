using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The segments of an image's task.</summary>
public static class ImageSegments
{
    const uint AllPages = 0xFFFFF;

    const int Code = 11, Data = 3, FirstTls = 6, LastTls = 8;

    /// <summary>What a selector names: the flat segments, TLS, or LDT; empty for nothing.</summary>
    public static SegmentDescriptor DescriptorOf(this CheckpointImage image, ushort selector)
    {
        ArgumentNullException.ThrowIfNull(image);
        int index = selector >> 3;
        if ((selector & 4) != 0) return index < image.Memory.Ldt.Count ? image.Memory.Ldt[index] : default;
        return index switch
        {
            Registers.UserCode >> 3 => SegmentDescriptor.Create(0, AllPages, Code),
            Registers.UserData >> 3 => SegmentDescriptor.Create(0, AllPages, Data),
            >= FirstTls and <= LastTls => image.Thread.Tls[index - FirstTls],
            _ => default,
        };
    }
}
