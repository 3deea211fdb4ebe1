using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>The registers: cr_hdr_cpu, 784 bytes (reference 1.3). Each word is a 32-bit value, zero extended.</summary>
[StructLayout(LayoutKind.Explicit, Size = 784)]
[Unused(0, "r15, r14, r13, r12 of x86-64")]
[Unused(48, "r11, r10, r9, r8 of x86-64")]
[Unused(232, "debugreg4, debugreg5")]
[Unused(270, "_padding")]
[Record("CR_HDR_CPU", "The registers. Every u64 is a 32-bit value, zero extended; selectors are raw.", Parent = "the task's pid")]
public struct CpuRecord : IRecord
{
    public static RecordType Type => RecordType.Cpu;

    [FieldOffset(32), Field("bp", "EBP", FieldFormat.Hexadecimal)] public ulong Bp;
    [FieldOffset(40), Field("bx", "EBX", FieldFormat.Hexadecimal)] public ulong Bx;
    [FieldOffset(80), Field("ax", "EAX; 0 when the task took the image of itself", FieldFormat.Hexadecimal)] public ulong Ax;
    [FieldOffset(88), Field("cx", "ECX", FieldFormat.Hexadecimal)] public ulong Cx;
    [FieldOffset(96), Field("dx", "EDX", FieldFormat.Hexadecimal)] public ulong Dx;
    [FieldOffset(104), Field("si", "ESI", FieldFormat.Hexadecimal)] public ulong Si;
    [FieldOffset(112), Field("di", "EDI", FieldFormat.Hexadecimal)] public ulong Di;
    [FieldOffset(120), Field("orig_ax", "number of the system call that the task is in, else 0xffffffff", FieldFormat.Hexadecimal)] public ulong OrigAx;
    [FieldOffset(128), Field("ip", "EIP", FieldFormat.Hexadecimal)] public ulong Ip;
    [FieldOffset(136), Field("cs", "code selector", FieldFormat.Hexadecimal)] public ulong Cs;
    [FieldOffset(144), Field("flags", "EFLAGS", FieldFormat.Hexadecimal)] public ulong Flags;
    [FieldOffset(152), Field("sp", "ESP", FieldFormat.Hexadecimal)] public ulong Sp;
    [FieldOffset(160), Field("ss", "stack selector", FieldFormat.Hexadecimal)] public ulong Ss;
    [FieldOffset(168), Field("ds", "data selector", FieldFormat.Hexadecimal)] public ulong Ds;
    [FieldOffset(176), Field("es", "extra selector", FieldFormat.Hexadecimal)] public ulong Es;
    [FieldOffset(184), Field("fs", "FS selector", FieldFormat.Hexadecimal)] public ulong Fs;
    [FieldOffset(192), Field("gs", "GS selector", FieldFormat.Hexadecimal)] public ulong Gs;
    [FieldOffset(200), Field("debugreg0", "DR0", FieldFormat.Hexadecimal)] public ulong Dr0;
    [FieldOffset(208), Field("debugreg1", "DR1", FieldFormat.Hexadecimal)] public ulong Dr1;
    [FieldOffset(216), Field("debugreg2", "DR2", FieldFormat.Hexadecimal)] public ulong Dr2;
    [FieldOffset(224), Field("debugreg3", "DR3", FieldFormat.Hexadecimal)] public ulong Dr3;
    [FieldOffset(248), Field("debugreg6", "DR6", FieldFormat.Hexadecimal)] public ulong Dr6;
    [FieldOffset(256), Field("debugreg7", "DR7", FieldFormat.Hexadecimal)] public ulong Dr7;
    [FieldOffset(264), Field("uses_debug", "not 0: the debug registers count")] public ushort UsesDebug;
    [FieldOffset(266), Field("used_math", "not 0: the FXSAVE area counts")] public ushort UsedMath;
    [FieldOffset(268), Field("has_fxsr", "1: the area is in FXSAVE's form; 0: in FSAVE's, of a processor without FXSAVE")] public ushort HasFxsr;
    [FieldOffset(272), Field("xstate", "x87, MMX and SSE state as FXSAVE stores it, or x87 state as FSAVE does", FieldFormat.Bytes)] public FxSaveArea FxSave;

    public readonly void Validate(in RecordRules rules) => CpuRules.Validate(in this, in rules);
}
