using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu.Floating;
using CheckpointRestart.Core.Cpu.Interpreter;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The floating-point state as its memory images: FXSAVE (512 bytes), FSAVE (94 or 108), FSTENV (14 or 28); Intel SDM 1, 8.1.10 and 10.5.</summary>
internal static unsafe class FxState
{
    internal const int ExtendedSize = 512;

    /// <summary>Bytes of the FXSAVE image that are written outside 64-bit mode.</summary>
    internal const int ExtendedUsed = 288;
    internal const int EnvironmentSize = 28;
    internal const int ShortEnvironmentSize = 14;
    internal const int FsaveSize = 108;

    /// <summary>Bits of MXCSR that exist, DAZ among them.</summary>
    internal const uint MxcsrMask = 0xffff;

    /// <summary>All exceptions masked, rounding to nearest.</summary>
    internal const uint InitialMxcsr = 0x1f80;
    internal const int XmmStart = 160, XmmSize = 128, MxcsrStart = 24;

    /// <summary>FNINIT.</summary>
    internal static void Initialise(CpuState* s)
    {
        s->Fcw = X87Stack.InitialControl;
        s->Fsw = 0;
        s->Top = 0;
        s->Tags = 0;
        s->Fop = s->Fcs = s->Fds = 0;
        s->Fip = s->Fdp = 0;
    }

    /// <summary>The control word as the processor keeps it: bit 6 reads as one, reserved bits as zero.</summary>
    internal static ushort ValidControl(ushort control) => (ushort)((control & 0x1f3f) | 0x40);

    /// <summary>The status word with TOP.</summary>
    internal static ushort Status(CpuState* s) => (ushort)((s->Fsw & ~0x3800) | (s->Top << 11));

