using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <content>Operands of few values: random ones are hardly ever equal, hardly ever without a bit in common, and seldom where a page ends.</content>
internal sealed partial class CaseBuilder
{
    const int VectorSize = 16, FirstMmx = 32, FirstXmm = 160;

    /// <summary>Replaces what <see cref="Fill"/> made.</summary>
    void FillAlike()
    {
        uint[] few = [random.Value(), random.Value(), 1u << random.Below(32), (uint)random.Below(34), 0];
        few = few[random.Below(2)..(3 + random.Below(3))];
        FillAlike(made.Gpr, few);
        FillAlike(MemoryMarshal.Cast<byte, uint>((Span<byte>)made.Data), few);
        FillAlike(MemoryMarshal.Cast<byte, uint>((Span<byte>)made.DataLow), few);
        FillAlike(MemoryMarshal.Cast<byte, uint>((Span<byte>)made.DataHigh), few);
        FillAlike(MemoryMarshal.Cast<byte, uint>((Span<byte>)made.Stack), few);
        if (kind == OperandKind.None) return;
        var vectors = MemoryMarshal.Cast<byte, ulong>((Span<byte>)made.Fx);
        ulong[] lanes = [vectors[FirstXmm / 8], vectors[(FirstXmm / 8) + 1]];
        Relate(MemoryMarshal.Cast<byte, ulong>((Span<byte>)made.Fx)[(FirstXmm / 8)..], lanes);
        Relate(MemoryMarshal.Cast<byte, ulong>((Span<byte>)made.Data), lanes);
        for (int i = 0; i < 8; i++) Relate(vectors.Slice((FirstMmx + (VectorSize * i)) / 8, 1), lanes);
    }

    void FillAlike(Span<uint> words, uint[] few)
    {
        foreach (ref uint word in words) word = random.Of<uint>(few);
    }

    /// <summary>Makes vectors of each two words out of one: the same, its complement, some of its bits or lanes, no bit, one bit.</summary>
    void Relate(Span<ulong> words, ulong[] lanes)
    {
        int how = 0, bit = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (i % 2 == 0) (how, bit) = (random.Below(8), random.Below(VectorSize * 8));
            ulong lane = lanes[i % 2], single = bit / 64 == i % 2 ? 1UL << bit : 0;
            words[i] = how switch
            {
                0 or 1 => lane,
                2 => ~lane,
                3 => lane & random.Next64(),
                4 => lane ^ single,
                5 => random.OneIn(2) ? lane : words[i],
                6 => single,
                _ => 0,
            };
        }
    }

    /// <summary>At a border as often as not.</summary>
    uint FindAlikeTarget(int size) => random.Below(16) switch
    {
        < 4 => VectorLayout.DataMiddle - (uint)random.Below(size + 1),
        4 => VectorLayout.DataMiddle - (uint)size,
        5 or 6 => VectorLayout.DataEnd - (uint)random.Below(size + 1),
        7 => VectorLayout.DataEnd - (uint)size,
        8 => VectorLayout.Data - (uint)random.Below(size + 1),
        _ => VectorLayout.DataWindow + 64 + ((uint)random.Below(16) * VectorSize),
    };
}
