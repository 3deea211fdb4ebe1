using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <content>The state that a sequence starts from, and the way back to the last step that was good.</content>
internal sealed partial class SequenceBuilder
{
    const uint Direction = 0x400, AlignmentCheck = 0x40000, StatusFlags = 0x8D5;

    const int PartSize = 64;

    /// <summary>What the parts of the data window hold in the beginning. The first one has control words that can be loaded.</summary>
    static readonly OperandKind[] Parts =
    [
        OperandKind.Control, OperandKind.None, OperandKind.Single, OperandKind.Double, OperandKind.Extended, OperandKind.Integer, OperandKind.Decimal, OperandKind.Extended,
    ];

    readonly Registers saved = new();
    readonly byte[] savedData = new byte[2 * VectorLayout.PageSize], savedStack = new byte[2 * VectorLayout.PageSize];
    (ushort Status, uint Flags) savedUndefined;

    VectorState MakeState()
    {
        var state = VectorForm.Blank();
        state.Fs = VectorLayout.SmallData;
        state.Gs = VectorLayout.Data16;
        for (int i = 0; i < 8; i++) state.Gpr[i] = random.Value();
        foreach (int pointer in (ReadOnlySpan<int>)[3, 5, 6, 7]) if (!random.OneIn(4)) state.Gpr[pointer] = VectorLayout.DataWindow + ((uint)random.Below(VectorState.DataSize / 4) * 4);
        state.Gpr[4] = VectorLayout.StackMiddle + (uint)((random.Below(16) - 8) * 4);
        state.Eflags = 0x202 | (random.Next() & StatusFlags) | (random.OneIn(4) ? Direction : 0) | (random.OneIn(20) ? AlignmentCheck : 0);
        FillUnits(state.Fx);
        for (int i = 0; i < Parts.Length; i++)
        {
            var part = ((Span<byte>)state.Data).Slice(i * PartSize, PartSize);
            if (Parts[i] == OperandKind.None) FillWords(part);
            else FloatCases.FillMemory(part, Parts[i], random);
            if (Parts[i] == OperandKind.Control) FillControls(part);
        }
        FillWords(state.DataLow);
        FillWords(state.DataHigh);
        FillWords(state.Stack);
        FillWords(state.StackLow);
        FillWords(state.StackHigh);
        return state;
    }

    void FillUnits(Span<byte> image)
    {
        const int Exceptions = 0x80BF;
        var flavour = SequenceForms.Any(random, random.Below(SequenceForms.Families.Count));
        var kind = FloatCases.Operand(flavour.Code);
        FloatCases.Fill(image, flavour, kind == OperandKind.None ? OperandKind.Integer : kind, random);
        int status = BinaryPrimitives.ReadUInt16LittleEndian(image[2..]);
        if (!random.OneIn(10)) status &= ~Exceptions;
        // A stack that is neither full nor empty; MMX takes it all.
        int top = random.Below(8), tags = 0;
        for (int used = random.OneIn(8) ? random.Below(9) : 2 + random.Below(4), i = 0; i < used; i++) tags |= 1 << ((top + i) & 7);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)((status & ~0x3800) | (top << 11)));
        image[4] = (byte)tags;
        for (int i = 0; i < 8; i += 1 + random.Below(3)) FloatCases.FillMemory(image.Slice(160 + (16 * i), 16), random.OneIn(2) ? OperandKind.Single : OperandKind.Double, random);
    }

    /// <summary>Words that both FLDCW and LDMXCSR take.</summary>
    void FillControls(Span<byte> bytes)
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>(bytes)) word = (random.Next() & 0xFF40) | (random.OneIn(6) ? random.Next() & 0x3F : 0x3F) | (random.OneIn(6) ? 0 : 0x1F80u);
    }

    void FillWords(Span<byte> bytes)
    {
        foreach (ref uint word in MemoryMarshal.Cast<byte, uint>(bytes)) word = random.Value();
    }

    /// <summary>Remembers the machine as it is.</summary>
    void Keep()
    {
        saved.CopyFrom(machine.Registers);
        machine.Memory.Read(VectorLayout.Data, savedData);
        machine.Memory.Read(VectorLayout.Stack, savedStack);
        savedUndefined = (tracker.Status, tracker.Flags);
    }

    /// <summary>Back to what <see cref="Keep"/> saw, when there were so many steps.</summary>
    void GoBack(int count, uint start)
    {
        machine.Registers.CopyFrom(saved);
        machine.Memory.Write(VectorLayout.Data, savedData);
        machine.Memory.Write(VectorLayout.Stack, savedStack);
        tracker.Reset(savedUndefined.Status, savedUndefined.Flags);
        steps.RemoveRange(count, steps.Count - count);
        foreach (uint address in made.Keys.Where(address => address >= start).ToArray()) made.Remove(address);
        position = start;
        (dead, ended) = (0, false);
    }
}
