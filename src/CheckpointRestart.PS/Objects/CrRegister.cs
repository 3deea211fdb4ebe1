using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>One register of a task or image.</summary>
public class CrRegister
{
    internal CrRegister(RegisterName register, byte[] bytes, object value, string text, string source)
    {
        Name = register.Name;
        Kind = register.Kind;
        Bytes = bytes;
        Value = value;
        Text = text;
        Source = source;
    }

    /// <summary>Intel's name, lower case.</summary>
    public string Name { get; }

    public RegisterKind Kind { get; }

    /// <summary>A number: unsigned, or a double for ST.</summary>
    public object Value { get; }

    /// <summary>What it holds, least significant byte first.</summary>
    public byte[] Bytes { get; }

    /// <summary>What it holds as one hexadecimal number.</summary>
    public string Hex => RegisterBytes.ToHexadecimal(Bytes);

    /// <summary>What that means: signed numbers, flags by name, lanes.</summary>
    public string Text { get; }

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}={Hex}";
}

/// <summary>A segment register, with the descriptor that its selector names.</summary>
public sealed class CrSegmentRegister : CrRegister
{
    internal CrSegmentRegister(RegisterName register, byte[] bytes, SegmentDescriptor descriptor, string text, string source)
        : base(register, bytes, (uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes), text, source) => Descriptor = descriptor;

    /// <summary>Empty when the selector is null or names nothing.</summary>
    public SegmentDescriptor Descriptor { get; }

    /// <summary>Linear address of offset 0.</summary>
    public uint Base => Descriptor.Base;

    /// <summary>The last valid offset; of an expand-down segment the last invalid one.</summary>
    public uint Limit => Descriptor.Limit;
}

/// <summary>A register of the x87 stack.</summary>
public sealed class CrFloatRegister : CrRegister
{
    internal CrFloatRegister(RegisterName register, byte[] bytes, int number, FloatTag tag, string text, string source)
        : base(register, bytes, RegisterBytes.ToDouble(bytes), text, source) => (Number, Tag) = (number, tag);

    /// <summary>The physical register: that of MM with this number.</summary>
    public int Number { get; }

    public FloatTag Tag { get; }
}

/// <summary>The tag of an x87 register, as FSTENV stores it.</summary>
public enum FloatTag
{
    Valid,
    Zero,
    /// <summary>Infinity, NaN, a denormal, or an invalid pattern.</summary>
    Special,
    Empty,
}

/// <summary>An SSE register, also as lanes; lane 0 is the lowest.</summary>
public sealed class CrVectorRegister : CrRegister
{
    internal CrVectorRegister(RegisterName register, byte[] bytes, string text, string source)
        : base(register, bytes, BinaryPrimitives.ReadUInt128LittleEndian(bytes), text, source)
    {
    }

    public IReadOnlyList<float> Single => Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(Bytes.AsSpan(4 * i))).ToArray();

    public IReadOnlyList<double> Double => Enumerable.Range(0, 2).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(Bytes.AsSpan(8 * i))).ToArray();

    public IReadOnlyList<short> Int16 => Enumerable.Range(0, 8).Select(i => BinaryPrimitives.ReadInt16LittleEndian(Bytes.AsSpan(2 * i))).ToArray();

    public IReadOnlyList<int> Int32 => Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(4 * i))).ToArray();

    public IReadOnlyList<long> Int64 => Enumerable.Range(0, 2).Select(i => BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(8 * i))).ToArray();
}
