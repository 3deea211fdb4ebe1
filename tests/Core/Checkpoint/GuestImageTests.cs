using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>The images of our own guests: whole, cut at every edge, and broken at random; read, and restored where they read as valid.</summary>
public sealed class GuestImageTests
{
    static readonly bool IsLong = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    public static TheoryData<string> Programs => [.. GuestCase.Busybox.Where(program => program is { CarriedByV5: true, Instructions: > 0 }).Select(program => program.Name)];

    /// <summary>Guests that v5 can carry, their arguments, and the instruction at which they are taken.</summary>
    public static TheoryData<string, string[], ulong> Guests => new()
    {
        { "counter", [], 3_000 },
        { "loop", [], 2_500 },
        { "spin", [], 1_000 },
        { "fpu", ["0"], 6_000 },
        { "fpu", ["0", "mmx"], 6_000 },
        { "lduser", ["0"], 5_000 },
        { "debugreg", ["0"], 9_000 },
        { "toucher", ["60", "0", "holes"], 8_000 },
        { "dupwriter", ["/tmp/dup", "0"], 9_000 },
        { "selfckpt", ["/tmp/self", "0"], 5_000 },
        { "sig", [], 500 },
        { "writecode", ["self"], 4_000 },
        { "escape", ["guest-root-marker"], 2_000 },
        { "env", ["a", "b"], 400 },
    };

    [Theory]
    [MemberData(nameof(Guests))]
    public void AnImageReadsBackEqualAndWritesBackToTheSameBytes(string guest, string[] arguments, ulong instruction)
    {
        using var taken = new Taken(guest, arguments, instruction);
        CheckBothWays(taken.Session);
    }

    /// <summary>busybox, in the middle of each run that v5 can carry: whole, and cut at the edges of its records.</summary>
    [Theory]
    [MemberData(nameof(Programs))]
    public void ABusyboxImageReadsBackEqualAndIsRefusedWhenCut(string name)
    {
        Assert.SkipWhen(GuestFiles.Busybox == null, "busybox has not been fetched");
        var program = GuestCase.Busybox.First(candidate => candidate.Name == name);
        using var session = GuestSession.Start(
            GuestSession.Options(GuestSession.SharedRoot),
            new ProgramOptions { FilePath = program.Program, Arguments = program.Arguments, Environment = program.Environment, Suspended = true });
        session.Machine.EndInput();
        session.RunTo((ulong)program.Instructions!.Value / 2);
        CheckBothWays(session);
        CheckEdges(session.Image());
    }

    static void CheckBothWays(GuestSession session)
    {
        using var checkpoint = Checkpointer.Capture(session.Task);
        byte[] bytes = GuestSession.Bytes(checkpoint);
        using var read = Samples.Read(bytes);
        Equality.Check(checkpoint.Image, read);
        Equality.Check(bytes, Samples.Bytes(read));
        string path = Path.GetTempFileName();
        Checkpointer.Write(checkpoint, path, overwrite: true);
        using (var opened = Core.Checkpoint.Checkpoint.Open(path))
        {
            Assert.Equal(bytes.Length, opened.Bytes);
            Equality.Check(checkpoint.Image, opened.Image);
            Equality.Check(bytes, GuestSession.Bytes(opened));
        }
        File.Delete(path);
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void AnImageCutAtAnyEdgeIsRefused(string guest, string[] arguments, ulong instruction)
    {
        using var taken = new Taken(guest, arguments, instruction);
        CheckEdges(taken.Session.Image());
    }

    static void CheckEdges(byte[] image)
    {
        var edges = Patch.Records(image)
            .SelectMany(record => new[] { record.Offset, record.Offset + RecordHeader.Size, record.Offset + RecordHeader.Size + record.Length, record.Offset + RecordHeader.Size + record.Length + record.RawLength })
            .Distinct()
            .SelectMany(edge => new[] { edge - 1, edge, edge + 1 })
            .Where(length => length >= 0 && length < image.Length);
        foreach (int length in edges.Distinct())
        {
            using var cut = new MemoryStream(image, 0, length, writable: false);
            var error = Assert.Throws<CheckpointImageException>(() => ImageReader.Read(cut));
            MutationTests.Check(error, length);
            Assert.Equal(Errno.EPIPE, error.Errno);
        }
    }

    [Theory]
    [InlineData("fpu", "0", 1)]
    [InlineData("lduser", "0", 2)]
    [InlineData("debugreg", "0", 3)]
    [InlineData("dupwriter", "/tmp/dup", 4)]
    public void ABrokenImageIsRefusedOrReadAndThenRestoresOrIsRefused(string guest, string argument, int seed)
    {
        using var taken = new Taken(guest, guest == "dupwriter" ? [argument, "0"] : [argument], 9_000);
        byte[] image = taken.Session.Image();
        var mutator = new Mutator(image);
        var random = new Random(seed);
        int mutations = IsLong ? 10_000 : 500, restores = IsLong ? 2_000 : 60;
        int valid = 0, refused = 0, restored = 0, notRestored = 0;
        for (int round = 0; round < mutations; round++)
        {
            byte[] bytes = mutator.Mutate(random);
            MutationTests.Inspect(bytes);
            Core.Checkpoint.Checkpoint checkpoint;
            try
            {
                checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(bytes));
            }
            catch (CheckpointImageException error)
            {
                MutationTests.Check(error, bytes.Length);
                refused++;
                continue;
            }
            using (checkpoint)
            {
                valid++;
                MutationTests.ReadEverything(checkpoint.Image);
                if (valid > restores) continue;
                if (TryRestore(checkpoint, taken.Options, $"seed {seed}, round {round}")) restored++;
                else notRestored++;
            }
        }
        Assert.True(valid > 20 && refused > 50 && restored > 10, $"{valid} valid, {refused} refused, {restored} restored, {notRestored} not: mutations that always or never hurt prove nothing");
    }