    /// <summary>Writes a whole FXSAVE image; reserved bytes are zero.</summary>
    internal static void Save(CpuState* s, Span<byte> image)
    {
        image = image[..ExtendedSize];
        image.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(image, s->Fcw);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], Status(s));
        image[4] = s->Tags;
        BinaryPrimitives.WriteUInt16LittleEndian(image[6..], s->Fop);
        BinaryPrimitives.WriteUInt32LittleEndian(image[8..], s->Fip);
        BinaryPrimitives.WriteUInt16LittleEndian(image[12..], s->Fcs);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], s->Fdp);
        BinaryPrimitives.WriteUInt16LittleEndian(image[20..], s->Fds);
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrStart..], s->Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(image[28..], MxcsrMask);
        for (int i = 0; i < 8; i++)
        {
            X87Register* slot = X87Stack.Slot(s, i);
            BinaryPrimitives.WriteUInt64LittleEndian(image[(32 + (16 * i))..], slot->Mantissa);
            BinaryPrimitives.WriteUInt16LittleEndian(image[(40 + (16 * i))..], slot->SignExponent);
        }

        new ReadOnlySpan<byte>(&s->Xmm0, XmmSize).CopyTo(image[XmmStart..]);
    }

    /// <summary>Whether nothing differs from the state of a new program. A look at the state instead of a mark that every instruction would have to set.</summary>
    internal static bool IsInitial(CpuState* s)
    {
        if (s->Fcw != X87Stack.InitialControl || s->Mxcsr != InitialMxcsr) return false;
        Span<byte> image = stackalloc byte[ExtendedSize];
        Save(s, image);
        image[..2].Clear();
        image.Slice(MxcsrStart, 8).Clear();
        return !image.ContainsAnyExcept((byte)0);
    }

    /// <summary>False when the image sets reserved bits of MXCSR, which FXRSTOR refuses with #GP.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> image) => (BinaryPrimitives.ReadUInt32LittleEndian(image[MxcsrStart..]) & ~MxcsrMask) == 0;

    /// <summary>Loads an FXSAVE image that <see cref="IsValid"/> accepts; reserved bits of MXCSR are dropped.</summary>
    internal static void Restore(CpuState* s, ReadOnlySpan<byte> image)
    {
        image = image[..ExtendedSize];
        s->Fcw = ValidControl(BinaryPrimitives.ReadUInt16LittleEndian(image));
        SetStatus(s, BinaryPrimitives.ReadUInt16LittleEndian(image[2..]));
        s->Tags = image[4];
        s->Fop = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[6..]) & 0x7ff);
        s->Fip = BinaryPrimitives.ReadUInt32LittleEndian(image[8..]);
        s->Fcs = BinaryPrimitives.ReadUInt16LittleEndian(image[12..]);
        s->Fdp = BinaryPrimitives.ReadUInt32LittleEndian(image[16..]);
        s->Fds = BinaryPrimitives.ReadUInt16LittleEndian(image[20..]);
        s->Mxcsr = BinaryPrimitives.ReadUInt32LittleEndian(image[MxcsrStart..]) & MxcsrMask;
        for (int i = 0; i < 8; i++)
        {
            X87Register* slot = X87Stack.Slot(s, i);
            slot->Mantissa = BinaryPrimitives.ReadUInt64LittleEndian(image[(32 + (16 * i))..]);
            slot->SignExponent = BinaryPrimitives.ReadUInt16LittleEndian(image[(40 + (16 * i))..]);
        }

        image.Slice(XmmStart, XmmSize).CopyTo(new Span<byte>(&s->Xmm0, XmmSize));
        X87Stack.Summarise(s);
    }

    /// <summary>Writes the environment in protected mode format: 28 bytes, or 14 with 16-bit operand size.</summary>
    internal static void SaveEnvironment(CpuState* s, Span<byte> image)
    {
        if (image.Length == ShortEnvironmentSize)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(image, s->Fcw);
            BinaryPrimitives.WriteUInt16LittleEndian(image[2..], Status(s));
            BinaryPrimitives.WriteUInt16LittleEndian(image[4..], FullTags(s));
            BinaryPrimitives.WriteUInt16LittleEndian(image[6..], (ushort)s->Fip);
            BinaryPrimitives.WriteUInt16LittleEndian(image[8..], s->Fcs);
            BinaryPrimitives.WriteUInt16LittleEndian(image[10..], (ushort)s->Fdp);
            BinaryPrimitives.WriteUInt16LittleEndian(image[12..], s->Fds);
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(image, 0xffff0000u | s->Fcw);
        BinaryPrimitives.WriteUInt32LittleEndian(image[4..], 0xffff0000u | Status(s));
        BinaryPrimitives.WriteUInt32LittleEndian(image[8..], 0xffff0000u | FullTags(s));
        BinaryPrimitives.WriteUInt32LittleEndian(image[12..], s->Fip);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], s->Fcs | ((uint)s->Fop << 16));
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], s->Fdp);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], 0xffff0000u | s->Fds);
    }

    internal static void RestoreEnvironment(CpuState* s, ReadOnlySpan<byte> image)
    {
        int step = image.Length == ShortEnvironmentSize ? 2 : 4;
        s->Fcw = ValidControl(BinaryPrimitives.ReadUInt16LittleEndian(image));
        SetStatus(s, BinaryPrimitives.ReadUInt16LittleEndian(image[step..]));
        s->Tags = AbridgedTags(BinaryPrimitives.ReadUInt16LittleEndian(image[(2 * step)..]));
        if (step == 2)
        {
            s->Fip = BinaryPrimitives.ReadUInt16LittleEndian(image[6..]);
            s->Fcs = BinaryPrimitives.ReadUInt16LittleEndian(image[8..]);
            s->Fdp = BinaryPrimitives.ReadUInt16LittleEndian(image[10..]);
            s->Fds = BinaryPrimitives.ReadUInt16LittleEndian(image[12..]);
        }
        else
        {
            s->Fip = BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
            s->Fcs = BinaryPrimitives.ReadUInt16LittleEndian(image[16..]);
            s->Fop = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[18..]) & 0x7ff);
            s->Fdp = BinaryPrimitives.ReadUInt32LittleEndian(image[20..]);
            s->Fds = BinaryPrimitives.ReadUInt16LittleEndian(image[24..]);
        }

        X87Stack.Summarise(s);
    }

    /// <summary>The eight registers in stack order, ten bytes each.</summary>
    internal static void SaveRegisters(CpuState* s, Span<byte> image)
    {
        for (int i = 0; i < 8; i++)
        {
            X87Register* slot = X87Stack.Slot(s, i);
            BinaryPrimitives.WriteUInt64LittleEndian(image[(10 * i)..], slot->Mantissa);
            BinaryPrimitives.WriteUInt16LittleEndian(image[((10 * i) + 8)..], slot->SignExponent);
        }
    }

    internal static void RestoreRegisters(CpuState* s, ReadOnlySpan<byte> image)
    {
        for (int i = 0; i < 8; i++)
        {
            X87Register* slot = X87Stack.Slot(s, i);
            slot->Mantissa = BinaryPrimitives.ReadUInt64LittleEndian(image[(10 * i)..]);
            slot->SignExponent = BinaryPrimitives.ReadUInt16LittleEndian(image[((10 * i) + 8)..]);
        }
    }

    private static void SetStatus(CpuState* s, ushort status)
    {
        s->Top = (byte)((status >> 11) & 7);
        s->Fsw = (ushort)(status & ~0x3800);
    }

    /// <summary>FXSAVE's tags, a bit a register, of those of two bits: of the four values only "empty" says what the register itself does not.</summary>
    internal static byte AbridgedTags(uint tags)
    {
        int abridged = 0;
        for (int i = 0; i < 8; i++)
        {
            if ((tags >> (2 * i) & 3) != 3) abridged |= 1 << i;
        }

        return (byte)abridged;
    }

    /// <summary>The tag word of two bits a register: valid, zero, special, empty.</summary>
    private static ushort FullTags(CpuState* s)
    {
        int tags = 0;
        for (int i = 0; i < 8; i++)
        {
            X87Register* slot = &s->R0 + i;
            int tag = (s->Tags >> i & 1) == 0 ? 3 : Tag(new Float80(slot->Mantissa, slot->SignExponent));
            tags |= tag << (2 * i);
        }

        return (ushort)tags;
    }

    /// <summary>The tag of a register that is not empty: 0 valid, 1 zero, 2 special.</summary>
    internal static int Tag(Float80 value) => value.Class switch { FloatClass.Zero => 1, FloatClass.Normal => 0, _ => 2 };
}
