using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Conditions as machine code numbers them.</summary>
internal enum HostCondition : byte
{
    Overflow = 0,
    NoOverflow = 1,
    Below = 2,
    AboveOrEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowOrEqual = 6,
    Above = 7,
    Sign = 8,
    NoSign = 9,
}

/// <summary>Operations of the first opcode group, by their number in machine code.</summary>
internal enum HostAlu : byte
{
    Add = 0,
    Or = 1,
    Adc = 2,
    Sbb = 3,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// <summary>Writes x64 machine code into a buffer: the glue around rewritten guest instructions, which Iced encodes.</summary>
/// <remarks>Registers are numbers, 0 RAX to 15 R15. Labels are resolved by <see cref="Finish"/>; every jump has a distance of 32 bits.</remarks>
internal sealed unsafe class HostAssembler : CodeWriter
{
    internal const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7, R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15;

    byte[] bytes = new byte[16 << 10];
    int[] labels = new int[256];
    int labelCount;

    /// <summary>A distance to fill in: to a label, or to code that stands elsewhere.</summary>
    internal struct Fixup
    {
        public int Place, Label;
        public nint Target;
    }

    readonly Growing<Fixup> fixups = new();
    readonly Growing<Fixup> outside = new();
    readonly Encoder encoder;

    internal HostAssembler() => encoder = Encoder.Create(64, this);

    /// <summary>Bytes so far.</summary>
    internal int Length { get; private set; }

    /// <summary>The code, distances not yet filled in.</summary>
    internal ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, Length);

