using System.Buffers.Binary;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>
/// A state before or after one instruction, 624 bytes as recorder.c reads and writes them: 16 of head (length and code, or the signal), seven general
/// registers and a gap, 64 of memory at <see cref="Memory"/>, an FXSAVE image.
/// </summary>
internal readonly struct VectorCase(byte[] bytes)
{
    internal const int Size = 624;
    internal const uint Memory = 0x2000_0000;
    internal const uint Code = 0x2001_0000;
    private const int GeneralStart = 16;
    private const int MemoryStart = 48;
    private const int ImageStart = 112;

    public VectorCase()
        : this(new byte[Size])
    {
    }

    internal byte[] Bytes { get; } = bytes;

    internal byte Signal { get => Bytes[0]; init => Bytes[0] = value; }

    internal Span<byte> Instruction => Bytes.AsSpan(1, Bytes[0]);

    internal Span<byte> Operands => Bytes.AsSpan(MemoryStart, 64);

    internal Span<byte> Image => Bytes.AsSpan(ImageStart, 512);

    /// <summary>EAX ECX EDX EBX ESI EDI EFLAGS.</summary>
    internal uint GetGeneral(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(GeneralStart + (4 * index)));

    internal void SetGeneral(int index, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(GeneralStart + (4 * index)), value);

    internal void SetInstruction(ReadOnlySpan<byte> code)
    {
        Bytes[0] = (byte)code.Length;
        code.CopyTo(Bytes.AsSpan(1));
    }

    /// <summary>Wipes what processors do differently: instruction and operand pointers, the mask of MXCSR, reserved bytes, undefined flags.</summary>
    internal void Normalise(VectorForm form)
    {
        Bytes.AsSpan(1, 15).Clear();
        Bytes.AsSpan(44, 4).Clear();
        Operands[16..][form.Pointers].Clear();
        SetGeneral(6, GetGeneral(6) & form.FlagsMask & 0x8d5);
        Span<byte> image = Image;
        ushort status = BinaryPrimitives.ReadUInt16LittleEndian(image[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)(status & form.StatusMask));
        image[5..24].Clear();
        image[28..32].Clear();
        for (int i = 0; i < 8; i++) image.Slice(42 + (16 * i), 6).Clear();
        image[288..].Clear();
    }

    /// <summary>FNV-1a, 32 bits.</summary>
    internal uint Hash()
    {
        uint hash = 2166136261;
        foreach (byte value in Bytes) hash = (hash ^ value) * 16777619;
        return hash;
    }
}
