using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>docs/image-objects.md lists every kind of object and every field that images of our guests have.</summary>
/// <remarks>CR_UPDATE_DOCS=1 writes the page anew; what it says of a kind in words is kept.</remarks>
public class ImageObjectsPageTests
{
    static string Page => Path.Combine(GuestFiles.Directory, "..", "..", "docs", "image-objects.md");

    static string Marker => "<!-- kinds: from images of the test suite's guests, which compares it -->";

    [Fact]
    public void ThePageHasEveryKindAndField()
    {
        var seen = new SortedDictionary<string, SortedDictionary<string, SortedSet<string>>>(StringComparer.Ordinal);
        foreach (var guest in GuestCase.Own) Look(guest, seen);
        LookAtPart(seen);
        string page = File.ReadAllText(Page);
        if (Environment.GetEnvironmentVariable("CR_UPDATE_DOCS") == "1") File.WriteAllText(Page, page = Write(page, seen));
        var listed = Read(page);
        foreach (var (kind, fields) in seen)
        {
            Assert.True(listed.ContainsKey(kind), $"the page does not have {kind}");
            Assert.True(listed[kind].Words.Length > 0, $"the page does not say what a {kind} is");
            foreach (var (field, tags) in fields)
                Assert.True(listed[kind].Fields.TryGetValue(field, out string? tag) && tags.All(found => tag.Split(", ").Contains(found)), $"the page does not have {field} of {kind} as {string.Join(", ", tags)}");
        }
        Assert.Equal(StateKinds.Names.Order(StringComparer.Ordinal), listed.Keys.Order(StringComparer.Ordinal));
    }

    static void Look(GuestCase guest, SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> seen)
    {
        using var session = GuestSession.Start(GuestSession.Options(GuestSession.SharedRoot), new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment, Suspended = true });
        session.Machine.SendInput(guest.Input);
        session.Machine.EndInput();
        foreach (ulong at in (ReadOnlySpan<ulong>)[20_000, 60_000, 200_000])
        {
            if (!session.Machine.RunTo(at, session.Task, GuestSession.Patience)) return;
            try
            {
                using var image = MachineImage.Capture(session.Machine);
                foreach (var one in image.Objects) Note(one.Fields, "", Of(seen, one.Kind));
            }
            catch (CheckpointRefusedException)
            {
                return;
            }
        }
    }

    /// <summary>A child whose pipe leads out of the image.</summary>
    static void LookAtPart(SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> seen)
    {
        using var session = GuestSession.Start(GuestSession.SharedRoot, false, "subtree", "pipe");
        session.RunUntil("ready");
        using var checkpoint = Checkpointer.Capture(session.Machine.Tasks[1], new CaptureOptions { Format = CheckpointFormat.Extended, Subtree = true, AllowExternal = true });
        foreach (var one in checkpoint.Extended!.Objects) Note(one.Fields, "", Of(seen, one.Kind));
        using var edited = Core.Checkpoint.Editing.ImageEditor.Apply(checkpoint, [new NameChange(session.Machine.Tasks[1].Pid, "other")]);
        foreach (var one in edited.Extended!.Objects) Note(one.Fields, "", Of(seen, one.Kind));
    }

    static SortedDictionary<string, SortedSet<string>> Of(SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> seen, string kind)
    {
        if (!seen.TryGetValue(kind, out var fields)) seen.Add(kind, fields = new(StringComparer.Ordinal));
        return fields;
    }

    static void Note(IReadOnlyList<ExtendedField> fields, string above, SortedDictionary<string, SortedSet<string>> seen)
    {
        foreach (var field in fields)
        {
            string name = above + field.Name;
            if (!seen.TryGetValue(name, out var tags)) seen.Add(name, tags = new(StringComparer.Ordinal));
            if (TypeOf(field) is { } type) tags.Add(type);
            if (field.Value is IReadOnlyList<ExtendedField> structure) Note(structure, name + ".", seen);
            if (field.Value is IReadOnlyList<IReadOnlyList<ExtendedField>> list)
                foreach (var item in list) Note(item, name + "[].", seen);
        }
    }

    static string? TypeOf(ExtendedField field) => field.Value switch
    {
        null => null,
        ulong or long => "number",
        byte[] => "bytes",
        string => "text",
        ExtendedObject other => other.Kind,
        IReadOnlyList<ExtendedField> => "structure",
        IReadOnlyList<IReadOnlyList<ExtendedField>> => "list",
        _ => "pages",
    };

    static string Write(string page, SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> seen)
    {
        var old = Read(page);
        var text = new StringBuilder(page[..(page.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)]).Append('\n');
        foreach (string kind in StateKinds.Names.Concat(seen.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            text.Append($"\n### {kind}\n");
            if (old.TryGetValue(kind, out var before) && before.Words.Length > 0) text.Append(before.Words).Append('\n');
            text.Append("\n| field | value |\n|---|---|\n");
            var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (field, tags) in before.Fields ?? []) fields[field] = tags;
            foreach (var (field, tags) in Of(seen, kind)) fields[field] = string.Join(", ", tags.Concat(fields.GetValueOrDefault(field, "").Split(", ", StringSplitOptions.RemoveEmptyEntries)).Distinct().Order(StringComparer.Ordinal));
            foreach (var (field, tags) in fields) text.Append($"| {field} | {tags} |\n");
        }
        return text.ToString();
    }

    static Dictionary<string, (string Words, Dictionary<string, string> Fields)> Read(string page)
    {
        var kinds = new Dictionary<string, (string Words, Dictionary<string, string> Fields)>(StringComparer.Ordinal);
        string kind = "";
        foreach (string line in page[(page.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..].Split('\n'))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal)) kinds.Add(kind = line[4..], ("", new(StringComparer.Ordinal)));
            else if (line.StartsWith("| ", StringComparison.Ordinal) && line != "| field | value |" && line.Split('|', StringSplitOptions.TrimEntries) is [_, var field, var tags, _]) kinds[kind].Fields.Add(field, tags);
            else if (kind.Length > 0 && line.Length > 0 && line[0] != '|') kinds[kind] = ($"{kinds[kind].Words} {line}".Trim(), kinds[kind].Fields);
        }
        return kinds;
    }
}
