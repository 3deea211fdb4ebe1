namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Where a case has its code, data and stack, and the descriptors that its selectors name: known to the guest oracle and to <see cref="VectorMachine"/>.</summary>
internal static class VectorLayout
{
    internal const uint PageSize = 0x1000;

    /// <summary>One page; around a case's code all of it is INT3.</summary>
    internal const uint Code = 0x0804_8000;

    /// <summary>Where in the page a case's code lies: not at its start, for a wild branch goes to offset 0 of a small segment more often than elsewhere.</summary>
    internal const ushort CodeStart = 16;

    /// <summary>A page that can only be read lies before the two of data; nothing lies behind them.</summary>
    internal const uint Data = 0x0900_0000;

    /// <summary>Two pages; nothing lies before and behind them.</summary>
    internal const uint Stack = 0x0A00_0000;

    /// <summary>The border between the two pages.</summary>
    internal const uint DataMiddle = Data + PageSize, StackMiddle = Stack + PageSize;
    internal const uint DataWindow = DataMiddle - VectorState.DataSize / 2, StackWindow = StackMiddle - VectorState.StackSize / 2;
    internal const uint DataEnd = Data + 2 * PageSize, StackEnd = Stack + 2 * PageSize;

    /// <summary>Selectors of the local descriptor table; cases use no others, for those of the global one differ among kernels.
    /// Linux makes no conforming segment that is present.</summary>
    internal const ushort
        FlatCode = 0x0F, FlatData = 0x17, AbsentConforming = 0x1F, ExecuteOnlyCode = 0x27, Code16 = 0x2F, SmallCode16 = 0x37, AbsentCode = 0x3F, AbsentData = 0x47,
        ReadOnlyData = 0x4F, SmallData = 0x57, Data16 = 0x5F, Stack16 = 0x67, DownData = 0x6F, DownData16 = 0x77, SmallStack = 0x7F, DownStack = 0x87, SmallCode = 0x8F,
        Empty = 0x97;

    /// <summary>The byte at an offset of the page that can only be read.</summary>
    internal static byte Constant(int offset) => (byte)((offset * 7) + 13);

    internal static IReadOnlyList<VectorDescriptor> Descriptors { get; } =
    [
        new(FlatCode, 0, 0xFFFFF, VectorDescriptor.Code, Big: true, Pages: true),
        new(FlatData, 0, 0xFFFFF, VectorDescriptor.Data, Big: true, Pages: true),
        new(AbsentConforming, 0, 0xFFFFF, VectorDescriptor.Conforming, Big: true, Pages: true, Absent: true),
        new(ExecuteOnlyCode, 0, 0xFFFFF, VectorDescriptor.Code, Big: true, Pages: true, Restricted: true),
        new(Code16, Code, 0xFFF, VectorDescriptor.Code),
        new(SmallCode16, Code, 0x1FF, VectorDescriptor.Code),
        new(AbsentCode, 0, 0xFFFFF, VectorDescriptor.Code, Big: true, Pages: true, Absent: true),
        new(AbsentData, 0, 0xFFFFF, VectorDescriptor.Data, Big: true, Pages: true, Absent: true),
        new(ReadOnlyData, 0, 0xFFFFF, VectorDescriptor.Data, Big: true, Pages: true, Restricted: true),
        new(SmallData, DataWindow, VectorState.DataSize / 2 - 1, VectorDescriptor.Data, Big: true),
        new(Data16, Data - 0x7000, 0xFFFF, VectorDescriptor.Data),
        new(Stack16, Stack - 0x7000, 0xFFFF, VectorDescriptor.Data),
        new(DownData, DataEnd, 0xFFFFE, VectorDescriptor.Down, Big: true, Pages: true),
        new(DownData16, DataEnd - 0x10000, 0xEFFF, VectorDescriptor.Down),
        new(SmallStack, Stack, PageSize + 63, VectorDescriptor.Data, Big: true),
        new(DownStack, StackEnd, 0xFFFFE, VectorDescriptor.Down, Big: true, Pages: true),
        new(SmallCode, Code, 0x13F, VectorDescriptor.Code, Big: true),
    ];
}

/// <summary>A descriptor as modify_ldt(2) takes it.</summary>
/// <param name="Selector">With privilege 3, of the local table.</param>
/// <param name="Base">Linear address.</param>
/// <param name="Limit">20 bits, in bytes or pages.</param>
/// <param name="Contents">One of the constants.</param>
/// <param name="Big">32-bit.</param>
/// <param name="Pages">The limit counts pages.</param>
/// <param name="Restricted">Data that cannot be written, or code that cannot be read.</param>
/// <param name="Absent">Not present.</param>
internal sealed record VectorDescriptor(ushort Selector, uint Base, uint Limit, int Contents, bool Big = false, bool Pages = false, bool Restricted = false, bool Absent = false)
{
    internal const int Data = 0, Down = 1, Code = 2, Conforming = 3;

    /// <summary>struct user_desc: number, base, limit, flags.</summary>
    internal uint[] UserDescriptor =>
        [(uint)Selector >> 3, Base, Limit, (Big ? 1u : 0) | ((uint)Contents << 1) | (Restricted ? 8u : 0) | (Pages ? 16u : 0) | (Absent ? 32u : 0) | 64];

    /// <summary>The processor's eight bytes: privilege 3, marked as accessed, as Linux does from the start.</summary>
    internal ulong Raw =>
        (Limit & 0xFFFF) | ((ulong)(Base & 0xFFFFFF) << 16) | (1UL << 40) | (Restricted ? 0 : 1UL << 41) | ((ulong)Contents << 42) | (1UL << 44) | (3UL << 45) | (Absent ? 0 : 1UL << 47)
        | ((ulong)(Limit >> 16) << 48) | (1UL << 52) | (Big ? 1UL << 54 : 0) | (Pages ? 1UL << 55 : 0) | ((ulong)(Base >> 24) << 56);
}