    /// <summary>The same through restart(2): the caller lives on, or has become what the image says; the machine lives on in any case.</summary>
    [Fact]
    public void ABrokenImageGivenToRestartHurtsTheCallerAtMost()
    {
        byte[] image;
        using (var session = GuestSession.Start(GuestSession.SharedRoot, writable: false, "fpu", "0")) image = session.RunTo(6_000).Image();
        var mutator = new Mutator(image);
        var random = new Random(6);
        var options = GuestSession.Options(GuestSession.SharedRoot) with { MemoryLimit = 64 << 20 };
        int lived = 0, became = 0;
        for (int round = 0; round < (IsLong ? 4_000 : 250); round++)
        {
            byte[] bytes = mutator.Mutate(random);
            using var caller = GuestSession.Start(options, new ProgramOptions { FilePath = "/guests/rstr", Suspended = true });
            var machine = caller.Machine;
            machine.SendInput(bytes);
            machine.EndInput();
            machine.RunTo(20_000, caller.Task, TimeSpan.FromSeconds(1));
            if (caller.Task.HasExited && caller.TakeOutput().EndsWith("the caller lives on\n", StringComparison.Ordinal)) lived++;
            else became++;
            machine.Stop();
            Assert.True(machine.Failure == null, $"round {round}: {machine.Failure}");
            Assert.True(machine.Account.Used == 0, $"round {round}: {machine.Account.Used} frames are lost");
        }
        Assert.True(lived > 10 && became > 10, $"{lived} lived on, {became} became another");
    }

    /// <summary>Every field of every record at every edge value, in place of chance.</summary>
    [Theory]
    [InlineData("fpu", "0")]
    [InlineData("dupwriter", "/tmp/dup")]
    public void AFieldAtAnEdgeIsRefusedOrHarmless(string guest, string argument)
    {
        using var taken = new Taken(guest, guest == "dupwriter" ? [argument, "0"] : [argument], 9_000);
        byte[] image = taken.Session.Image();
        ulong[] edges = IsLong ? Mutator.Edges : [0, 1, 0x8000, 0xbfff_f000, 0xffff_ffff, long.MaxValue];
        var seen = new HashSet<RecordType>();
        foreach (var record in Patch.Records(image))
        {
            if (!IsLong && !seen.Add(record.Type)) continue;
            foreach (var field in RecordSchema.Find(record.Type)!.Fields)
            {
                if (field.Size > 8) continue;
                foreach (ulong edge in edges)
                {
                    byte[] bytes = image.SetRaw(record.Offset + RecordHeader.Size + field.Offset, edge, field.Size);
                    if (bytes.AsSpan().SequenceEqual(image)) continue;
                    string what = $"{record.Name} at {record.Offset}: {field.Name} = 0x{edge:x}";
                    try
                    {
                        using var checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(bytes));
                        TryRestore(checkpoint, taken.Options, what);
                    }
                    catch (CheckpointImageException error)
                    {
                        MutationTests.Check(error, bytes.Length);
                    }
                }
            }
        }
    }

    /// <summary>Restores and runs on for ten thousand instructions: the machine lives on and gives everything back, as it does when the image is refused.</summary>
    static bool TryRestore(Core.Checkpoint.Checkpoint checkpoint, MachineOptions options, string what)
    {
        using var machine = MachineFactory.Create(options with { Version = Restorer.VersionOf(checkpoint.Image), MemoryLimit = 64 << 20 });
        bool done = false;
        try
        {
            var task = Restorer.Restore(checkpoint, new RestoreOptions { Into = machine, Suspended = true });
            machine.EndInput();
            machine.RunTo(10_000, task, TimeSpan.FromMilliseconds(200));
            done = true;
        }
        catch (Exception exception) when (exception is RestoreException or CheckpointImageException)
        {
            Assert.Empty(machine.Tasks);
        }
        machine.Stop();
        Assert.True(machine.Failure == null, $"{what}: {machine.Failure}");
        Assert.True(machine.State == MachineState.Stopped, what);
        Assert.True(machine.Account.Used == 0, $"{what}: {machine.Account.Used} frames are lost");
        return done;
    }

    /// <summary>A guest that has run to an instruction, in a root of its own where it needs one.</summary>
    sealed class Taken : IDisposable
    {
        readonly string? root;

        public Taken(string guest, string[] arguments, ulong instruction)
        {
            bool needsFiles = guest is "dupwriter" or "selfckpt" or "escape";
            if (needsFiles) root = GuestSession.NewRoot();
            Options = root != null
                ? GuestSession.Options(root)
                : GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) } };
            var running = root != null ? GuestSession.Options(root, writable: true) : Options;
            Session = GuestSession.Start(running, new ProgramOptions { FilePath = root != null ? "/guests/" + guest : null, Arguments = arguments, Suspended = true });
            Session.RunTo(instruction);
        }

        public GuestSession Session { get; }

        /// <summary>For machines that restore it: changes stay in memory.</summary>
        public MachineOptions Options { get; }

        public void Dispose()
        {
            Session.Dispose();
            if (root != null) Directory.Delete(root, recursive: true);
        }
    }
}
