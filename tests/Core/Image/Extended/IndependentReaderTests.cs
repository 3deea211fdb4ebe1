using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using CheckpointRestart.Core.Tests.Checkpoint.Extended;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using ImageEditor = CheckpointRestart.Core.Checkpoint.Editing.ImageEditor;

namespace CheckpointRestart.Core.Tests.Image.Extended;

/// <summary>A reader that was written from docs/image-format.md alone, in another language, finds in our images what we put there, and the same damage.</summary>
public class IndependentReaderTests
{
    static string Script => Path.Combine(GuestFiles.Directory, "..", "image", "extended_reader.py");

    [Theory]
    [InlineData("/guests/pipes", 9_000)]
    [InlineData("/guests/sig", 20_000)]
    [InlineData("/guests/toucher", 400_000)]
    public void FindsTheSame(string guest, ulong at)
    {
        using var folder = new Folder();
        string path;
        using (var image = Save(folder.Path, guest, at)) path = image.Path!;
        AssertSame(path);
    }

    /// <summary>Reads an image with both readers and compares what they find.</summary>
    /// <param name="path">The image.</param>
    /// <param name="parents">Those that it builds on.</param>
    internal static void AssertSame(string path, params string[] parents)
    {
        using var image = ExtendedReader.Open(path);
        var lines = Read([path, .. parents], out int status);
        Assert.Equal(0, status);
        Assert.StartsWith($"image 2.6.27 ", lines[0].Replace(image.Head.Major + "." + image.Head.Minor + "." + image.Head.Patch, "2.6.27", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.EndsWith(Convert.ToHexStringLower(image.Identity.Span), lines[0], StringComparison.Ordinal);
        Assert.Equal(1 + image.Objects.Count + image.Pages.Count, lines.Length);
        for (int i = 0; i < image.Objects.Count; i++)
        {
            var one = image.Objects[i];
            var words = lines[1 + i].Split(' ', 4);
            Assert.Equal(["object", one.Number.ToString(CultureInfo.InvariantCulture), one.Kind], words[..3]);
            using var document = JsonDocument.Parse(words[3]);
            Same(one.Fields, document.RootElement, one.ToString());
        }
        byte[] page = new byte[ExtendedLimits.PageSize];
        for (int i = 0; i < image.Pages.Count; i++)
        {
            image.Pages.CopyTo(i, page);
            Assert.Equal($"page {i} {Convert.ToHexStringLower(SHA256.HashData(page))}", lines[1 + image.Objects.Count + i]);
        }
    }

    /// <summary>Reads what the other reader can of an encrypted and signed image, which is all but its contents.</summary>
    internal static void AssertProtected(string path, string kinds, X509Certificate2 signer)
    {
        var lines = Read(path, out int status);
        Assert.Equal(0, status);
        Assert.StartsWith($"protected encrypted+signed {kinds} ", Assert.Single(lines), StringComparison.Ordinal);
        Assert.EndsWith($" signer {Convert.ToHexStringLower(SHA256.HashData(signer.RawData))}", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void FindsTheSameInAChain()
    {
        using var folder = new Folder();
        using var session = GuestSession.StartAlone("toucher");
        var paths = new List<string>();
        Core.Checkpoint.Checkpoint? parent = null;
        for (int i = 0; i < 3; i++)
        {
            session.RunTo(30_000 + (ulong)i * 7_000);
            var taken = Checkpointer.Capture(session.Machine);
            paths.Insert(0, Path.Combine(folder.Path, $"{i}.cr"));
            Checkpointer.Write(taken, paths[0], new WriteOptions { Parent = parent });
            parent?.Dispose();
            parent = taken;
        }
        parent!.Dispose();
        using var image = ExtendedReader.Open(paths[0]);
        Assert.True(image.Pages.InheritedCount > 100 && image.Pages.InheritedCount < image.Pages.Count);
        var lines = Read(paths, out int status);
        Assert.Equal(0, status);
        byte[] page = new byte[ExtendedLimits.PageSize];
        for (int i = 0; i < image.Pages.Count; i++)
        {
            image.Pages.CopyTo(i, page);
            Assert.Equal($"page {i} {Convert.ToHexStringLower(SHA256.HashData(page))}", lines[1 + image.Objects.Count + i]);
        }
        Assert.Contains("the parent image is there", Read(paths[..2], out status)[^1], StringComparison.Ordinal);
        Assert.Equal(1, status);
    }

    [Fact]
    public void FindsHowAnImageWasChanged()
    {
        using var folder = new Folder();
        string first = Path.Combine(folder.Path, "first.cr"), second = Path.Combine(folder.Path, "second.cr"), unwritten = Path.Combine(folder.Path, "unwritten.cr");
        using var session = GuestSession.StartAlone("toucher");
        session.RunTo(30_000);
        using var taken = Checkpointer.Capture(session.Machine, new CaptureOptions { RecordHash = true });
        int pid = session.Task.Pid;
        var eax = new RegisterChange(pid, RegisterAccess.Find("eax")!, new byte[] { 42, 0, 0, 0 });
        // Of an image in memory, of one that was written, and of one that was itself made so.
        using (var edited = ImageEditor.Apply(taken, [eax])) Checkpointer.Write(edited, unwritten);
        Checkpointer.Write(taken, Path.Combine(folder.Path, "taken.cr"));
        using var original = Core.Checkpoint.Checkpoint.Open(Path.Combine(folder.Path, "taken.cr"));
        using (var edited = ImageEditor.Apply(original, [eax, new NameChange(pid, "other")])) Checkpointer.Write(edited, first);
        using var changed = Core.Checkpoint.Checkpoint.Open(first);
        using (var edited = ImageEditor.Apply(changed, [new NameChange(pid, "third")])) Checkpointer.Write(edited, second);

        AssertSame(unwritten);
        AssertSame(first);
        AssertSame(second);
        Assert.Equal([($"task {pid}: eax = 0x0000002a", "")], ChangesIn(unwritten));
        string before = Convert.ToHexStringLower(original.Extended!.Identity.Span), then = Convert.ToHexStringLower(changed.Extended!.Identity.Span);
        Assert.Equal([($"task {pid}: eax = 0x0000002a", before), ($"task {pid}: name = other", before)], ChangesIn(first));
        Assert.Equal([before, before, then], ChangesIn(second).Select(static change => change.Identity));
        Assert.Contains("\"state-hash\":null", Read(first, out _).Single(static line => line.Split(' ')[2] == "checkpoint"), StringComparison.Ordinal);

        // To the byte.
        using var image = ExtendedReader.Open(first);
        var note = image.Objects[^1];
        Assert.Equal(("edits", image.Objects.Max(static one => one.Number)), (note.Kind, note.Number));
        var expected = new List<byte>();
        void Field(string name, byte tag, int count)
        {
            expected.AddRange(BitConverter.GetBytes((ushort)image.Names.ToList().IndexOf(name)));
            expected.Add(tag);
            expected.AddRange(BitConverter.GetBytes(count));
        }

        Field("edits", 9, 2);
        foreach (string change in new[] { $"task {pid}: eax = 0x0000002a", $"task {pid}: name = other" })
        {
            expected.AddRange(BitConverter.GetBytes(7 + change.Length + 7 + 64));
            Field("change", 7, change.Length);
            expected.AddRange(System.Text.Encoding.UTF8.GetBytes(change));
            Field("identity", 7, 64);
            expected.AddRange(System.Text.Encoding.UTF8.GetBytes(before));
        }
        Assert.Equal(expected, note.Bytes.ToArray());

        // What it may not say is refused by both.
        var names = image.Names.ToList();
        foreach (var (rule, objects) in new (string, IEnumerable<ExtendedObject>)[]
        {
            ("one object of kind edits", [.. Copies(image), new ExtendedObject { Number = note.Number + 1, Kind = "edits", Bytes = note.Bytes }]),
            ("at most 1024 bytes", Copies(image, bytes => [.. bytes[..7], .. BitConverter.GetBytes(7 + 1025 + 7 + 64), .. bytes[11..14], .. BitConverter.GetBytes(1025), .. new byte[1025].Select(static _ => (byte)'w'), .. Rest(bytes)])),
        })
        {
            string broken = Path.Combine(folder.Path, "broken.cr");
            using (var made = new ExtendedImage(image.Names, [.. objects], new BorrowedPages(image.Pages)) { Head = image.Head })
            using (var file = File.Create(broken)) ExtendedWriter.Write(made, file);
            Assert.Contains(rule, Read(broken, out int status)[^1], StringComparison.Ordinal);
            Assert.Equal(1, status);
            using var read = ExtendedReader.Open(broken);
            Assert.Throws<Core.Image.CheckpointImageException>(() => MachineImage.Restore(read, new Core.Files.RootOptions { HostProgram = GuestFiles.Program("toucher") }, allowChangedFiles: true));
        }

        IEnumerable<byte> Rest(byte[] bytes)
        {
            int length = BitConverter.ToInt32(bytes, 14);
            return [.. bytes[(18 + length)..]];
        }

        IEnumerable<ExtendedObject> Copies(ExtendedImage of, Func<byte[], byte[]>? change = null) =>
            of.Objects.Select(one => new ExtendedObject { Number = one.Number, Kind = one.Kind, Bytes = change != null && one.Kind == "edits" ? change(one.Bytes.ToArray()) : one.Bytes });

        static IEnumerable<(string Change, string Identity)> ChangesIn(string path)
        {
            using var document = JsonDocument.Parse(Read(path, out _).Single(static line => line.StartsWith("object ", StringComparison.Ordinal) && line.Split(' ')[2] == "edits").Split(' ', 4)[3]);
            return [.. document.RootElement.GetProperty("edits").EnumerateArray().Select(static change => (change.GetProperty("change").GetString()!, change.GetProperty("identity").GetString()!))];
        }
    }

    [Fact]
    public void FindsDamageWhereWeDo()
    {
        using var folder = new Folder();
        string path, broken = Path.Combine(folder.Path, "broken.cr");
        using (var image = Save(folder.Path, "/guests/pipes", 9_000)) path = image.Path!;
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(7);
        for (int i = 0; i < 12; i++)
        {
            byte[] bytes = i < 3 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (i >= 3) bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(broken, bytes);
            bool isRefused = false;
            try
            {
                using var read = ExtendedReader.Read(new MemoryStream(bytes));
            }
            catch (Core.Image.CheckpointImageException)
            {
                isRefused = true;
            }
            var lines = Read(broken, out int status);
            Assert.True(isRefused == (status != 0), $"{i}: {(isRefused ? "refused here" : "taken here")}, there {lines[^1]}");
        }
    }

    [Fact]
    public void FindsHowAnImageIsProtected()
    {
        using var folder = new Folder();
        using var signer = Certificates.New("CN=signer");
        string name = Convert.ToHexStringLower(SHA256.HashData(signer.RawData)), path = Path.Combine(folder.Path, "protected.cr");
        using var image = Save(folder.Path, "/guests/pipes", 9_000);
        byte[] content = File.ReadAllBytes(image.Path!);
        int chunks = (content.Length + 65535) / 65536;
        Protect(new ImageProtection { Signer = signer });
        var lines = Read(path, out int status);
        Assert.Equal(0, status);
        Assert.Equal($"protected signed - {chunks} chunks {content.Length} bytes signer {name}", lines[0]);
        Assert.EndsWith(Convert.ToHexStringLower(image.Identity.Span), lines[1], StringComparison.Ordinal);
        Assert.Equal(2 + image.Objects.Count + image.Pages.Count, lines.Length);

        Protect(new ImageProtection { Keys = [ProtectionKey.FromPassphrase("p"), ProtectionKey.FromCertificate(signer)], Signer = signer });
        lines = Read(path, out status);
        Assert.Equal(0, status);
        Assert.Equal([$"protected encrypted+signed passphrase,curve {chunks} chunks {content.Length} bytes signer {name}"], lines);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int place in new[] { 13, 100, whole.Length / 2, whole.Length - 2 })
        {
            whole[place] ^= 1;
            File.WriteAllBytes(path, whole);
            Assert.StartsWith("broken:", Read(path, out status)[^1], StringComparison.Ordinal);
            whole[place] ^= 1;
        }

        void Protect(ImageProtection protection)
        {
            using var file = File.Create(path);
            using var writer = new ProtectingStream(file, protection);
            writer.Write(content);
            writer.Complete();
        }
    }

    static ExtendedImage Save(string folder, string guest, ulong at)
    {
        var options = GuestSession.Options(GuestSession.SharedRoot);
        using var session = GuestSession.Start(options, new ProgramOptions { FilePath = guest, Suspended = true });
        session.Machine.EndInput();
        Assert.True(session.Machine.RunTo(at, session.Task, GuestSession.Patience));
        string path = Path.Combine(folder, "image.cr");
        using (var image = MachineImage.Capture(session.Machine))
        using (var file = File.Create(path)) ExtendedWriter.Write(image, file);
        return ExtendedReader.Open(path);
    }

    static string[] Read(string image, out int status) => Read([image], out status);

    static string[] Read(IEnumerable<string> images, out int status)
    {
        using var process = Process.Start(new ProcessStartInfo("python3", [Script, .. images]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        status = process.ExitCode;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static void Same(IReadOnlyList<ExtendedField> fields, JsonElement there, string where)
    {
        Assert.Equal(fields.Select(static field => field.Name), there.EnumerateObject().Select(static property => property.Name));
        foreach (var field in fields) Same(field.Value, there.GetProperty(field.Name), $"{where}.{field.Name}");
    }

    static void Same(object? value, JsonElement there, string where)
    {
        switch (value)
        {
            case null: Assert.Equal(JsonValueKind.Null, there.ValueKind); break;
            case ulong number: Assert.Equal(number, there.GetUInt64()); break;
            case long number: Assert.Equal(number, there.GetInt64()); break;
            case byte[] bytes: Assert.Equal(Convert.ToHexStringLower(bytes), there.GetString()); break;
            case string text: Assert.Equal(text, there.GetString()); break;
            case ExtendedObject other: Assert.Equal(other.Number, there.GetProperty("object").GetUInt32()); break;
            case IReadOnlyList<ExtendedField> structure: Same(structure, there, where); break;
            case IReadOnlyList<IReadOnlyList<ExtendedField>> list:
                Assert.Equal(list.Count, there.GetArrayLength());
                for (int i = 0; i < list.Count; i++) Same(list[i], there[i], $"{where}[{i}]");
                break;
            case PageRun[] runs:
                var pages = there.GetProperty("pages");
                Assert.Equal(runs.Select(static run => (run.First, run.Count, run.Page, run.State)), pages.EnumerateArray().Select(static run => (run[0].GetUInt32(), run[1].GetUInt32(), run[2].GetUInt32(), run[3].GetUInt32())));
                break;
            default: Assert.Fail($"{where} is a {value.GetType().Name}"); break;
        }
    }

    sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("cr-image-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
