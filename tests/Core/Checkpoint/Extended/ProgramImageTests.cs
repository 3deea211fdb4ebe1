using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Programs of several processes and threads go from machine to machine through images, many times in a run, and come to the same end as in one.</summary>
/// <remarks>CR_TEST_LONG=1 adds Debian's (of the directory that CR_COMPATIBILITY_ROOT names, or the archive); CR_ENGINE_ONLY takes part of a name.</remarks>
public class ProgramImageTests
{
    static bool IsLong => Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    static string? Packages => Environment.GetEnvironmentVariable("CR_COMPATIBILITY_ROOT");

    static readonly int Legs = int.Parse(Environment.GetEnvironmentVariable("CR_TEST_LEGS") ?? "12", CultureInfo.InvariantCulture);

    /// <summary>Each so many legs, one runs in a process of its own.</summary>
    static readonly int Fresh = IsLong ? 3 : 9;

    public static TheoryData<string> Programs => [.. SameRun.All
        .Where(static program => program.Name.Contains(Environment.GetEnvironmentVariable("CR_ENGINE_ONLY") ?? "", StringComparison.Ordinal))
        .Where(static program => program.Needs switch
        {
            SameRun.Needs.Nothing => true,
            SameRun.Needs.Busybox => GuestFiles.Busybox != null,
            SameRun.Needs.Debian => IsLong && GuestFiles.Debian != null,
            _ => IsLong && (Packages != null || DebianRoot.Packages != null),
        }).Select(static program => program.Name)];

    [Theory]
    [MemberData(nameof(Programs))]
    public void ProgramsGoFromMachineToMachine(string name)
    {
        var program = SameRun.All.First(candidate => candidate.Name == name);
        var root = SameRun.RootFor(program, Packages);
        using var straight = new Run(program, root);
        straight.Finish();
        using Run stays = new(program, root), moved = new(program, root);
        var random = new Random(4);
        long piece = (long)(straight.Instructions / (ulong)Legs);
        for (ulong step = Step(); stays.GoOn(step) & moved.GoOn(step); step = Step())
        {
            Assert.Equal("", stays.DifferenceTo(moved));
            if (moved.Moves % Fresh == 2) moved.MoveAway();
            else moved.Move();
        }
        stays.Finish();
        moved.Finish();
        Assert.Equal(straight.Result, stays.Result);
        Assert.Equal(straight.Result, moved.Result);
        Assert.True(moved.Moves >= 3, $"it moved {moved.Moves} times");

        ulong Step() => 1 + (ulong)random.NextInt64(2 * piece);
    }

    /// <summary>A run of a program, in one machine after the other.</summary>
    sealed class Run : IDisposable
    {
        readonly RootOptions root;
        readonly int pid;
        readonly StringBuilder output = new();
        Machine machine;
        string end = "";
        /// <summary>Where the machine is while it is in no machine here.</summary>
        ImageProcess? away;
        /// <summary>The first task before its first instruction.</summary>
        Core.Kernel.Task? held;

        public void Dispose() => away?.Dispose();

        public Run(SameRun.Program program, RootOptions root)
        {
            this.root = root;
            machine = SameRun.Make(program, root, CpuEngine.Auto, null, out held);
            pid = held.Pid;
            Watch();
        }

        public int Moves { get; private set; }

        public ulong Instructions { get; private set; }

        public string Result => end + output;

        bool HasEnded => end.Length > 0;

        /// <summary>Runs on for so many instructions.</summary>
        /// <returns>False when the program has ended.</returns>
        public bool GoOn(ulong instructions)
        {
            if (away != null) return GoOnAway(instructions);
            machine.RunTo(machine.RetiredInstructions + instructions, held, GuestSession.Patience);
            held = null;
            machine.Freeze();
            Take();
            return !HasEnded;
        }

        /// <summary>Goes over into another machine.</summary>
        public void Move()
        {
            using var stream = new MemoryStream();
            using (var image = MachineImage.Capture(machine)) ExtendedWriter.Write(image, stream);
            machine.Dispose();
            stream.Position = 0;
            using var read = ExtendedReader.Read(stream);
            machine = MachineImage.Restore(read, root);
            Watch();
            Moves++;
        }

        /// <summary>Goes over into a machine of a new process.</summary>
        public void MoveAway()
        {
            using var file = new TemporaryFile();
            using (var image = MachineImage.Capture(machine))
            using (var stream = File.Create(file.Path)) ExtendedWriter.Write(image, stream);
            string hash = StateHash.Compute(machine, StateHashScope.Full);
            machine.Dispose();
            away = new ImageProcess(root.HostDirectory ?? root.Archive?.Path);
            Assert.Equal(hash, away.Restore(file.Path, pid));
            Moves++;
        }

        /// <summary>Runs in the other process, and comes back from there unless the program has ended.</summary>
        bool GoOnAway(ulong instructions)
        {
            using var file = new TemporaryFile();
            using (var process = away!)
            {
                away = null;
                var place = process.Run(instructions);
                output.Append(process.TakeOutput());
                if (place.End.Length > 0)
                {
                    end = place.End + "\n";
                    Instructions = place.Instructions;
                    return false;
                }
                process.Save(file.Path);
            }
            using var read = ExtendedReader.Open(file.Path);
            machine = MachineImage.Restore(read, root);
            Watch();
            return true;
        }

        public string DifferenceTo(Run other)
        {
            using var here = MachineImage.Capture(machine);
            using var there = MachineImage.Capture(other.machine);
            return ImageComparison.FirstDifference(here, there);
        }

        public void Finish()
        {
            if (away != null) GoOnAway(1);
            // It ended in the other process.
            if (machine.HasEnded) return;
            var first = machine.Tasks.FirstOrDefault(task => task.Pid == pid);
            machine.Thaw();
            if (held != null) machine.Thaw(held);
            if (first != null) Assert.True(machine.WaitForExit(first, TimeSpan.FromMinutes(10)), string.Join(", ", machine.Tasks.Select(task => $"{task} {task.State} {task.BlockedCall?.Reason}")));
            Take();
            Assert.Null(machine.Failure);
            machine.Dispose();
        }

        void Watch() => machine.Execute(m => m.Ending = group =>
        {
            if (group.Id != pid || HasEnded) return;
            Instructions = m.RetiredInstructions;
            end = string.Create(CultureInfo.InvariantCulture, $"status {group.ExitStatus}, {m.RetiredInstructions} instructions, {m.Clock.Now} ns, machine {StateHash.Compute(m, StateHashScope.Full)}\n");
            Take();
        });

        void Take() => output.Append(Encoding.Latin1.GetString(machine.Streams.TakeAll(StreamKind.Output))).Append(Encoding.Latin1.GetString(machine.Streams.TakeAll(StreamKind.Error)));
    }
}
