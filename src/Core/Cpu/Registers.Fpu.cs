namespace CheckpointRestart.Core.Cpu;

/// <content>The floating-point state as memory images.</content>
public sealed unsafe partial class Registers
{
    /// <summary>FNINIT's state and MXCSR 1F80h; all registers zero.</summary>
    public void ResetFpu()
    {
        new Span<byte>((byte*)state + CpuState.X87Offset, 0x1A8 - CpuState.X87Offset).Clear();
        new Span<byte>((byte*)state + CpuState.XmmOffset, 128).Clear();
        FxState.Initialise(state);
        state->Mxcsr = FxState.InitialMxcsr;
    }

    /// <summary>The x87, MMX and SSE state is another than that after <see cref="ResetFpu"/>: it has to be carried.</summary>
    public bool UsedMath => !FxState.IsInitial(state);

    /// <summary>Writes the 512 bytes of FXSAVE; reserved bytes are zero.</summary>
    public void SaveFxsr(Span<byte> image) => FxState.Save(state, image);

    /// <summary>Loads an FXSAVE image of 512 bytes; reserved bits of control words are dropped.</summary>
    public void RestoreFxsr(ReadOnlySpan<byte> image) => FxState.Restore(state, image);

    /// <summary>Writes the 108 bytes of a 32-bit protected mode FSAVE; the state stays.</summary>
    public void SaveFsave(Span<byte> image)
    {
        FxState.SaveEnvironment(state, image[..FxState.EnvironmentSize]);
        FxState.SaveRegisters(state, image[FxState.EnvironmentSize..FxState.FsaveSize]);
    }

    /// <summary>Loads a 108-byte FSAVE image; XMM registers and MXCSR stay.</summary>
    public void RestoreFsave(ReadOnlySpan<byte> image)
    {
        FxState.RestoreEnvironment(state, image[..FxState.EnvironmentSize]);
        FxState.RestoreRegisters(state, image[FxState.EnvironmentSize..FxState.FsaveSize]);
    }
}
