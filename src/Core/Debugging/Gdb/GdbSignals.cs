using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>gdb numbers signals in its own way (include/gdb/signals.def).</summary>
static class GdbSignals
{
    const int Unknown = 143, RealTime32 = 77, RealTime33 = 45, RealTime64 = 78;

    /// <summary>Place n: gdb's number of Linux's signal n.</summary>
    static readonly byte[] Standard = [0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, Unknown, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12];

    /// <summary>gdb's number.</summary>
    public static int Of(Signal signal) => (int)signal switch
    {
        < 0 => Unknown,
        < 32 and var n => Standard[n],
        32 => RealTime32,
        33 => RealTime33,
        64 => RealTime64,
        < 64 and var n => RealTime33 + n - 33,
        _ => Unknown,
    };

    /// <summary>Linux's signal; None for 0, and null for what Linux does not have.</summary>
    public static Signal? From(ulong number)
    {
        if (number == 0) return Signal.None;
        for (int n = 1; n <= (int)Signal.Last; n++)
            if ((ulong)Of((Signal)n) == number) return (Signal)n;
        return null;
    }
}
