using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint.Extended;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Comparing;

/// <summary>Two images that are a known edit apart differ in that edit and in nothing else.</summary>
public class ImageComparerTests
{
    static readonly int Edits = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 2000 : 50;

    /// <summary>What entries of lists are told apart by: an edit of one of these makes another entry of it.</summary>
    static readonly string[] Keys = ["pid", "number", "start", "id", "name", "key", "offset", "first"];

    public static TheoryData<string> Guests => ["counter", "twothreads", "sockstate", "eventstates", "waiting-semaphores"];

    [Theory]
    [MemberData(nameof(Guests))]
    public void AnEditedFieldIsTheOnlyDifference(string name)
    {
        using var checkpoint = Capture(name);
        var image = checkpoint.Extended!;
        var random = new Random(7);
        // What says something of the image and not of the machine is not compared.
        var fields = image.Objects.Where(static one => one.Kind is not ("checkpoint" or "file-checks")).SelectMany(one => Paths(one.Fields, "").Select(path => (Object: one, Path: path)))
            .Where(static field => !Keys.Contains(field.Path[(field.Path.LastIndexOf('.') + 1)..])).Distinct().ToArray();
        for (int i = 0; i < Edits; i++)
        {
            var (one, path) = fields[random.Next(fields.Length)];
            using var edited = ImageEditor.Change(image, one, path, value => Edit(value, random));
            if (edited == null) continue;
            var difference = Assert.Single(ImageComparer.Compare(checkpoint, new Core.Checkpoint.Checkpoint(edited), TestContext.Current.CancellationToken));
            string last = path[(path.LastIndexOf('.') + 1)..].Replace("[]", "", StringComparison.Ordinal);
            if (difference.Kind != DifferenceKind.Register) Assert.Contains(last, difference.Name, StringComparison.Ordinal);
            Assert.NotEqual(difference.Reference, difference.Difference);
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void EditedBytesOfMemoryAreTheOnlyDifference(string name)
    {
        using var checkpoint = Capture(name);
        var image = checkpoint.Extended!;
        var random = new Random(11);
        for (int i = 0; i < Edits; i++)
        {
            int page = random.Next(image.Pages.Count), at = random.Next(4096), length = Math.Min(1 + random.Next(40), 4096 - at);
            var edit = new byte[length];
            random.NextBytes(edit);
            var before = new byte[4096];
            image.Pages.CopyTo(page, before);
            if (edit.AsSpan().SequenceEqual(before.AsSpan(at, length))) continue;
            var changed = new ExtendedImage(image.Names, [.. image.Objects.Select(static one => new ExtendedObject { Number = one.Number, Kind = one.Kind, Bytes = one.Bytes })], new EditedPages(image.Pages, page, at, edit)) { Head = image.Head };
            var differences = ImageComparer.Compare(checkpoint, new Core.Checkpoint.Checkpoint(changed), TestContext.Current.CancellationToken);
            Assert.NotEmpty(differences);
            var after = before.ToArray();
            // A page that tasks share stands under each of them.
            foreach (var difference in differences)
            {
                int start = (int)(difference.Address!.Value % 4096);
                Assert.InRange(start, at, at + length - 1);
                Assert.InRange(start + (int)difference.Length, at + 1, at + length);
                ((byte[])difference.Difference!).CopyTo(after, start);
                Assert.Equal(before.AsSpan(start, (int)difference.Length).ToArray(), (byte[])difference.Reference!);
            }
            Assert.Equal(edit, after[at..(at + length)]);
        }
    }

    [Fact]
    public void ImagesOfTheSameMomentDoNotDiffer()
    {
        using var one = Capture("waiting-locks");
        using var other = Capture("waiting-locks");
        Assert.Empty(ImageComparer.Compare(one, other, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void BothFormatsTellTheSameOfOneTask()
    {
        using var session = Start("counter");
        using var early = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.V5 });
        using var extended = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
        Assert.Empty(ImageComparer.Compare(early, extended, TestContext.Current.CancellationToken));
        Assert.True(session.Machine.RunTo(session.Machine.RetiredInstructions + 1000, session.Task, GuestSession.Patience, TestContext.Current.CancellationToken));
        using var late = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.V5 });
        var differences = ImageComparer.Compare(early, late, TestContext.Current.CancellationToken);
        Assert.Contains(differences, static difference => difference is { Kind: DifferenceKind.Register, Name: "eip" });
        Assert.All(differences, difference => Assert.Equal(session.Task.Pid, difference.ProcessId));
    }

    static object? Edit(object? value, Random random) => value switch
    {
        ulong number => number ^ (1ul << random.Next(8)),
        long number => number ^ (1L << random.Next(8)),
        string text => text + "x",
        byte[] { Length: > 0 } bytes => Flipped(bytes, random.Next(bytes.Length)),
        _ => null,
    };

    static byte[] Flipped(byte[] bytes, int at)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= 0x41;
        return flipped;
    }

    static IEnumerable<string> Paths(IReadOnlyList<ExtendedField> fields, string above)
    {
        foreach (var field in fields)
        {
            string here = above + field.Name;
            var below = field.Value switch
            {
                IReadOnlyList<ExtendedField> structure => Paths(structure, here + "."),
                IReadOnlyList<IReadOnlyList<ExtendedField>> list => list.SelectMany(item => Paths(item, here + "[].")),
                _ => [here],
            };
            foreach (string path in below) yield return path;
        }
    }

    static Core.Checkpoint.Checkpoint Capture(string name)
    {
        using var session = Start(name);
        return Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
    }

    static GuestSession Start(string name)
    {
        var guest = GuestCase.Own.First(candidate => candidate.Name == name);
        var session = GuestSession.Start(GuestSession.Options(GuestSession.SharedRoot), new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment, Suspended = true });
        session.Machine.SendInput(guest.Input);
        session.Machine.EndInput();
        Assert.True(session.Machine.RunTo(5_000, session.Task, GuestSession.Patience, TestContext.Current.CancellationToken));
        return session;
    }

    sealed class EditedPages(ImagePages pages, int edited, int at, byte[] edit) : ImagePages
    {
        public override int Count => pages.Count;

        public override void CopyTo(int page, Span<byte> destination)
        {
            pages.CopyTo(page, destination);
            if (page == edited) edit.CopyTo(destination[at..]);
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
