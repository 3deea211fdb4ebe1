using System.Numerics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Base + index * 2^scale + displacement, of 32 bits; host registers, or -1.</summary>
internal readonly record struct HostAddress
{
    readonly sbyte @base, index;
    readonly byte scale;

    internal HostAddress(int @base, int index, int scale, int displacement)
    {
        this.@base = (sbyte)@base;
        this.index = (sbyte)index;
        this.scale = (byte)scale;
        Displacement = displacement;
    }

    /// <summary>The offset of an instruction's memory operand.</summary>
    /// <param name="instruction">The guest's instruction.</param>
    /// <param name="stackDelta">Bytes from what R15 holds to ESP.</param>
    internal static HostAddress Of(in Instruction instruction, int stackDelta) => new(
        instruction.MemoryBase == Register.None ? -1 : Emission.HostOf(instruction.MemoryBase),
        instruction.MemoryIndex == Register.None ? -1 : Emission.HostOf(instruction.MemoryIndex),
        BitOperations.Log2((uint)instruction.MemoryIndexScale),
        (int)(uint)instruction.MemoryDisplacement64 + (instruction.MemoryBase == Register.ESP ? stackDelta : 0));

    internal int Base => @base;

    internal int Index => index;

    /// <summary>log2 of the index's factor.</summary>
    internal int Scale => scale;

    internal int Displacement { get; init; }

    internal bool HasRegisters => @base >= 0 || index >= 0;

    /// <summary>Puts it into a register. Host flags stay.</summary>
    internal void Load(HostAssembler assembler, int to)
    {
        if (!HasRegisters) assembler.MoveImmediate(to, (uint)Displacement);
        else if (index < 0 && Displacement == 0) assembler.Move(to, @base);
        else assembler.Lea(to, @base, index, scale, Displacement);
    }

    /// <summary>Makes it the memory operand of an instruction, from the base of GS.</summary>
    internal void Describe(ref Instruction instruction)
    {
        instruction.SegmentPrefix = Register.GS;
        instruction.MemoryBase = @base < 0 ? Register.None : Register.EAX + @base;
        instruction.MemoryIndex = index < 0 ? Register.None : Register.EAX + index;
        instruction.MemoryIndexScale = 1 << scale;
        instruction.MemoryDisplacement64 = (uint)Displacement;
        instruction.MemoryDisplSize = @base < 0 || Displacement != (sbyte)Displacement ? 4 : Displacement == 0 ? 0 : 1;
    }
}
