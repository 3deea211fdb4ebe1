using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A broken image is refused with a rule and an offset, or makes a machine that runs: nothing else ever happens, and nothing is left of a refused one.</summary>
public class MutatedImageTests
{
    static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CR_TEST_MUTATIONS") ?? "300", CultureInfo.InvariantCulture);
    static readonly int First = int.Parse(Environment.GetEnvironmentVariable("CR_TEST_MUTATIONS_FROM") ?? "0", CultureInfo.InvariantCulture);

    /// <summary>Seeds that found something.</summary>
    static readonly int[] OnceFatal = [1657, 20018];

    public static TheoryData<string> Guests => [.. Bases.Select(static one => one.Name)];

    static (string Name, string Program, string[] Arguments, double At)[] Waiting =>
    [
        ("locks", "/guests/waiting", ["locks"], 0.4),
        ("semaphores", "/guests/waiting", ["semaphores"], 0.5),
        ("messages", "/guests/waiting", ["messages"], 0.4),
        ("queues", "/guests/waiting", ["queues"], 0.5),
        ("timer", "/guests/waiting", ["timer"], 0.5),
        ("filters", "/guests/waiting", ["filters"], 0.6),
        ("stops", "/guests/waiting", ["stops"], 0.5),
    ];

    static readonly (string Name, string Program, string[] Arguments, double At)[] Bases =
    [
        ("pipeline", "/bin/busybox", ["sh", "-c", "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); done | sort -r | (read a; sleep 1; cat) | tail -3; echo done"], 0.5),
        ("pipes", "/guests/pipes", [], 0.4),
        ("signals", "/guests/sig", [], 0.6),
        // Those who wait for each other, where there is time.
        .. Environment.GetEnvironmentVariable("CR_TEST_MUTATIONS") == null ? [] : Waiting,
        ("epoll", "/guests/epoll", [], 0.4),
        ("events", "/guests/eventfiles", [], 0.7),
        ("inotify", "/guests/inotify", [], 0.6),
        ("children", "/guests/children", [], 0.5),
        ("sockets", "/guests/sockstate", ["400000"], 0.5),
        ("sockets", "/guests/sockstate", [], 0.6),
        // Those who wait for each other, where there is time.
        .. Environment.GetEnvironmentVariable("CR_TEST_MUTATIONS") == null ? [] : Waiting,
    ];

    [Theory]
    [MemberData(nameof(Guests))]
    public void ObjectsThatAreWrongAreRefusedOrRun(string name) => Check(name, static (mutator, random) => mutator.ChangeObjects(random));

    [Theory]
    [MemberData(nameof(Guests))]
    public void DamageIsFound(string name) => Check(name, static (mutator, random) => mutator.ChangeBytes(random));

    static void Check(string name, Func<ImageMutator, Random, byte[]> mutate)
    {
        var options = GuestSession.Options(GuestSession.SharedRoot);
        byte[] whole = Image(options, Bases.First(one => one.Name == name));
        using var image = ExtendedReader.Read(new MemoryStream(whole));
        var mutator = new ImageMutator(image, whole);
        int refused = 0;
        var wrong = new List<string>();
        foreach (int seed in Enumerable.Range(First, Count).Concat(OnceFatal))
        {
            byte[] bytes = mutate(mutator, new Random(seed));
            var began = Stopwatch.StartNew();
            try
            {
                // Every other one lies in a file, from which pages are read when something touches them.
                using var machine = seed % 2 == 0 ? Restore(ExtendedReader.Read(new MemoryStream(bytes)), options) : Restore(InFile(bytes), options);
                RunALittle(machine);
                if (machine.Failure != null) wrong.Add($"seed {seed}: {machine.Failure}");
            }
            catch (CheckpointImageException)
            {
                refused++;
            }
            catch (RestoreException)
            {
                refused++;
            }
            catch (LostPagesException)
            {
                refused++;
            }
            catch (Exception exception)
            {
                wrong.Add($"seed {seed}: {exception}");
            }
            if (began.Elapsed > TimeSpan.FromSeconds(20)) wrong.Add($"seed {seed} took {began.Elapsed}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Count}, the first: {string.Join("\n", wrong.Take(5))}");
        Assert.True(refused > Count / 4, $"only {refused} of {Count} were refused");
    }

    static Machine Restore(ExtendedImage image, MachineOptions options)
    {
        using (image) return MachineImage.Restore(image, options.Root, o => o with { MemoryLimit = Math.Min(o.MemoryLimit, 256 << 20) });
    }

    /// <summary>An image in a file that has no name any more.</summary>
    static ExtendedImage InFile(byte[] bytes)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            return ExtendedReader.Open(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Until some instructions are done, all wait, or a short time is over.</summary>
    static void RunALittle(Machine machine)
    {
        ulong target = machine.RetiredInstructions + 30_000;
        for (int i = 0; i < 20 && !machine.HasEnded; i++)
        {
            if (machine.RunTo(target, null, TimeSpan.FromMilliseconds(1)) || machine.State is MachineState.Idle or MachineState.Stopped) return;
            // It has gone on since, on a busy host even past the target.
            if (machine.HasEnded) return;
            machine.Freeze();
            if (machine.RetiredInstructions >= target) return;
        }
    }

    static byte[] Image(MachineOptions options, (string Name, string Program, string[] Arguments, double At) one)
    {
        var program = new ProgramOptions { FilePath = one.Program, Arguments = one.Arguments, Suspended = true };
        ulong total;
        using (var straight = GuestSession.Start(options, program))
        {
            straight.Finish();
            total = straight.Machine.RetiredInstructions;
        }
        using var session = GuestSession.Start(options, program);
        session.Machine.EndInput();
        Assert.True(session.Machine.RunTo((ulong)(total * one.At), session.Task, GuestSession.Patience));
        using var image = MachineImage.Capture(session.Machine);
        return ImageEditor.Bytes(image);
    }
}
