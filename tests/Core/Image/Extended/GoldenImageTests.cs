using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using CheckpointRestart.Core.Tests.Checkpoint.Extended;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image.Extended;

/// <summary>Images that were made once and are committed (tests/image/golden) stay readable: the same objects, the same state, and the programs go on to the end that they had then.</summary>
/// <remarks>CR_UPDATE_GOLDEN=images makes them anew, of the programs in tests/guests/bin; CR_UPDATE_GOLDEN=hashes only notes the hashes anew, for when a hash comes to cover more.</remarks>
public sealed class GoldenImageTests : IDisposable
{
    static readonly string? Update = Environment.GetEnvironmentVariable("CR_UPDATE_GOLDEN");

    static readonly (string Name, string Guest, string[] Arguments, double At)[] Made =
    [
        ("threads", "waiting", ["locks"], 0.5),
        ("pipes", "pipes", [], 0.4),
        ("sockets", "sockunix", [], 0.5),
        ("files", "waiting", ["files"], 0.5),
        ("terminals", "eventstates", [], 0.55),
        ("signals", "sig", [], 0.6),
        ("memory", "memory", ["seals"], 0.5),
        ("semaphores", "waiting", ["semaphores"], 0.5),
        ("tracing", "waiting", ["stops"], 0.5),
        ("timers", "waiting", ["timer"], 0.5),
    ];

    static readonly string Folder = Path.Combine(GuestFiles.Directory, "..", "image", "golden");

    readonly string root = Directory.CreateTempSubdirectory("cr-golden-").FullName;

    public static TheoryData<string> Names => [.. Made.Select(static one => one.Name)];

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void ImagesOfThenAreReadAndGoneOnWith(string name)
    {
        var one = Made.First(made => made.Name == name);
        string path = Path.Combine(Folder, name + ".cr"), expected = Path.Combine(Folder, name + ".txt");
        if (Update == "images") Directory.CreateDirectory(Folder);
        MakeRoot(one.Guest);
        if (Update == "images") Make(one, path);
        IndependentReaderTests.AssertSame(path);
        using var image = ExtendedReader.Open(path);
        using var machine = MachineImage.Restore(image, new RootOptions { HostDirectory = root }, allowChangedFiles: true);
        string objects = Objects(image), hash = StateHash.Compute(machine, StateHashScope.Full);
        machine.Thaw();
        Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(static task => task.HasExited), "the program did not end");
        Assert.Null(machine.Failure);
        string output = Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
        string[] hashes = [$"state {hash}", $"end {StateHash.Compute(machine, StateHashScope.Full)}"];
        string rest = string.Create(CultureInfo.InvariantCulture, $"identity {Convert.ToHexStringLower(image.Identity.Span)}\ninstructions {machine.RetiredInstructions}\n{objects}output\n{output}");
        if (Update is "images") File.WriteAllText(expected, string.Join('\n', hashes) + "\n" + rest);
        var lines = File.ReadAllText(expected).Split('\n', 3);
        Assert.Equal(lines[2], rest);
        if (Update is "hashes") File.WriteAllText(expected, string.Join('\n', hashes) + "\n" + rest);
        else Assert.Equal(lines[..2], hashes);
    }

    [Fact]
    public void NothingElseLiesThere() =>
        Assert.Equal(Made.SelectMany(static one => (string[])[one.Name + ".cr", one.Name + ".txt"]).Order(StringComparer.Ordinal), Directory.GetFiles(Folder).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    /// <summary>How many objects there are of each kind, and of pages.</summary>
    static string Objects(ExtendedImage image)
    {
        var text = new StringBuilder();
        foreach (var kind in image.Objects.GroupBy(static one => one.Kind).OrderBy(static group => group.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{kind.Count()} {kind.Key}\n");
        return text.Append(CultureInfo.InvariantCulture, $"{image.Pages.Count} pages\n").ToString();
    }

    /// <summary>A root with one program: of the program as it was when the image was made, whose pages the image counts on.</summary>
    void MakeRoot(string guest)
    {
        string kept = Path.Combine(Folder, "root", "guests", guest), there = Path.Combine(root, "guests", guest);
        if (Update == "images")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            File.Copy(GuestFiles.Program(guest), kept, overwrite: true);
        }
        foreach (string folder in (string[])["guests", "tmp", "dev", "proc"]) Directory.CreateDirectory(Path.Combine(root, folder));
        File.Copy(kept, there);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(there, (UnixFileMode)0x1ed);
            File.SetUnixFileMode(Path.Combine(root, "tmp"), (UnixFileMode)0x3ff);
        }
        foreach (string entry in Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Append(root)) Directory.SetLastWriteTimeUtc(entry, DateTime.UnixEpoch.AddSeconds(1_700_000_000));
    }

    void Make((string Name, string Guest, string[] Arguments, double At) one, string path)
    {
        var options = GuestSession.Options(root);
        var program = new ProgramOptions { FilePath = "/guests/" + one.Guest, Arguments = one.Arguments, Suspended = true };
        ulong total;
        using (var straight = GuestSession.Start(options, program))
        {
            straight.Finish();
            total = straight.Machine.RetiredInstructions;
        }
        using var session = GuestSession.Start(options, program);
        session.Machine.EndInput();
        Assert.True(session.Machine.RunTo((ulong)(total * one.At), session.Task, GuestSession.Patience));
        session.TakeOutput();
        using var image = MachineImage.Capture(session.Machine);
        AtomicFile.Write(path, overwrite: true, stream => ExtendedWriter.Write(image, stream, new ExtendedWriterOptions { Compression = 19 }));
    }
}
