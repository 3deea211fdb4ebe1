using System.Diagnostics;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>How long machines take to stop.</summary>
internal static class StopTime
{
    /// <summary>Within a second. It is the least time of some that counts: the host may be busy once, or twice.</summary>
    /// <param name="make">Makes a machine that is at work.</param>
    /// <param name="stop">Stops it.</param>
    public static void IsWithinASecond(Func<Machine> make, Action<Machine> stop)
    {
        double least = double.MaxValue;
        for (int attempt = 0; attempt < 20 && least > 1; attempt++)
        {
            using var machine = make();
            var began = Stopwatch.StartNew();
            stop(machine);
            least = Math.Min(least, began.Elapsed.TotalSeconds);
            Assert.Equal(MachineState.Stopped, machine.State);
        }
        Assert.InRange(least, 0, 1);
    }
}
