using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The debug registers (Intel SDM volume 3, 17.2). The pages of data breakpoints have no entries in the look-up tables, so that only
/// accesses to these go the slow way, which compares.</summary>
internal static unsafe class Breakpoints
{
    const uint Execution = 0, Writing = 1, InputOutput = 2;

    /// <summary>What reads as ones in DR6.</summary>
    internal const uint StatusFixed = 0xFFFF0FF0;

    /// <summary>What reads as one in DR7.</summary>
    internal const uint ControlFixed = 0x400;

    /// <summary>True when a local or global enable bit of DR7 is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Enabled(CpuState* s) => (s->Dr[7] & 0xFF) != 0;

    /// <summary>True when a breakpoint on execution is enabled.</summary>
    internal static bool AnyExecution(CpuState* s)
    {
        for (int i = 0; Enabled(s) && i < 4; i++)
            if (IsEnabled(s, i) && KindOf(s, i) == Execution) return true;
        return false;
    }

    /// <summary>True when accesses to some pages are looked at, for the guest or for somebody outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Watching(CpuState* s) => Enabled(s) || s->Watched != 0;

    /// <summary>Takes the pages of data breakpoints out of the tables; to be repeated whenever one may have been put in.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Hide(CpuState* s)
    {
        if (s->Watched != 0) Guest.Owner(s).Watches!.Hide(s);
        for (int i = 0; i < 4; i++)
        {
            if (!IsData(s, i)) continue;
            // At most 8 bytes, aligned: one page.
            uint page = s->Dr[i] >> 12;
            s->ReadTable[page] = s->WriteTable[page] = 0;
        }
    }

    /// <summary>Notes a data breakpoint that an access meets; the trap comes behind the instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(CpuState* s, uint address, int length, bool write)
    {
        if (Watching(s)) Compare(s, address, length, write);
    }

    static void Compare(CpuState* s, uint address, int length, bool write)
    {
        if (s->Watched != 0) Guest.Owner(s).Watches!.Check(s, address, length, write);
        for (int i = 0; i < 4; i++)
        {
            if (!IsData(s, i) || (!write && KindOf(s, i) == Writing)) continue;
            uint size = (s->Dr[7] >> (18 + i * 4) & 3) switch { 0 => 1u, 1 => 2u, 2 => 8u, _ => 4u };
            uint start = s->Dr[i] & ~(size - 1);
            if (address + (ulong)length <= start || address >= start + (ulong)size) continue;
            s->Met |= (byte)(1 << i);
            s->Event |= CpuEvent.Breakpoint;
        }
    }

    /// <summary>True when an instruction breakpoint lies at <paramref name="address"/>; sets DR6.</summary>
    internal static bool MeetsInstruction(CpuState* s, uint address)
    {
        uint met = 0;
        for (int i = 0; i < 4; i++)
            if (IsEnabled(s, i) && KindOf(s, i) == Execution && s->Dr[i] == address) met |= 1u << i;
        if (met == 0) return false;
        s->Dr[6] = StatusFixed | met;
        return true;
    }

    static bool IsEnabled(CpuState* s, int i) => (s->Dr[7] >> (i * 2) & 3) != 0;

    static uint KindOf(CpuState* s, int i) => s->Dr[7] >> (16 + i * 4) & 3;

    static bool IsData(CpuState* s, int i) => IsEnabled(s, i) && KindOf(s, i) is not (Execution or InputOutput);
}
