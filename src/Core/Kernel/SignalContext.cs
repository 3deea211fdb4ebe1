namespace CheckpointRestart.Core.Kernel;

/// <summary>struct sigcontext of a signal frame, and the code that the kernel has a handler return to.</summary>
internal static class SignalContext
{
    /// <summary>Bytes.</summary>
    public const int Size = 88;

    const int Eip = 8;

    /// <summary>Where a register is, by DWARF's number: those of the processor, and 8 for EIP.</summary>
    public static int OffsetOf(int register) => register == Eip ? 56 : 44 - 4 * register;

    /// <summary>pop eax; mov eax, 119; int 80h.</summary>
    public static ReadOnlySpan<byte> Return => [0x58, 0xB8, 0x77, 0, 0, 0, 0xCD, 0x80];

    /// <summary>mov eax, 173; int 80h.</summary>
    public static ReadOnlySpan<byte> InfoReturn => [0xB8, 0xAD, 0, 0, 0, 0xCD, 0x80];
}
