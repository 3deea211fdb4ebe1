using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Saved at every single instruction of a stretch that keeps its state in the processor, and restored from the image's bytes in a
/// new machine, a guest goes on as if nothing had happened. The guests say "begin" before the stretch and "end" after it (midway.h).</summary>
public sealed class MidwayTests
{
    static readonly string[] Exceptions = ["invalid", "stack", "denormal", "zero", "overflow", "underflow", "inexact", "late"];

    public static TheoryData<string, string[], string> Guests
    {
        get
        {
            // An i586's state is saved in FSAVE's form.
            var data = new TheoryData<string, string[], string>
            {
                { "midway-x87", ["pointers"], "max" },
                { "midway-mmx", ["pointers"], "max" },
                { "midway-sse", [], "max" },
                { "midway-rep", [], "max" },
                { "midway-fault", ["overflow", "handled", "pointers"], "i586" },
                { "midway-fault", ["stack"], "i586" },
            };
            foreach (string exception in Exceptions)
            {
                data.Add("midway-fault", [exception], "max");
                data.Add("midway-fault", [exception, "handled", "pointers"], "max");
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void GoesOnFromEveryInstruction(string guest, string[] arguments, string processor)
    {
        var options = GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) }, Cpu = CpuModel.Find(processor)! };
        var program = new ProgramOptions { Arguments = arguments, Suspended = true };
        using var straight = GuestSession.Start(options, program);
        StateHash.RecordAtExit(straight.Machine);
        var (output, exitCode) = straight.Finish();
        ulong total = straight.Task.Instructions;
        string end = StateHash.Compute(straight.Task);

        using var original = GuestSession.Start(options, program);
        StateHash.RecordAtExit(original.Machine);
        original.Machine.EndInput();
        var before = new StringBuilder();
        ulong at = 0;
        for (; !before.ToString().StartsWith("begin\n", StringComparison.Ordinal); before.Append(original.TakeOutput())) original.RunTo(++at);
        int points = 0;
        for (; before.ToString() == "begin\n"; original.RunTo(++at), before.Append(original.TakeOutput()))
        {
            points++;
            string where = $"instruction {at} at 0x{original.Task.Registers!.Eip:x}";
            using var restored = GuestSession.Restore(original.Image(), options);
            Assert.True(StateHash.Compute(original.Task) == StateHash.Compute(restored.Task), $"{where}: another state");
            StateHash.RecordAtExit(restored.Machine);
            var (rest, restoredExit) = restored.Finish();
            Assert.True(output == "begin\n" + rest, $"{where}: another output\n{rest}");
            Assert.Equal(exitCode, restoredExit);
            Assert.True(total == at + restored.Task.Instructions, $"{where}: {restored.Task.Instructions} instructions to the end of {total}");
            Assert.True(end == StateHash.Compute(restored.Task), $"{where}: another state at the end");
        }
        Assert.InRange(points, 40, 1000);

        var (tail, originalExit) = original.Finish();
        Assert.Equal((output, exitCode), (before + tail, originalExit));
        Assert.Equal(end, StateHash.Compute(original.Task));
    }
}
