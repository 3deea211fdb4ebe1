using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What the operands of a form are, in XMM registers and in memory.</summary>
internal enum OperandKind
{
    /// <summary>The form uses neither x87, nor MMX, nor SSE.</summary>
    None,
    Integer,
    Single,
    Double,
    Extended,
    Decimal,
    /// <summary>A control word or an environment: any bits.</summary>
    Control,
}

/// <summary>Makes the floating-point part of a case.</summary>
internal static class FloatCases
{
    /// <summary>FNINIT's state, with MXCSR 1F80h.</summary>
    internal static void Blank(Span<byte> image)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(image, 0x37F);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], 0x1F80);
    }

    /// <summary>The kind of a code's operands, from Iced's names.</summary>
    internal static OperandKind Operand(Code code)
    {
        if (FloatFeatures.IsX87(code)) return MemoryKind(code.ToOpCode().MemorySize);
        if (!FloatFeatures.IsSimd(code)) return OperandKind.None;
        string name = code.ToString(), mnemonic = name.Split('_')[0];
        if (mnemonic.StartsWith("Cvtdq", StringComparison.Ordinal) || mnemonic.StartsWith("Cvtpi", StringComparison.Ordinal) || mnemonic.StartsWith("Cvtsi", StringComparison.Ordinal)) return OperandKind.Integer;
        if (mnemonic.StartsWith("Cvt", StringComparison.Ordinal)) return name.Contains("tps", StringComparison.Ordinal) || name.Contains("tss", StringComparison.Ordinal) ? OperandKind.Single : OperandKind.Double;
        if (mnemonic.StartsWith('P')) return OperandKind.Integer;
        if (mnemonic.EndsWith("ps", StringComparison.Ordinal) || mnemonic.EndsWith("ss", StringComparison.Ordinal)) return OperandKind.Single;
        return mnemonic.EndsWith("pd", StringComparison.Ordinal) || mnemonic.EndsWith("sd", StringComparison.Ordinal) ? OperandKind.Double : OperandKind.Integer;
    }

    /// <summary>Fills an FXSAVE image for a form: control, status, tags, registers.</summary>
    internal static void Fill(Span<byte> image, VectorForm form, OperandKind kind, VectorRandom random)
    {
        bool x87 = FloatFeatures.IsX87(form.Code);

        // A third of the cases in the state that programs run in, which has shorter paths.
        bool plain = random.Chance(33);
        int masks = plain || random.Chance(75) ? 63 : random.Below(64);
        int control = 0x40 | (plain ? 0x300 : random.Below(16) << 8) | masks;
        if (form.Mode is { } mode) control = (control & ~0xC00) | (mode.Rounding << 10);
        if (form.Mode is { Precision: not 0 } exact) control = (control & ~0x300) | (exact.Precision switch { 24 => 0, 53 => 0x200, _ => 0x300 });
        int status = (int)random.Next() & 0x4700;
        if (!plain && random.Chance(10)) status |= control & 63;
        if (!plain && random.Chance(2)) status |= random.Below(64);
        if ((status & ~control & 63) != 0) status |= 0x8080;
        int top = x87 ? random.Below(8) : 0;
        BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)control);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)(status | (top << 11)));

        // Mostly a full stack with room on top, sometimes holes anywhere.
        image[4] = (byte)(random.Chance(80) ? ~(1 << ((top + 7) & 7)) : random.Chance(50) ? 0xFF : (int)random.Next());
        uint mxcsr = random.Next() & (random.Chance(50) ? 0x6000u : 0xE040u);
        mxcsr |= random.Chance(75) ? 0x1F80 : random.Next() & 0x1F80;
        if (random.Chance(50)) mxcsr |= 0x20 | (random.Next() & 0x3F);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], plain ? 0x1FA0 : mxcsr);
        var value = Float80.One;
        for (int i = 0; i < 8; i++)
        {
            value = FloatValues.NextExtended(random, value);
            PutExtended(image[(32 + (16 * i))..], value);
        }
        if (form.Has(FormTraits.Special)) MakeSpecial(image, top, X87Forms.HasTwoOperands(form.Code) ? random.Below(2) : 0, random);
        FillMemory(image.Slice(160, 128), kind, random);
    }

    /// <summary>Makes a register an operand whose result no maker has to approximate.</summary>
    static void MakeSpecial(Span<byte> image, int top, int register, VectorRandom random)
    {
        if (random.Chance(20)) image[4] &= (byte)~(1 << ((top + register) & 7));
        else PutExtended(image[(32 + (16 * register))..], FloatValues.Special[random.Below(FloatValues.Special.Length)]);
    }

    static void PutExtended(Span<byte> place, Float80 value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(place, value.Significand);
        BinaryPrimitives.WriteUInt16LittleEndian(place[8..], value.SignExponent);
    }

    /// <summary>Fills memory, or XMM registers, with operands.</summary>
    internal static void FillMemory(Span<byte> bytes, OperandKind kind, VectorRandom random)
    {
        ulong previous = 0;
        switch (kind)
        {
            case OperandKind.Double:
                for (int i = 0; i < bytes.Length; i += 8) BinaryPrimitives.WriteUInt64LittleEndian(bytes[i..], previous = FloatValues.NextDouble(random, previous));
                break;
            case OperandKind.Single:
                for (int i = 0; i < bytes.Length; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], (uint)(previous = FloatValues.NextSingle(random, (uint)previous)));
                break;
            case OperandKind.Extended:
                var value = Float80.One;
                for (int i = 0; i < bytes.Length; i += 16)
                {
                    value = FloatValues.NextExtended(random, value);
                    PutExtended(bytes[i..], value);
                }
                break;
            case OperandKind.Decimal:
                for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)((random.Below(10) << 4) | random.Below(10));
                for (int i = 9; i < bytes.Length; i += 16) bytes[i] = random.OneIn(2) ? (byte)0x80 : (byte)0;
                break;
            default:
                for (int i = 0; i < bytes.Length; i += 4)
                {
                    uint word = random.OneIn(2) ? random.Next() : (uint)((int)random.Next() >> random.Below(32));
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], random.Chance(20) ? word & 0x00FF7F80 : word);
                }
                break;
        }
    }

    static OperandKind MemoryKind(MemorySize size) => size switch
    {
        MemorySize.Float32 => OperandKind.Single,
        MemorySize.Float64 => OperandKind.Double,
        MemorySize.Float80 => OperandKind.Extended,
        MemorySize.Bcd => OperandKind.Decimal,
        MemorySize.Int16 or MemorySize.Int32 or MemorySize.Int64 => OperandKind.Integer,
        MemorySize.Unknown => OperandKind.Double,
        _ => OperandKind.Control,
    };
}
