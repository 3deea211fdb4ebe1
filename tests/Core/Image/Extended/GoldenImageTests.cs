using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using CheckpointRestart.Core.Tests.Checkpoint.Extended;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image.Extended;

/// <summary>Images that were made once and are committed (tests/image/golden) stay readable: the same objects, the same state, and the programs go on to the end that they had then.</summary>
/// <remarks>CR_UPDATE_GOLDEN=images makes them anew, of the programs in tests/guests/bin; CR_UPDATE_GOLDEN=missing only those that are not there; CR_UPDATE_GOLDEN=hashes only notes the hashes
/// anew, for when a hash comes to cover more.</remarks>
public sealed class GoldenImageTests : IDisposable
{
    static readonly string? Update = Environment.GetEnvironmentVariable("CR_UPDATE_GOLDEN");

    /// <param name="Name">Of the file.</param>
    /// <param name="Guest">The program.</param>
    /// <param name="Arguments">Its arguments.</param>
    /// <param name="At">When it is taken, as a part of the program's instructions.</param>
    /// <param name="Before">How many images it builds on, NAME-1.cr the oldest.</param>
    /// <param name="IsSealed">It is encrypted for each of the keys, and signed.</param>
    sealed record Golden(string Name, string Guest, string[] Arguments, double At, int Before = 0, bool IsSealed = false)
    {
        public string Path => System.IO.Path.Combine(Folder, Name + ".cr");

        public string PathOf(int before) => System.IO.Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Name}-{before}.cr"));

