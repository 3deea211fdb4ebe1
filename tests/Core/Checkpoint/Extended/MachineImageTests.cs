using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Run a machine to the end, and run it to an instruction, write its image, read that into another machine, run that to the end: the same output and the same state.</summary>
public class MachineImageTests
{
    static readonly int Points = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 50 : 3;

    public static TheoryData<string> Own => [.. GuestCase.Own.Select(program => program.Name)];

    public static TheoryData<string> Programs => [.. GuestCase.Busybox.Select(program => program.Name)];

    [Theory]
    [MemberData(nameof(Own))]
    public void OurOwnGuestsGoOn(string name) => Check(GuestCase.Own.First(candidate => candidate.Name == name), Points);

    [Theory]
    [MemberData(nameof(Programs))]
    public void BusyboxGoesOn(string name)
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        Check(GuestCase.Busybox.First(candidate => candidate.Name == name), Points);
    }

    /// <param name="guest">What runs.</param>
    /// <param name="points">How many images are taken, evenly; 0 for as many as usual.</param>
    /// <param name="look">Gets each.</param>
    internal static void Check(GuestCase guest, int points = 0, Action<ExtendedImage>? look = null)
    {
        var options = GuestSession.Options(GuestSession.SharedRoot);
        var program = new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment, Suspended = true };
        ulong total;
        string output, end;
        using (var straight = Start(options, program, guest))
        {
            Finish(straight.Machine);
            output = straight.TakeOutput();
            total = straight.Machine.RetiredInstructions;
            end = StateHash.Compute(straight.Machine, StateHashScope.Full);
        }
        using var original = Start(options, program, guest);
        string before = "";
        if (points == 0) points = Points;
        for (int point = 1; point <= points; point++)
        {
            ulong at = total * (ulong)point / (ulong)(points + 1);
            if (!original.Machine.RunTo(at, original.Task, GuestSession.Patience)) break;
            byte[] bytes;
            using (var image = MachineImage.Capture(original.Machine)) bytes = ImageEditor.Bytes(image);
            string then = StateHash.Compute(original.Machine, StateHashScope.Full);
            before += original.TakeOutput();
            using var read = ExtendedReader.Read(new MemoryStream(bytes));
            look?.Invoke(read);
            using var machine = point % 3 == 0 ? MachineImage.Restore(read, options.Root) : RestoreLazily(bytes, options.Root);
            // A third of the images is read whole, a third when something is touched, and of a third all is touched before it goes on.
            if (point % 3 != 1)
            {
                using (var again = MachineImage.Capture(machine)) Assert.Equal(bytes, ImageEditor.Bytes(again));
                Assert.Equal(then, StateHash.Compute(machine, StateHashScope.Full));
                Assert.Equal(0, machine.PendingPages);
            }
            machine.Thaw();
            Finish(machine);
            string after = System.Text.Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
            Assert.EndsWith(after, output, StringComparison.Ordinal);
            Assert.Equal(total, machine.RetiredInstructions);
            Assert.Equal(end, StateHash.Compute(machine, StateHashScope.Full));
        }
    }

    /// <summary>A machine from a file that is gone when this returns: what it touches is read from it nevertheless.</summary>
    internal static Machine RestoreLazily(byte[] bytes, RootOptions? root, Func<MachineOptions, MachineOptions>? change = null)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using var image = ExtendedReader.Open(path);
            return MachineImage.Restore(image, root, change);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static GuestSession Start(MachineOptions options, ProgramOptions program, GuestCase guest)
    {
        var session = GuestSession.Start(options, program);
        session.Machine.SendInput(guest.Input);
        session.Machine.EndInput();
        return session;
    }

    static void Finish(Machine machine)
    {
        machine.Thaw();
        foreach (var task in machine.Tasks) machine.Thaw(task);
        Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(task => task.HasExited), "the program did not end");
    }
}
