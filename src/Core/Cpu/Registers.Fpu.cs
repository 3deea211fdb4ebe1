namespace CheckpointRestart.Core.Cpu;

/// <content>The floating-point state as memory images.</content>
public sealed unsafe partial class Registers
{
    /// <summary>FNINIT's state and MXCSR 1F80h; all registers zero.</summary>
    public void ResetFpu()
    {
        new Span<byte>((byte*)state + CpuState.X87Offset, 0x1A8 - CpuState.X87Offset).Clear();
        new Span<byte>((byte*)state + CpuState.XmmOffset, 128).Clear();
        state->Fcw = 0x37F;
        state->Mxcsr = 0x1F80;
    }
}