    internal void Clear()
    {
        Length = 0;
        labelCount = 0;
        fixups.Clear();
        outside.Clear();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override void WriteByte(byte value)
    {
        if ((uint)Length >= (uint)bytes.Length) Enlarge();
        bytes[Length++] = value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void Enlarge() => Array.Resize(ref bytes, bytes.Length * 2);

    /// <summary>Encodes an instruction that does not depend on where it stands.</summary>
    /// <returns>False when it has no encoding in 64-bit mode; then nothing was written.</returns>
    internal bool TryEncode(in Instruction instruction)
    {
        int before = Length;
        if (encoder.TryEncode(instruction, 0, out _, out _)) return true;
        Length = before;
        return false;
    }

    internal int NewLabel()
    {
        if (labelCount == labels.Length) Array.Resize(ref labels, labelCount * 2);
        labels[labelCount] = -1;
        return labelCount++;
    }

    internal void Place(int label) => labels[label] = Length;

    internal int PlaceOf(int label) => labels[label];

    /// <summary>Where the code has distances to what stands elsewhere.</summary>
    internal Growing<Fixup> Outside => outside;

    /// <summary>Fills in the distances within the code.</summary>
    internal void ResolveLabels()
    {
        for (int i = 0; i < fixups.Count; i++) Write32(fixups[i].Place, labels[fixups[i].Label] - (fixups[i].Place + 4));
    }

    /// <summary>Fills in the distances for code that will stand at <paramref name="address"/>.</summary>
    internal void Finish(byte* address)
    {
        ResolveLabels();
        for (int i = 0; i < outside.Count; i++) Write32(outside[i].Place, checked((int)(outside[i].Target - ((nint)address + outside[i].Place + 4))));
    }

    internal void Move(int to, int from)
    {
        if (to != from) Registers(0x8B, to, from);
    }

    internal void Move64(int to, int from) => Registers(0x8B, to, from, wide: true);

    internal void MoveImmediate(int to, uint value)
    {
        Rex(false, 0, 0, to, false);
        WriteByte((byte)(0xB8 | (to & 7)));
        Write32(value);
    }

    internal void MoveImmediate64(int to, ulong value)
    {
        Rex(true, 0, 0, to, false);
        WriteByte((byte)(0xB8 | (to & 7)));
        Write32((uint)value);
        Write32((uint)(value >> 32));
    }

    internal void Load(int to, int @base, int displacement) => Memory(0x8B, to, @base, -1, 0, displacement);

    internal void Load64(int to, int @base, int displacement) => Memory(0x8B, to, @base, -1, 0, displacement, wide: true);

    internal void Load64Scaled(int to, int @base, int index, int displacement) => Memory(0x8B, to, @base, index, 3, displacement, wide: true);

    internal void Store(int @base, int displacement, int from) => Memory(0x89, from, @base, -1, 0, displacement);

    internal void Store64(int @base, int displacement, int from) => Memory(0x89, from, @base, -1, 0, displacement, wide: true);

    internal void StoreImmediate(int @base, int displacement, uint value)
    {
        Memory(0xC7, 0, @base, -1, 0, displacement);
        Write32(value);
    }

    internal void Add64(int to, int from) => Registers(0x03, to, from, wide: true);

    internal void Sub64(int to, int from) => Registers(0x2B, to, from, wide: true);

    /// <summary>A jump to what follows, which can be made to lead elsewhere.</summary>
    internal void JumpNext()
    {
        WriteByte(0xE9);
        Write32(0);
    }

    internal void Lea(int to, int @base, int index, int scale, int displacement) => Memory(0x8D, to, @base, index, scale, displacement);

    internal void Lea64(int to, int @base, int displacement) => Memory(0x8D, to, @base, -1, 0, displacement, wide: true);

    internal void Alu(HostAlu operation, int to, int from) => Registers(((int)operation << 3) | 3, to, from);

    internal void AluImmediate(HostAlu operation, int register, int value, bool wide = false)
    {
        bool small = value == (sbyte)value;
        Rex(wide, 0, 0, register, false);
        WriteByte(small ? (byte)0x83 : (byte)0x81);
        WriteByte((byte)(0xC0 | ((int)operation << 3) | (register & 7)));
        if (small) WriteByte((byte)value);
        else Write32((uint)value);
    }

    internal void AluMemory(HostAlu operation, int to, int @base, int displacement, bool wide = false) => Memory(((int)operation << 3) | 3, to, @base, -1, 0, displacement, wide);

    internal void CompareMemory(int @base, int displacement, int value)
    {
        bool small = value == (sbyte)value;
        Memory(small ? 0x83 : 0x81, 7, @base, -1, 0, displacement);
        if (small) WriteByte((byte)value);
        else Write32((uint)value);
    }

    internal void TestMemory(int @base, int displacement, int mask)
    {
        Memory(0xF7, 0, @base, -1, 0, displacement);
        Write32((uint)mask);
    }

    internal void Test(int a, int b) => Registers(0x85, a, b);

    internal void Test64(int a, int b) => Registers(0x85, a, b, wide: true);

    /// <summary>Tests bits of a register's low byte.</summary>
    internal void TestByte(int register, byte mask)
    {
        Rex(false, 0, 0, register, force: register >= 4);
        WriteByte(0xF6);
        WriteByte((byte)(0xC0 | (register & 7)));
        WriteByte(mask);
    }

    /// <summary>A shift by a constant: 4 SHL, 5 SHR, 7 SAR, 0 ROL, 1 ROR.</summary>
    internal void Shift(int kind, int register, byte count, bool wide = false)
    {
        Rex(wide, 0, 0, register, false);
        WriteByte(0xC1);
        WriteByte((byte)(0xC0 | (kind << 3) | (register & 7)));
        WriteByte(count);
    }

    internal void Multiply(int to, int from, uint factor)
    {
        Registers(0x69, to, from);
        Write32(factor);
    }

    internal void ZeroExtendByte(int to, int from)
    {
        Rex(false, to, 0, from, force: from >= 4);
        WriteByte(0x0F);
        WriteByte(0xB6);
        WriteByte((byte)(0xC0 | ((to & 7) << 3) | (from & 7)));
    }

    internal void SetByte(HostCondition condition, int register)
    {
        Rex(false, 0, 0, register, force: register >= 4);
        WriteByte(0x0F);
        WriteByte((byte)(0x90 | (int)condition));
        WriteByte((byte)(0xC0 | (register & 7)));
    }

    internal void Push(int register)
    {
        Rex(false, 0, 0, register, false);
        WriteByte((byte)(0x50 | (register & 7)));
    }

    internal void Pop(int register)
    {
        Rex(false, 0, 0, register, false);
        WriteByte((byte)(0x58 | (register & 7)));
    }

    internal void PushMemory(int @base, int displacement) => Memory(0xFF, 6, @base, -1, 0, displacement);

    internal void PopMemory(int @base, int displacement) => Memory(0x8F, 0, @base, -1, 0, displacement);

    internal void PushFlags() => WriteByte(0x9C);

    internal void PopFlags() => WriteByte(0x9D);

    /// <summary>REP MOVS or REP STOS of 1, 2 or 4 bytes.</summary>
    internal void Repeat(bool store, int size)
    {
        if (size == 2) WriteByte(0x66);
        WriteByte(0xF3);
        WriteByte((byte)((store ? 0xAA : 0xA4) | (size == 1 ? 0 : 1)));
    }

    internal void Return() => WriteByte(0xC3);

    internal void JumpRegister(int register)
    {
        Rex(false, 0, 0, register, false);
        WriteByte(0xFF);
        WriteByte((byte)(0xE0 | (register & 7)));
    }

    internal void JumpMemory(int @base, int displacement) => Memory(0xFF, 4, @base, -1, 0, displacement);

    internal void CallMemory(int @base, int displacement) => Memory(0xFF, 2, @base, -1, 0, displacement);

    /// <summary>A call of code that stands elsewhere.</summary>
    internal void CallOutside(byte* target)
    {
        WriteByte(0xE8);
        outside.Add(new Fixup { Place = Length, Target = (nint)target });
        Write32(0);
    }

    /// <summary>Adds to the 32-bit value at a place in the code.</summary>
    internal void AddAt(int place, int value) => Write32(place, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(place)) + value);

    internal void Jump(int label)
    {
        WriteByte(0xE9);
        Distance(label);
    }

    internal void Call(int label)
    {
        WriteByte(0xE8);
        Distance(label);
    }

    internal void JumpIf(HostCondition condition, int label)
    {
        WriteByte(0x0F);
        WriteByte((byte)(0x80 | (int)condition));
        Distance(label);
    }

    /// <summary>A jump to code that stands elsewhere.</summary>
    internal void JumpOutside(byte* target)
    {
        WriteByte(0xE9);
        outside.Add(new Fixup { Place = Length, Target = (nint)target });
        Write32(0);
    }

    /// <summary>An instruction with a register and a base + index * 2^scale + displacement operand.</summary>
    /// <param name="opcode">One byte, or two with 0F in front, or three as 66/F2/F3 0F xx.</param>
    /// <param name="register">The register, or the opcode's extension.</param>
    /// <param name="base">A register, or -1 for none.</param>
    /// <param name="index">A register other than RSP, or -1 for none.</param>
    /// <param name="scale">log2 of the index's factor.</param>
    /// <param name="displacement">Sign extended.</param>
    /// <param name="wide">64-bit operands.</param>
    internal void Memory(int opcode, int register, int @base, int index, int scale, int displacement, bool wide = false)
    {
        if (opcode > 0xFFFF) WriteByte((byte)(opcode >> 16));
        Rex(wide, register, index < 0 ? 0 : index, @base < 0 ? 0 : @base, false);
        if (opcode > 0xFF) WriteByte(0x0F);
        WriteByte((byte)opcode);
        int middle = (register & 7) << 3;
        if (@base < 0)
        {
            WriteByte((byte)(middle | 4));
            WriteByte((byte)((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | 5));
            Write32((uint)displacement);
            return;
        }
        int mode = displacement == 0 && (@base & 7) != 5 ? 0 : displacement == (sbyte)displacement ? 1 : 2;
        if (index >= 0 || (@base & 7) == 4)
        {
            WriteByte((byte)((mode << 6) | middle | 4));
            WriteByte((byte)((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | (@base & 7)));
        }
        else
        {
            WriteByte((byte)((mode << 6) | middle | (@base & 7)));
        }
        if (mode == 1) WriteByte((byte)displacement);
        else if (mode == 2) Write32((uint)displacement);
    }

    /// <summary>As <see cref="Memory"/>, at an offset of 32 bits from the base of GS. Host flags stay.</summary>
    internal void Windowed(int opcode, int register, HostAddress address)
    {
        WriteByte(0x65);
        WriteByte(0x67);
        Memory(opcode, register, address.Base, address.Index, address.Scale, address.Displacement);
    }

    void Registers(int opcode, int register, int other, bool wide = false)
    {
        Rex(wide, register, 0, other, false);
        if (opcode > 0xFF) WriteByte((byte)(opcode >> 8));
        WriteByte((byte)opcode);
        WriteByte((byte)(0xC0 | ((register & 7) << 3) | (other & 7)));
    }

    void Rex(bool wide, int register, int index, int other, bool force)
    {
        int rex = (wide ? 8 : 0) | (register >> 3 << 2) | (index >> 3 << 1) | (other >> 3);
        if (rex != 0 || force) WriteByte((byte)(0x40 | rex));
    }

    void Distance(int label)
    {
        fixups.Add(new Fixup { Place = Length, Label = label });
        Write32(0);
    }

    /// <summary>Four bytes, the lowest first.</summary>
    internal void Write32(uint value)
    {
        while (Length + 4 > bytes.Length) Enlarge();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Length), value);
        Length += 4;
    }

    void Write32(int place, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(place), value);
}
