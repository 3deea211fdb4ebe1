using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>When a machine's memory is used up the process that Linux would choose dies, and nobody else.</summary>
public sealed class OutOfMemoryTests
{
    [Fact]
    public void The_likely_dies_first_the_exempt_never_and_the_greedy_gets_what_they_leave()
    {
        var run = GuestRun.Run(GuestRun.OptionsFor("oom") with { MemoryLimit = 64 << 20 }, new ProgramOptions());
        Assert.Null(run.Failure);
        Assert.Equal("likely: killed by 9\nlarge: killed by 9\nexempt: lives\ngreedy: lives\nalone: 9\n", run.Text);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public void Page_tables_count_against_the_limit()
    {
        using var account = new Core.Memory.MemoryAccount(1000);
        using var space = new Core.Memory.AddressSpace(account);
        const VmFlags flags = VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.NoReserve;
        Assert.Equal(Errno.None, space.Map(0x10000000, 0x80000000, flags, isFixed: true, null, 0, out uint at));
        uint touched = 0;
        while (space.ReadableSpan(at + touched * 0x200000, 1).Length == 1) touched++;
        Assert.InRange(touched, 300u, 340u);
        Assert.Equal(Core.Memory.FaultKind.OutOfMemory, space.LastFault.Kind);
        space.Dispose();
        Assert.Equal(0, account.Tables);
    }
}
