using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A machine of more than thirty tasks that use all that the kernel has, captured at random instants and restored in other processes: the same hash there, and the same one a piece further on.</summary>
/// <remarks>CR_TEST_POINTS says at how many instants (8; 1000 is the long form), CR_TEST_SEED at which.</remarks>
public class MixedMachineTests(ITestOutputHelper said)
{
    static readonly int Points = Number("CR_TEST_POINTS", Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 1000 : 8);
    static readonly int Seed = Number("CR_TEST_SEED", 1);

    /// <summary>How many of the restores have a process of their own, in which the machine then runs to its end.</summary>
    static int Own => Points >= 100 ? 10 : 1;

    /// <summary>What runs at the same time, each over and over in a process of its own.</summary>
    static readonly string[] Guests =
    [
        "epoll", "eventstates", "eventfiles", "inotify", "sockstate 20000", "sockunix", "sockinet", "sockpass", "futex wait", "futex lock", "sysv shm", "sysv sem", "sysv msg", "mq",
        "waiting locks", "waiting semaphores", "waiting messages", "waiting timer", "waiting stops", "waiting filters", "waiting files", "timers", "sig", "ttyline 1 3", "children", "tracer",
        "seccomp", "memory map", "memory seals", "xattrs", "twothreads exit", "many 5 4", "vforker exit", "lduser 4", "deleted exit", "fpu 12",
    ];

    /// <summary>Beside them, what a shell does.</summary>
    const string Pipelines = """
        /guests/many 9 3 stay > /tmp/many.out & many=$!
        (while [ ! -f /tmp/over ]; do seq 1 300 | sort -r | sed 's/$/ x/' | tr x y | md5sum; usleep 100000; done > /tmp/pipe.out) &
        mkfifo /tmp/fifo; (while [ ! -f /tmp/over ]; do echo $RANDOM; sleep 0.1; done > /tmp/fifo) & (while read line; do echo "got $line"; done < /tmp/fifo | tail -3 > /tmp/fifo.out) &
        (i=0; while [ ! -f /tmp/over ]; do i=$((i+1)); echo line $i >> /tmp/log; [ $((i % 50)) = 0 ] && mv /tmp/log /tmp/log.old; usleep 100000; done) &
        """;

    [Fact]
    public void AnyInstantOfAMachineOfThirtyTasksCanBeGoneOnFromInAnotherProcess()
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        int rounds = Math.Max(1, Points / 100);
        var straight = Start(rounds);
        ulong total;
        string end, output;
        using (straight.Machine)
        {
            string? ended = null;
            straight.Machine.Execute(m => m.Ending = group =>
            {
                if (group.Id == straight.Pid) ended ??= Describe(m, group);
            });
            straight.Machine.Thaw(straight);
            Assert.True(straight.Machine.WaitForExit(straight, TimeSpan.FromMinutes(20)));
            Assert.Null(straight.Machine.Failure);
            end = ended!;
            total = ulong.Parse(end.Split(' ')[2], CultureInfo.InvariantCulture);
            output = Encoding.UTF8.GetString(straight.Machine.Streams.TakeAll(StreamKind.Output));
        }
        Assert.Contains(Guests.Length + " guests\n", output, StringComparison.Ordinal);

        var random = new Random(Seed);
        ulong[] instants = [.. Enumerable.Range(0, Points).Select(_ => (ulong)random.NextInt64((long)(total / 50), (long)total)).Distinct().Order()];
        var own = Enumerable.Range(0, Own).Select(i => instants.Length * (2 * i + 1) / (2 * Own)).ToHashSet();
        var task = Start(rounds);
        using var machine = task.Machine;
        using var many = new ImageProcess(GuestSession.SharedRoot);
        using var file = new TemporaryFile();
        string here = "", there = "", before = "";
        var counts = new List<int>();
        var wrong = new List<string>();
        for (int i = 0; i < instants.Length; i++)
        {
            Assert.True(machine.RunTo(instants[i], i == 0 ? task : null, GuestSession.Patience), $"instruction {instants[i]} of {total} was not reached");
            here = StateHash.Compute(machine, StateHashScope.Full);
            // The one restored at the instant before has gone on to this one.
            if (i > 0 && here != there) wrong.Add($"from {instants[i - 1]} to {instants[i]}: {there} after a restore, {here} straight");
            counts.Add(machine.Tasks.Count(static other => !other.HasExited));
            before += Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
            here = StateHash.Compute(machine, StateHashScope.Full);
            using (var image = MachineImage.Capture(machine))
            using (var stream = File.Create(file.Path)) ExtendedWriter.Write(image, stream);
            string restored = many.Restore(file.Path, task.Pid);
            if (restored != here) wrong.Add($"at {instants[i]}: {restored} restored, {here} saved");
            if (i + 1 < instants.Length) there = many.Run(instants[i + 1] - instants[i]).Hash;
            if (!own.Contains(i)) continue;
            using var alone = new ImageProcess(GuestSession.SharedRoot);
            if (alone.Restore(file.Path, task.Pid) != here) wrong.Add($"at {instants[i]}: another hash in a process of its own");
            string ended = alone.Finish().End, text = before + alone.TakeOutput();
            if (ended != end || text != output) wrong.Add($"from {instants[i]} to the end: {ended}, not {end}; {text}");
        }
        said.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{instants.Length} restores, {own.Count} of them in processes of their own, {wrong.Count} wrong; {counts.Min()} to {counts.Max()} tasks, {counts.Order().ElementAt(counts.Count / 2)} at half of the instants; {total} instructions"));
        Assert.True(wrong.Count == 0, $"{wrong.Count} wrong, the first: {string.Join("\n", wrong.Take(5))}");
        Assert.InRange(counts.Order().ElementAt(counts.Count / 2), 30, 10_000);
    }

    /// <summary>A machine whose shell stands before its first instruction.</summary>
    static Task Start(int rounds)
    {
        var script = new StringBuilder(Pipelines.ReplaceLineEndings("\n")).Append("\nall=\n");
        foreach (string guest in Guests)
            script.Append(CultureInfo.InvariantCulture, $"(i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); /guests/{guest} > \"/tmp/{guest}.out\" 2>&1; done) & all=\"$all $!\"\n");
        // The output of the guests tells nothing here: some meet others that they do not expect.
        script.Append("wait $all; touch /tmp/over; kill $many; wait; echo $(ls /tmp/*.out | wc -l) files; cat /tmp/*.out | md5sum; ").Append(CultureInfo.InvariantCulture, $"echo {Guests.Length} guests\n");
        var options = GuestSession.Options(GuestSession.SharedRoot) with { MemoryLimit = 1L << 30 };
        var session = GuestSession.Start(options, new ProgramOptions { FilePath = "/bin/busybox", Arguments = ["sh", "-c", script.ToString()], Environment = ["PATH=/bin:/usr/bin", "LC_ALL=C"], Suspended = true });
        session.Machine.EndInput();
        return session.Task;
    }

    static string Describe(Machine machine, ThreadGroup group) =>
        string.Create(CultureInfo.InvariantCulture, $"status {group.ExitStatus}, {machine.RetiredInstructions} instructions, {machine.Clock.Now} ns, machine {StateHash.Compute(machine, StateHashScope.Full)}");

    static int Number(string name, int usual) => int.Parse(Environment.GetEnvironmentVariable(name) ?? usual.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
