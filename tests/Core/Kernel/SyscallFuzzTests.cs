using CheckpointRestart.Core.Tests.Kernel.Fuzzing;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Random system calls with random and hostile arguments, made by several tasks that share memory, files and objects of all kinds: each ends with a
/// result, an errno, a wait or a signal for the guest. Nothing outside the root is touched, and the machine gives back all that it had.</summary>
/// <remarks>CR_TEST_LONG=1 makes five million calls; CR_FUZZ_SEED and CR_FUZZ_CALLS make one run with that seed, so as to repeat a failure;
/// CR_FUZZ_TRACE names a file for calls that take more than 100 ms, CR_FUZZ_OUTCOMES one for what came of each kind of call.</remarks>
public sealed class SyscallFuzzTests
{
    static readonly bool IsLong = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";
    static readonly int Seed = Number("CR_FUZZ_SEED");
    static readonly int Calls = Number("CR_FUZZ_CALLS") is var calls and not 0 ? calls : IsLong ? 100_000 : 6_000;

    public static TheoryData<int> Seeds => Seed != 0 ? [Seed] : [.. Enumerable.Range(1, IsLong ? 50 : 4)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_fails_but_the_call(int seed) => Run(seed, Calls, writable: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_outside_a_writable_root_is_touched(int seed) => Run(seed + 1000, Calls / 6, writable: true);

    static void Run(int seed, int calls, bool writable)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the canaries are compared with Linux's modes and links");
        using var root = new FuzzRoot(watchesRoot: !writable);
        using var run = new FuzzRun(seed, root, writable);
        run.Run(calls);
        // The long form takes many minutes: it tells how far it is, and what each seed came to.
        if (IsLong || Seed != 0) Console.Out.WriteLine(run.Summary);
        string changes = root.Changes();
        Assert.True(changes.Length == 0, changes);
        Assert.Equal(0, root.OpenHandles());
        Assert.True(run.Made >= calls);
    }

    static int Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), out int value) ? value : 0;
}
