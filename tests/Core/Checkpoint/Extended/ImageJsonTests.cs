using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Images as JSON and back: the same image, or an error that says where.</summary>
public class ImageJsonTests
{
    /// <summary>Guests that have between them most of what a kernel holds, and when to look.</summary>
    public static TheoryData<string, string[]> Guests => new()
    {
        { "counter", [] }, { "machinecall", ["back"] }, { "subtree", ["pipes", "first"] }, { "subtree", ["socket", "first"] }, { "subtree", ["tcp", "first"] }, { "subtree", ["terminal"] },
        { "subtree", ["own"] }, { "subtree", ["memory"] }, { "subtree", ["traced"] }, { "eventstates", [] }, { "sockstate", [] }, { "waiting", [] }, { "twothreads", [] }, { "vforker", [] },
        { "sysv", [] }, { "mq", [] }, { "locks", [] }, { "epoll", [] }, { "inotify", [] }, { "timers", [] }, { "signals", [] }, { "futex", [] }, { "names", [] }, { "xattrs", [] },
    };

    static GuestSession Begin(string guest, string[] arguments)
    {
        var session = GuestSession.Start(GuestSession.SharedRoot, false, guest, arguments);
        session.Machine.RunTo(20_000, session.Task, TimeSpan.FromSeconds(1));
        session.Machine.Freeze();
        return session;
    }