        /// <summary>The newest first.</summary>
        public IEnumerable<string> Parents => Enumerable.Range(1, Before).Reverse().Select(PathOf);
    }

    static readonly Golden[] Made =
    [
        new("threads", "waiting", ["locks"], 0.5),
        new("pipes", "pipes", [], 0.4),
        new("sockets", "sockunix", [], 0.5),
        new("files", "waiting", ["files"], 0.5),
        new("terminals", "eventstates", [], 0.55),
        new("signals", "sig", [], 0.6),
        new("memory", "memory", ["seals"], 0.5),
        new("semaphores", "waiting", ["semaphores"], 0.5),
        new("tracing", "waiting", ["stops"], 0.5),
        new("timers", "waiting", ["timer"], 0.5),
        new("increments", "toucher", ["12"], 0.6, Before: 2),
        new("sealed", "waiting", ["locks"], 0.5, IsSealed: true),
    ];

    static readonly string Folder = Path.Combine(GuestFiles.Directory, "..", "image", "golden"), Keys = Path.Combine(Folder, "keys");

    const string Passphrase = "drei Äpfel im Korb";

    readonly string root = Directory.CreateTempSubdirectory("cr-golden-").FullName;

    public static TheoryData<string> Names => [.. Made.Select(static one => one.Name)];

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void ImagesOfThenAreReadAndGoneOnWith(string name)
    {
        var one = Made.First(made => made.Name == name);
        string path = one.Path, expected = Path.Combine(Folder, name + ".txt");
        bool isMade = Update == "images" || Update == "missing" && !File.Exists(path);
        if (isMade) Directory.CreateDirectory(Folder);
        MakeRoot(one.Guest, isMade);
        if (isMade) Make(one);
        if (one.IsSealed) IndependentReaderTests.AssertProtected(path, "passphrase,rsa,curve", Certificate("signer"));
        else IndependentReaderTests.AssertSame(path, [.. one.Parents]);
        using var image = ExtendedReader.Open(path, one.IsSealed ? new ImageAccess { Keys = [ProtectionKey.FromPassphrase(Passphrase)] } : null, CancellationToken.None);
        Assert.Equal(one.Before + 1, image.ChainLength);
        using var machine = MachineImage.Restore(image, new RootOptions { HostDirectory = root }, allowChangedFiles: true);
        string objects = Objects(image), hash = StateHash.Compute(machine, StateHashScope.Full);
        machine.Thaw();
        Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(static task => task.HasExited), "the program did not end");
        Assert.Null(machine.Failure);
        string output = Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
        string[] hashes = [$"state {hash}", $"end {StateHash.Compute(machine, StateHashScope.Full)}"];
        string rest = string.Create(CultureInfo.InvariantCulture, $"identity {Convert.ToHexStringLower(image.Identity.Span)}\ninstructions {machine.RetiredInstructions}\n{objects}output\n{output}");
        if (isMade) File.WriteAllText(expected, string.Join('\n', hashes) + "\n" + rest);
        var lines = File.ReadAllText(expected).Split('\n', 3);
        Assert.Equal(lines[2], rest);
        if (Update is "hashes") File.WriteAllText(expected, string.Join('\n', hashes) + "\n" + rest);
        else Assert.Equal(lines[..2], hashes);
    }

    /// <summary>Each key opens what it was sealed for then; others do not, and who has signed it is known.</summary>
    [Fact]
    public void WhatWasSealedThenIsOpenedByEachOfItsKeys()
    {
        var one = Made.First(static made => made.IsSealed);
        using X509Certificate2 signer = Certificate("signer"), curve = Certificate("curve"), rsa = Certificate("rsa");
        string identity = File.ReadAllLines(Path.Combine(Folder, one.Name + ".txt"))[2];
        foreach (var key in (ProtectionKey[])[ProtectionKey.FromPassphrase(Passphrase), ProtectionKey.FromCertificate(curve), ProtectionKey.FromCertificate(rsa)])
        {
            using var opened = Core.Checkpoint.Checkpoint.Open(one.Path, new ImageAccess { Keys = [key], TrustedSigners = [signer] });
            Assert.Equal(identity, $"identity {Convert.ToHexStringLower(opened.Extended!.Identity.Span)}");
            Assert.Equal((ProtectionFlags.Encrypted | ProtectionFlags.Signed, SignatureStatus.Valid), (opened.Protection.Flags, opened.Protection.Status));
            Assert.Equal(signer.RawData, opened.Protection.Signer!.RawData);
        }
        Assert.Equal(ProtectionProblem.KeyNeeded, Problem(new ImageAccess()));
        Assert.Equal(ProtectionProblem.WrongKey, Problem(new ImageAccess { Keys = [ProtectionKey.FromPassphrase("drei Apfel im Korb"), ProtectionKey.FromCertificate(signer)] }));
        Assert.Equal(ProtectionProblem.SignerNotTrusted, Problem(new ImageAccess { Keys = [ProtectionKey.FromCertificate(curve)], TrustedSigners = [rsa] }));

        ProtectionProblem Problem(ImageAccess access) => Assert.Throws<ProtectionException>(() => Core.Checkpoint.Checkpoint.Open(one.Path, access)).Problem;
    }

    [Fact]
    public void NothingElseLiesThere() =>
        Assert.Equal(Made.SelectMany(static one => (string[])[one.Name + ".cr", one.Name + ".txt", .. one.Parents.Select(static path => Path.GetFileName(path))]).Order(StringComparer.Ordinal), Directory.GetFiles(Folder).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    /// <summary>How many objects there are of each kind, and of pages.</summary>
    static string Objects(ExtendedImage image)
    {
        var text = new StringBuilder();
        foreach (var kind in image.Objects.GroupBy(static one => one.Kind).OrderBy(static group => group.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{kind.Count()} {kind.Key}\n");
        return text.Append(CultureInfo.InvariantCulture, $"{image.Pages.Count} pages\n").ToString();
    }

    /// <summary>A root with one program: of the program as it was when the image was made, whose pages the image counts on.</summary>
    void MakeRoot(string guest, bool isMade)
    {
        string kept = Path.Combine(Folder, "root", "guests", guest), there = Path.Combine(root, "guests", guest);
        if (isMade && (Update == "images" || !File.Exists(kept)))
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

    void Make(Golden one)
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
        string[] paths = [.. one.Parents.Reverse(), one.Path];
        for (int i = 0; i < paths.Length; i++)
        {
            Assert.True(session.Machine.RunTo((ulong)(total * one.At * (i + 1) / paths.Length), session.Task, GuestSession.Patience));
            session.TakeOutput();
            using var taken = Checkpointer.Capture(session.Machine);
            using var parent = i == 0 ? null : Core.Checkpoint.Checkpoint.Open(paths[i - 1]);
            var manner = new ExtendedWriterOptions { Compression = 19, Parent = parent == null ? null : Increment.Plan(taken, parent, Path.GetFullPath(paths[i]), CancellationToken.None) };
            AtomicFile.Write(paths[i], overwrite: true, one.IsSealed ? Protection() : null, stream => ExtendedWriter.Write(taken.Extended!, stream, manner));
        }
    }

    static ImageProtection Protection()
    {
        foreach (string name in (string[])["signer", "curve", "rsa"])
            if (!File.Exists(KeyPath(name))) MakeKey(name);
        return new ImageProtection { Keys = [ProtectionKey.FromPassphrase(Passphrase), ProtectionKey.FromCertificate(Certificate("rsa")), ProtectionKey.FromCertificate(Certificate("curve"))], Signer = Certificate("signer") };
    }

    static string KeyPath(string name) => Path.Combine(Keys, name + ".pem");

    /// <summary>A certificate with its private key, which is no secret: it is for these tests alone.</summary>
    static X509Certificate2 Certificate(string name) => X509Certificate2.CreateFromPemFile(KeyPath(name));

    static void MakeKey(string name)
    {
        using var rsa = name == "rsa" ? RSA.Create(2048) : null;
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = rsa != null ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest($"CN={name}", curve, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Directory.CreateDirectory(Keys);
        File.WriteAllText(KeyPath(name), $"{made.ExportCertificatePem()}\n{(rsa != null ? rsa.ExportPkcs8PrivateKeyPem() : curve.ExportPkcs8PrivateKeyPem())}\n");
    }
}
