using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Run to the end, and run to an instruction, save, restore, run to the end: the same output and the same state.</summary>
public class MasterPropertyTests
{
    static readonly int Points = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 100 : 4;

    public static TheoryData<string, string[]> OwnGuests => new()
    {
        { "counter", ["12", "20000"] },
        { "loop", ["40000"] },
        { "fpu", [] },
        { "fpu", ["20", "mmx"] },
        { "lduser", [] },
        { "toucher", ["300", "3", "holes"] },
        { "debugreg", [] },
    };

    public static TheoryData<string> Programs => [.. GuestCase.Busybox.Where(program => program.CarriedByV5).Select(program => program.Name)];

    [Theory]
    [MemberData(nameof(OwnGuests))]
    public void OurOwnGuestsGoOn(string guest, string[] arguments) => Check(
        GuestSession.Options(GuestSession.SharedRoot),
        new ProgramOptions { FilePath = "/guests/" + guest, Arguments = arguments, Suspended = true },
        points: 20);

    [Theory]
    [MemberData(nameof(Programs))]
    public void BusyboxGoesOn(string name)
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        var program = GuestCase.Busybox.First(candidate => candidate.Name == name);
        Check(
            GuestSession.Options(GuestSession.SharedRoot),
            new ProgramOptions { FilePath = program.Program, Arguments = program.Arguments, Environment = program.Environment, Suspended = true },
            Points);
    }

    static void Check(MachineOptions options, ProgramOptions program, int points)
    {
        ulong total;
        string output, hash;
        int exitCode;
        using (var straight = GuestSession.Start(options, program))
        {
            StateHash.RecordAtExit(straight.Machine);
            (output, exitCode) = straight.Finish();
            total = straight.Task.Instructions;
            hash = StateHash.Compute(straight.Task);
        }
        // One machine is stopped at all points, which also shows that being looked at changes nothing.
        using var original = GuestSession.Start(options, program);
        original.Machine.EndInput();
        StateHash.RecordAtExit(original.Machine);
        string before = "";
        for (int point = 1; point <= points; point++)
        {
            ulong at = total * (ulong)point / (ulong)(points + 1);
            original.RunTo(at);
            before += original.TakeOutput();
            using var checkpoint = Checkpointer.Capture(original.Task);
            byte[] image = GuestSession.Bytes(checkpoint);
            using var restored = GuestSession.Restore(image, options);
            Assert.Equal(StateHash.Compute(original.Task), StateHash.Compute(restored.Task));
            Assert.Equal(image.Length, restored.Image().Length);
            StateHash.RecordAtExit(restored.Machine);
            var (rest, restoredExit) = restored.Finish();
            Assert.Equal((output, exitCode), (before + rest, restoredExit));
            Assert.Equal(total - at, restored.Task.Instructions);
            string end = StateHash.Compute(restored.Task);
            // What v5 leaves out, such as signal handlers, the program may read back into its memory later.
            Assert.True(hash == end || checkpoint.NotCarried.Count > 0, $"point {point}, instruction {at}: the end is another; left out: {string.Join(", ", checkpoint.NotCarried)}");
        }
        var (tail, originalExit) = original.Finish();
        Assert.Equal((output, exitCode), (before + tail, originalExit));
        Assert.Equal(hash, StateHash.Compute(original.Task));
    }
}
