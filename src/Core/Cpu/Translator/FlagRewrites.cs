using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>LAHF and SAHF.</summary>
internal static unsafe class FlagRewrites
{
    const uint InAh = Flags.Status & ~Flags.Overflow;

    internal static void Fill(RewriteTable table)
    {
        // The first x64 processors did not have them in 64-bit mode.
        const int Extended = unchecked((int)0x80000001);
        if (!X86Base.IsSupported || X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < Extended || (X86Base.CpuId(Extended, 0).Ecx & 1) == 0) return;
        table.Add(new Rewrite(Load, FlagEffect.None), Code.Lahf);
        table.Add(new Rewrite(Store, FlagEffect.Partial, MayLeave: true), Code.Sahf);
    }

    static bool Load(Emission e, in Instruction instruction, Op* op) => e.TryLoadFlags(InAh) && e.TryEncode(instruction);

    static bool Store(Emission e, in Instruction instruction, Op* op)
    {
        // OF stays.
        if (!e.TryLoadFlags(Flags.Overflow) || !e.TryEncode(instruction)) return false;
        e.KeepHostFlags();
        return true;
    }
}
