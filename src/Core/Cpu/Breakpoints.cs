using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The debug registers (Intel SDM volume 3, 17.2).</summary>
internal static unsafe class Breakpoints
{
    static class Empty
    {
        internal static readonly nint Table = (nint)Memory.HostMemory.Reserve((1 << 20) * sizeof(long));
    }

    /// <summary>A look-up table without an entry. It is never written, so it takes no memory.</summary>
    internal static long* NoTable => (long*)Empty.Table;

    /// <summary>True when a local or global enable bit of DR7 is set.</summary>
    internal static bool Enabled(CpuState* s) => (s->Dr[7] & 0xFF) != 0;

    /// <summary>Notes a data breakpoint that an access meets; the trap comes behind the instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(CpuState* s, uint address, int length, bool write)
    {
        if (Enabled(s)) Compare(s, address, length, write);
    }

    static void Compare(CpuState* s, uint address, int length, bool write)
    {
        for (int i = 0; i < 4; i++)
        {
            uint control = s->Dr[7] >> (16 + i * 4) & 15;
            if ((s->Dr[7] >> (i * 2) & 3) == 0 || (control & 3) is 0 or 2 || (!write && (control & 3) == 1)) continue;
            uint size = (control >> 2) switch { 0 => 1u, 1 => 2u, 2 => 8u, _ => 4u };
            uint start = s->Dr[i] & ~(size - 1);
            if (address + (ulong)length <= start || address >= start + (ulong)size) continue;
            s->Dr[6] |= 1u << i;
            s->Event |= CpuEvent.Breakpoint;
        }
    }

    /// <summary>True when an instruction breakpoint lies at <paramref name="address"/>; sets DR6.</summary>
    internal static bool MeetsInstruction(CpuState* s, uint address)
    {
        bool met = false;
        for (int i = 0; i < 4; i++)
        {
            if ((s->Dr[7] >> (i * 2) & 3) == 0 || (s->Dr[7] >> (16 + i * 4) & 3) != 0 || s->Dr[i] != address) continue;
            s->Dr[6] |= 1u << i;
            met = true;
        }
        return met;
    }
}
