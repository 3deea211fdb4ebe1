using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>A processor state with one instruction, before or after it ran: struct record of oracle.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VectorCase
{
    internal const uint CodeAt = 0x0804_8000, DataAt = 0x0900_0000, StackAt = 0x0A00_0000, PageSize = 0x1000, Window = PageSize - 128;
    internal const int WindowSize = 256;

    internal GprArray Gpr;
    internal uint Eip;
    internal uint Eflags;
    internal uint Trap;
    internal uint Length;
    internal CodeArray Code;
    internal WindowArray Data;
    internal WindowArray Stack;

    [InlineArray(8)]
    internal struct GprArray { uint first; }

    [InlineArray(16)]
    internal struct CodeArray { byte first; }

    [InlineArray(WindowSize)]
    internal struct WindowArray { byte first; }

    /// <summary>Hash of an outcome, FNV-1a over 32-bit words; flags in <paramref name="undefined"/> do not count.</summary>
    internal readonly uint Hash(uint undefined)
    {
        var copy = this;
        copy.Eflags &= ~undefined;
        copy.Code = default;
        copy.Length = 0;
        uint hash = 2166136261;
        foreach (uint word in MemoryMarshal.Cast<VectorCase, uint>(MemoryMarshal.CreateReadOnlySpan(ref copy, 1))) hash = (hash ^ word) * 16777619;
        return hash ^ (hash >> 15);
    }

    public readonly override string ToString() =>
        $"eax {Gpr[0]:x8} ecx {Gpr[1]:x8} edx {Gpr[2]:x8} ebx {Gpr[3]:x8} esp {Gpr[4]:x8} ebp {Gpr[5]:x8} esi {Gpr[6]:x8} edi {Gpr[7]:x8} eip {Eip:x8} eflags {Eflags:x5} trap {Trap}";
}