    static byte[] Json(ExtendedImage image, bool withPages)
    {
        using var stream = new MemoryStream();
        ImageJson.Write(image, stream, withPages);
        return stream.ToArray();
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void AnImageComesBackFromJsonFieldByField(string guest, string[] arguments)
    {
        using var session = Begin(guest, arguments);
        using var image = MachineImage.Capture(session.Machine);
        using (var again = ImageJsonReader.Read(new MemoryStream(Json(image, withPages: true))))
        {
            Assert.Equal("", ImageComparison.FirstDifference(image, again));
            // It is an image like any other: its bytes are read by the same rules, and its machine is the same one.
            using var read = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(again)));
            using var machine = MachineImage.Restore(read, session.Machine.Options.Root);
            Assert.Equal(StateHash.Compute(session.Machine, StateHashScope.Full), StateHash.Compute(machine, StateHashScope.Full));
        }
        using var byNumber = ImageJsonReader.Read(new MemoryStream(Json(image, withPages: false)), image);
        Assert.Equal("", ImageComparison.FirstDifference(image, byNumber));
    }

    [Fact]
    public void AnEditedImageIsRestoredAsEdited()
    {
        using var session = Begin("counter", []);
        using var image = MachineImage.Capture(session.Machine);
        string json = Encoding.UTF8.GetString(Json(image, withPages: true));
        string name = image.OfKind("machine").Single()["hostname"] as string ?? "";
        using var edited = ImageJsonReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(json.Replace($"\"hostname\": \"{name}\"", "\"hostname\": \"edited\"", StringComparison.Ordinal))));
        using var machine = MachineImage.Restore(edited, session.Machine.Options.Root);
        Assert.Equal("edited", machine.Version.NodeName);
    }

    public static TheoryData<string, string, string, string> Broken => new()
    {
        { "\"format\": \"Extended\"", "\"format\": \"V5\"", "format", "the format is \"Extended\"" },
        { "\"revision\": 16", "\"revision\": 17", "revision", "the revision is 16" },
        { "\"kernel\": \"", "\"kernel\": \"x", "kernel", "the kernel is major.minor.patch" },
        { "\"number\": 2,", "\"number\": 1,", "objects[1].number", "an object has a number of its own, 1 is another's too" },
        { "\"number\": 2,", "\"number\": -2,", "objects[1].number", "an object's number has 32 bits and is not 0" },
        { "\"kind\": \"machine\"", "\"kind\": \"engine\"", "objects[0].kind", "an object's kind is known, engine is not" },
        { "\"retired\": ", "\"retired\": 1.5, \"x\": ", "objects[0].fields.retired", "a number is whole and has 64 bits, 1.5 does not" },
        { "\"retired\": ", "\"retired\": true, \"x\": ", "objects[0].fields.retired", "a field is null, a number, a text, a list of structures, or a structure: yes and no are 1 and 0" },
        { "\"retired\": ", "\"re tired\": ", "objects[0].fields.re tired", "a name is printable ASCII without blanks, of 1 to 255 bytes" },
        { "\"$ref\": 2\n", "\"$ref\": 1000000\n", "objects[0].fields", "of machine 1, a reference leads to an object of the image" },
        { "\"$ref\": 2\n", "\"$reference\": 2\n", "objects[0].fields.files.$reference", "a value with $ is $ref, $bytes, $text or $pages" },
        { "\"retired\": ", "\"cpu\": 1, \"retired\": ", "objects[0].fields", "of machine 1, a field's name stands once in its structure" },
        { "\"pageContents\": [", "\"pageContents\": [ null,", "pageContents", "there are as many pages as \"pages\" says, *" },
        { "\"pageContents\": [\n    \"", "\"pageContents\": [\n    \"AAAA", "pageContents[0]", "a page is null for zeros, or 4096 bytes in base64" },
        { "\"pages\": ", "\"pages\": 99999999", "pages", "pages is a number from 0 to 16777216" },
        { "\"pageContents\": [", "\"contents\": [", "pages", "the JSON has * pages by number and not their contents: the image is needed that it was made from" },
        { "\"objects\": [", "\"objects\": [,", "line *, byte *", "the text is JSON, with structures at most 64 deep" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void AnErrorNamesThePath(string old, string changed, string path, string rule)
    {
        using var session = Begin("counter", []);
        using var image = MachineImage.Capture(session.Machine);
        string json = Encoding.UTF8.GetString(Json(image, withPages: true)).Replace("\r\n", "\n", StringComparison.Ordinal);
        int at = json.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{old} is not in the JSON");
        var error = Assert.Throws<ImageJsonException>(() => ImageJsonReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(json[..at] + changed + json[(at + old.Length)..]))));
        Assert.True(IsLike(error.JsonPath, path) && IsLike(error.Rule, rule), error.Message);
    }

    /// <summary>Stars stand for any text.</summary>
    static bool IsLike(string text, string pattern)
    {
        int at = 0;
        foreach (string part in pattern.Split('*'))
        {
            int found = text.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0) return false;
            at = found + part.Length;
        }
        return text.StartsWith(pattern.Split('*')[0], StringComparison.Ordinal) && (pattern[^1] == '*' || at == text.Length);
    }

    [Fact]
    public void PagesOfAnotherImageAreRefused()
    {
        using var session = Begin("counter", []);
        using var image = MachineImage.Capture(session.Machine);
        ImageEditor.Bytes(image);
        byte[] json = Json(image, withPages: false);
        session.Machine.RunTo(session.Machine.RetiredInstructions + 5, session.Task, TimeSpan.FromSeconds(10));
        using var other = MachineImage.Capture(session.Machine);
        ImageEditor.Bytes(other);
        Assert.Equal("identity", Assert.Throws<ImageJsonException>(() => ImageJsonReader.Read(new MemoryStream(json), other)).JsonPath);
    }

    [Fact]
    public void RandomDamageIsRefusedOrRead()
    {
        using var session = Begin("subtree", ["socket", "first"]);
        using var image = MachineImage.Capture(session.Machine);
        byte[] json = Json(image, withPages: false);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            var copy = json.ToArray();
            for (int k = random.Next(1, 4); k > 0; k--) copy[random.Next(copy.Length)] = (byte)random.Next(32, 127);
            try
            {
                using var read = ImageJsonReader.Read(new MemoryStream(copy), new ExtendedImage(image.Names, [.. image.Objects.Select(static one => new ExtendedObject { Number = one.Number, Kind = one.Kind, Bytes = one.Bytes })], new BorrowedPages(image.Pages)) { Head = image.Head });
                MachineImage.Restore(read, session.Machine.Options.Root).Dispose();
            }
            catch (Exception e) when (e is ImageJsonException or Core.Image.CheckpointImageException or RestoreException)
            {
                // Refused.
            }
        }
    }
}
