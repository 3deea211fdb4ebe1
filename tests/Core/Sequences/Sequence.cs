using System.Text;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>One instruction of a sequence.</summary>
/// <param name="Instruction">As Iced has it; where it lies is settled when the sequence is encoded.</param>
/// <param name="Skip">Not negative: its branch target, or its immediate, is the address of the step so many behind the next one.</param>
internal readonly record struct SequenceStep(Instruction Instruction, int Skip = -1);

/// <summary>A whole state and the instructions to run from it. Branches go forward; only RET goes back.</summary>
internal sealed class Sequence(in VectorState initial, IReadOnlyList<SequenceStep> steps)
{
    internal const int MostSteps = 20;

    readonly VectorState initial = initial;

    internal ref readonly VectorState Initial => ref initial;

    internal IReadOnlyList<SequenceStep> Steps { get; } = steps;

    /// <summary>The same from another state.</summary>
    internal Sequence With(in VectorState state) => new(state, Steps);

    /// <summary>The same with other steps.</summary>
    internal Sequence With(IReadOnlyList<SequenceStep> other) => new(initial, other);

    public override string ToString()
    {
        var code = new EncodedSequence(this);
        var text = new StringBuilder().AppendLine();
        for (int i = 0; i < Steps.Count; i++) text.AppendLine($"  {i + 1,2}  {code.Starts[i]:x8}  {code.Hex(i),-24} {SequenceStepText.Of(code.Instructions[i])}");
        Span<byte> fx = code.State.Fx;
        text.AppendLine($"  from {Initial}");
        text.AppendLine($"  fcw {BitConverter.ToUInt16(fx):x4} fsw {BitConverter.ToUInt16(fx[2..]):x4} tags {fx[4]:x2} mxcsr {BitConverter.ToUInt32(fx[24..]):x8}");
        for (int i = 0; i < 8; i++) if (fx.Slice(32 + (16 * i), 10).ContainsAnyExcept((byte)0)) text.AppendLine($"  st{i} {BitConverter.ToUInt16(fx[(40 + (16 * i))..]):x4}:{BitConverter.ToUInt64(fx[(32 + (16 * i))..]):x16}");
        for (int i = 0; i < 8; i++) if (fx.Slice(160 + (16 * i), 16).ContainsAnyExcept((byte)0)) text.AppendLine($"  xmm{i} {new UInt128(BitConverter.ToUInt64(fx[(168 + (16 * i))..]), BitConverter.ToUInt64(fx[(160 + (16 * i))..])):x32}");
        AppendMemory(text, VectorLayout.DataWindow, code.State.Data);
        AppendMemory(text, VectorLayout.StackWindow, code.State.Stack);
        return text.ToString();
    }

    static void AppendMemory(StringBuilder text, uint address, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i += 32)
        {
            if (bytes.Slice(i, 32).ContainsAnyExcept((byte)0)) text.AppendLine($"  {address + (uint)i:x8} {Convert.ToHexStringLower(bytes.Slice(i, 32))}");
        }
    }
}

/// <summary>A sequence as machine code.</summary>
internal sealed class EncodedSequence
{
    internal EncodedSequence(Sequence sequence)
    {
        State = sequence.Initial;
        int count = sequence.Steps.Count;
        Starts = new uint[count + 1];
        Starts[0] = State.Eip;
        Instructions = new Instruction[count];
        var encoder = new SequenceEncoder();
        for (int i = 0; i < count; i++) Starts[i + 1] = Starts[i] + (uint)encoder.Encode(Resolve(sequence.Steps[i], Starts[i]), Starts[i]).Length;
        for (int i = 0; i < count; i++)
        {
            var step = sequence.Steps[i];
            Instructions[i] = step.Skip < 0 ? step.Instruction : Resolve(step, Starts[Math.Min(i + 1 + step.Skip, count)]);
            Instructions[i].IP32 = Starts[i];
            int at = (int)(Starts[i] - State.Eip);
            var bytes = encoder.Encode(Instructions[i], Starts[i]);
            IsEncodable &= bytes.Length > 0 && at + bytes.Length <= VectorState.CodeSize;
            if (!IsEncodable) return;
            bytes.CopyTo(((Span<byte>)State.Code)[at..]);
        }
        State.Length = Starts[count] - State.Eip;
    }

    /// <summary>The case.</summary>
    internal VectorState State;

    /// <summary>Where each step starts, and where the last one ends.</summary>
    internal uint[] Starts { get; }

    internal Instruction[] Instructions { get; }

    /// <summary>False when a branch does not reach, or all is too long.</summary>
    internal bool IsEncodable { get; } = true;

    internal string Hex(int step) => Convert.ToHexStringLower(((ReadOnlySpan<byte>)State.Code)[(int)(Starts[step] - State.Eip)..(int)(Starts[step + 1] - State.Eip)]);

    /// <summary>The step with an address in it.</summary>
    internal static Instruction Resolve(in SequenceStep step, uint target)
    {
        var instruction = step.Instruction;
        if (step.Skip < 0) return instruction;
        if (instruction.Op0Kind == OpKind.NearBranch32) instruction.NearBranch32 = target;
        else instruction.Immediate32 = target;
        return instruction;
    }
}

/// <summary>Encodes one instruction after another.</summary>
internal sealed class SequenceEncoder : CodeWriter
{
    const int LongestInstruction = 15;

    readonly Iced.Intel.Encoder encoder;
    readonly byte[] bytes = new byte[32];
    int length;

    internal SequenceEncoder() => encoder = Iced.Intel.Encoder.Create(32, this);

    /// <summary>The instruction's bytes, until the next call; none when it cannot be encoded.</summary>
    internal ReadOnlySpan<byte> Encode(in Instruction instruction, uint address)
    {
        length = 0;
        return encoder.TryEncode(instruction, address, out _, out _) && length <= LongestInstruction ? bytes.AsSpan(0, length) : default;
    }

    public override void WriteByte(byte value) => bytes[length++] = value;
}

/// <summary>Instructions as text.</summary>
internal static class SequenceStepText
{
    internal static string Of(in Instruction instruction)
    {
        var output = new StringOutput();
        new NasmFormatter().Format(instruction, output);
        return output.ToStringAndReset();
    }
}
