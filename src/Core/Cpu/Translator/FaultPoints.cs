using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>An instruction in code for a window that may fault: what the guest's state was in front of it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FaultPoint
{
    /// <summary>Where its code begins, from the first executable byte.</summary>
    internal uint Place;
    /// <summary>Bytes of its code.</summary>
    internal ushort Length;
    /// <summary>Which instruction of <see cref="Block"/> it is.</summary>
    internal byte Index;
    /// <summary>Instructions of the trace that were charged and not run.</summary>
    internal byte Refund;
    internal Block* Block;
    /// <summary>It reads its operand and then writes it: it asks for the right to write at once.</summary>
    internal bool Modifies;
    internal FlagRecipe Flags;
    /// <summary>Bytes from what R15 holds to ESP.</summary>
    internal int Stack;
    /// <summary>EIP and operand's segment of the last x87 instruction that the context does not know of; 0 for none.</summary>
    internal uint X87Instruction;
    internal ushort X87Segment;
    internal bool HasX87;
    /// <summary>The offset of its last memory operand, when the context does not have it.</summary>
    internal HostAddress? X87Pointer;
}

/// <summary>How the guest's flags follow from registers, at one place of translated code.</summary>
internal struct FlagRecipe
{
    internal FlagSource Source;
    internal byte Kind;
    internal HostAddress First;
    /// <summary>The second operand: a host register, or -1 for the constant.</summary>
    internal sbyte Second;
    internal uint Constant;
}

/// <summary>Where flags come from.</summary>
internal enum FlagSource : byte
{
    /// <summary>The context says it.</summary>
    Context,
    /// <summary>R10 and R11 are the operands of the recipe's kind.</summary>
    Kept,
    /// <summary>Operands are in guest registers.</summary>
    Deferred,
}

/// <summary>The fault points of one address space's code, found by place.</summary>
internal sealed unsafe class FaultPoints : IDisposable
{
    /// <summary>By chunk: the first point's number in the upper half, how many there are in the lower.</summary>
    readonly NativeMap chunks = new();
    readonly NativeList<FaultPoint> points = new();

    /// <summary>Adds the points of code that has got its place; within a chunk code comes in ascending order.</summary>
    /// <returns>Those that were added.</returns>
    internal Span<FaultPoint> Add(byte* code, ReadOnlySpan<FaultPoint> added)
    {
        if (added.Length == 0) return [];
        uint start = (uint)(code - HostCode.Executable), chunk = start / HostCode.ChunkBytes;
        ref nint known = ref chunks[chunk];
        known = (known == 0 ? (nint)points.Count << 32 : known) + added.Length;
        var kept = points.Add(added.Length);
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = added[i];
            kept[i].Place += start;
        }
        return kept;
    }

    /// <summary>The instruction to which a host instruction belongs.</summary>
    /// <exception cref="InvalidOperationException">No translated instruction that may fault is there.</exception>
    internal ref readonly FaultPoint this[byte* place]
    {
        get
        {
            uint at = (uint)(place - HostCode.Executable);
            nint range = chunks.Get(at / HostCode.ChunkBytes);
            if (range != 0)
            {
                int low = (int)(range >> 32), end = low + (int)range, high = end;
                while (low < high)
                {
                    int middle = (low + high) >>> 1;
                    if (points[middle].Place + points[middle].Length <= at) low = middle + 1;
                    else high = middle;
                }
                if (low < end && points[low].Place <= at) return ref points[low];
            }
            throw new InvalidOperationException($"translated code faulted at {at:x}, where nothing of the guest's can");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        chunks.Dispose();
        points.Dispose();
    }

    internal void Clear()
    {
        chunks.Clear();
        points.Clear();
    }
}
