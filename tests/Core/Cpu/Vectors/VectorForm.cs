using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>What the operand in memory, and XMM registers, hold.</summary>
internal enum OperandKind
{
    Integer,
    Single,
    Double,
    Extended,
    Decimal,
    Control,
    Environment,
}

/// <summary>One instruction form: its bytes, what its operands are, and what of its outcome is defined.</summary>
internal sealed record VectorForm(string Name, byte[] Code, OperandKind Operand)
{
    /// <summary>Where the operand in memory starts: aligned.</summary>
    internal const uint OperandAddress = VectorCase.Memory + 16;

    internal bool IsX87 { get; init; }

    /// <summary>Bits of the x87 status word that are defined after it.</summary>
    internal ushort StatusMask { get; init; } = 0xffff;

    internal uint FlagsMask { get; init; } = 0x8d5;

    /// <summary>The last byte of the code is an immediate, chosen by each case.</summary>
    internal bool HasImmediate { get; init; }

    /// <summary>Bytes of the stored operand that hold instruction and operand pointers, which makers fill differently.</summary>
    internal Range Pointers { get; init; } = ..0;

    internal int Count { get; init; } = 300;

    internal IEnumerable<VectorCase> Cases()
    {
        ulong seed = 14695981039346656037;
        foreach (char c in Name) seed = (seed ^ c) * 1099511628211;
        for (int i = 0; i < Count; i++) yield return Make(new VectorValues(seed + ((ulong)i * 0x1000193)));
    }

    private VectorCase Make(VectorValues values)
    {
        var result = new VectorCase();
        result.SetInstruction(Code);
        if (HasImmediate) result.Instruction[^1] = (byte)values.Next();
        for (int i = 0; i < 6; i++) result.SetGeneral(i, values.NextSingle(0));
        if (values.Chance(30)) result.SetGeneral(0, (uint)values.Below(20));
        if (values.Chance(30)) result.SetGeneral(2, (uint)-values.Below(20));
        result.SetGeneral(5, OperandAddress);
        result.SetGeneral(6, ((uint)values.Next() & 0x8d5) | 0x202);
        FillImage(result.Image, values);
        FillOperand(result, values);
        return result;
    }

    private void FillImage(Span<byte> image, VectorValues values)
    {
        bool masked = values.Chance(75);
        int control = 0x40 | (values.Below(16) << 8) | (masked ? 63 : values.Below(64));
        int status = (int)values.Next() & 0x7f00 & ~0x3800;
        int top = IsX87 ? values.Below(8) : 0;
        if (values.Chance(10)) status |= control & 63;
        if (values.Chance(2)) status |= values.Below(64);
        if ((status & ~control & 63) != 0) status |= 0x8080;

        // A third of the cases in the state that programs run in, which has shorter paths.
        bool plain = values.Chance(33);
        if (plain)
        {
            control = 0x37f;
            status &= 0x7f00;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)control);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)(status | (top << 11)));

        // Mostly a full stack with room on top, sometimes holes anywhere.
        image[4] = (byte)(values.Chance(80) ? ~(1 << ((top + 7) & 7)) : values.Chance(50) ? 0xff : (int)values.Next());
        uint mxcsr = (uint)values.Next() & 0xe040;
        if (values.Chance(50)) mxcsr &= 0x6000;
        mxcsr |= values.Chance(75) ? 0x1f80 : (uint)values.Next() & 0x1f80;
        if (values.Chance(50)) mxcsr |= 0x20 | ((uint)values.Next() & 0x3f);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], plain ? 0x1fa0 : mxcsr);
        Float80 value = Float80.One;
        for (int i = 0; i < 8; i++)
        {
            value = values.NextExtended(value);
            BinaryPrimitives.WriteUInt64LittleEndian(image[(32 + (16 * i))..], value.Significand);
            BinaryPrimitives.WriteUInt16LittleEndian(image[(40 + (16 * i))..], value.SignExponent);
        }

        Fill(image.Slice(160, 128), values);
    }

    private void FillOperand(VectorCase result, VectorValues values)
    {
        Span<byte> operands = result.Operands;
        Span<byte> at = operands[16..];
        switch (Operand)
        {
            case OperandKind.Extended:
                Float80 extended = values.NextExtended(Float80.One);
                BinaryPrimitives.WriteUInt64LittleEndian(at, extended.Significand);
                BinaryPrimitives.WriteUInt16LittleEndian(at[8..], extended.SignExponent);
                break;
            case OperandKind.Decimal:
                for (int i = 0; i < 9; i++) at[i] = (byte)((values.Below(10) << 4) | values.Below(10));
                at[9] = values.Chance(50) ? (byte)0x80 : (byte)0;
                break;
            case OperandKind.Control:
                BinaryPrimitives.WriteUInt64LittleEndian(at, values.Next());
                break;
            case OperandKind.Environment:
                // 28 bytes of environment and 80 of registers do not fit the operand area: registers repeat what lies there.
                for (int i = 0; i < 48; i++) at[i] = (byte)values.Next();
                break;
            default:
                Fill(operands, values);
                break;
        }
    }

    private void Fill(Span<byte> bytes, VectorValues values)
    {
        ulong previous = 0;
        if (Operand == OperandKind.Double)
        {
            for (int i = 0; i < bytes.Length; i += 8) BinaryPrimitives.WriteUInt64LittleEndian(bytes[i..], previous = values.NextDouble(previous));
        }
        else if (Operand == OperandKind.Single)
        {
            for (int i = 0; i < bytes.Length; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], (uint)(previous = values.NextSingle((uint)previous)));
        }
        else
        {
            for (int i = 0; i < bytes.Length; i += 4)
            {
                uint value = values.Chance(50) ? (uint)values.Next() : (uint)((int)values.Next() >> values.Below(32));
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], values.Chance(20) ? value & 0x00ff7f80 : value);
            }
        }
    }
}
