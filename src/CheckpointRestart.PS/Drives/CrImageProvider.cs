using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Provider;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>What New-PSDrive takes for CrImage beside its own parameters.</summary>
public sealed class CrImageDriveParameters
{
    /// <summary>The root that the image was taken over: a directory, a tar file, or what New-CrRoot has made.</summary>
    [Parameter]
    [RootTransformation]
    public CrRoot? Files { get; set; }

    /// <summary>What opens an encrypted image.</summary>
    [Parameter]
    [ProtectionTransformation]
    [ValidateNotNullOrEmpty]
    public CrProtectionKey[]? Protection { get; set; }
}

/// <summary>CrImage: images as folders. Nothing can be changed there.</summary>
[CmdletProvider("CrImage", ProviderCapabilities.Filter | ProviderCapabilities.ShouldProcess)]
[OutputType(typeof(CrCheckpoint), typeof(CrImageTask), typeof(CrVma), typeof(CrFileDescriptor), typeof(CrFile), ProviderCmdlet = "Get-ChildItem")]
public sealed class CrImageProvider : CrProvider
{
    private protected override Node Root => new FolderNode("", "images that were opened in this session", "", static () => ImageList.All().Select(static image => new ImageNode(image)), static name => ImageList.Find(name) is { } image ? new ImageNode(image) : null);

    private protected override string WhyReadOnly(string path) => "an image does not change.";

    /// <inheritdoc/>
    protected override Collection<PSDriveInfo> InitializeDefaultDrives() => [new PSDriveInfo("CrImage", ProviderInfo, "", "Images that were opened in this session", null)];

    /// <inheritdoc/>
    protected override object NewDriveDynamicParameters() => new CrImageDriveParameters();

    /// <inheritdoc/>
    protected override PSDriveInfo? NewDrive(PSDriveInfo drive)
    {
        if (drive == null) return null;
        // The default drive, and one that begins below an image that is listed.
        if (drive.Root.Length == 0 || Find(drive.Root) != null) return drive;
        PSDriveInfo? made = null;
        Try(drive.Root, () =>
        {
            var given = DynamicParameters as CrImageDriveParameters;
            string path = HostPath(drive.Root);
            if (!File.Exists(path)) throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, $"There is no file '{path}'.", "Give -Root the path of an image, or of a place in CrImage:.");
            var access = given?.Protection == null ? null : new ImageAccess { Keys = [.. given.Protection.Select(static key => key.Key)] };
            var files = given?.Files == null ? null : LowerFile.Open(given.Files.Options(HostPath));
            var image = ImageList.Add(new CrCheckpoint(Checkpoint.Open(path, access), null), access, files);
            made = new PSDriveInfo(drive.Name, drive.Provider, DrivePath.Escape(image.Name), string.IsNullOrEmpty(drive.Description) ? image.Path : drive.Description, null);
        });
        return made;
    }

    /// <summary>A path of the host; a relative one begins where the session is in the file system.</summary>
    string HostPath(string path) => SessionState.Path.IsPSAbsolute(path, out _) ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(path)
        : Path.GetFullPath(path, SessionState.Path.CurrentFileSystemLocation.ProviderPath);

    /// <summary>An image: its tasks, its objects, its records and its header.</summary>
    sealed class ImageNode(ListedImage image) : Node
    {
        CrCheckpoint? opened;

        internal override string Name => image.Name;

        internal override bool IsContainer => true;

        CrCheckpoint Checkpoint => opened ??= image.Open();

        // One of its own: what the engine adds to it must not stay on somebody else's.
        internal override object Item() => new CrCheckpoint(Checkpoint.Checkpoint, null);

        internal override IEnumerable<Node> Children()
        {
            var checkpoint = Checkpoint;
            string source = checkpoint.Label;
            yield return new EntryNode("header", "of which kernel it is, and when it was taken", source, checkpoint.Subject.Header, () => Lines(checkpoint.Subject.Header()), givesValue: true);
            if (checkpoint.Checkpoint.Extended is { } extended)
                yield return new FolderNode("objects", "its objects, by number", source, () => extended.Objects.Select(one => Object(checkpoint, one)), name => uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && extended.Find(number) is { } one ? Object(checkpoint, one) : null);
            yield return new FolderNode("records", "its records, by offset", source, () => checkpoint.Checkpoint.Records().Select(record => Record(new CrRecord(record, source))));
            yield return new FolderNode("tasks", "its tasks, by pid", source, () => checkpoint.Checkpoint.Tasks.Select(task => new ImageTaskNode(checkpoint, task.Pid, image.Files)));
        }

        static ObjectNode Object(CrCheckpoint checkpoint, Core.Image.Extended.ExtendedObject one) =>
            new(one.Number.ToString(CultureInfo.InvariantCulture), () => checkpoint.ObjectOf(one), () => Readable.OfBytes(() => one.Bytes.ToArray()));

        static ObjectNode Record(CrRecord record) => new(record.Offset.ToString(CultureInfo.InvariantCulture), () => record, () => Readable.OfBytes(() => record.Bytes));

        static IEnumerable<string> Lines(CrHeader header) => header.GetType().GetProperties().Select(property => string.Create(CultureInfo.InvariantCulture, $"{property.Name}={property.GetValue(header)}"));
    }

    sealed class ImageTaskNode(CrCheckpoint checkpoint, int pid, SeenFile? files) : Node
    {
        internal override string Name => pid.ToString(CultureInfo.InvariantCulture);

        internal override bool IsContainer => true;

        internal override object Item() => new CrImageTask(checkpoint, checkpoint.Checkpoint.Tasks.First(task => task.Pid == pid));

        internal override IEnumerable<Node> Children() =>
            TaskNodes.Of(new ImageSubject(checkpoint.Checkpoint, pid == checkpoint.ProcessId ? checkpoint.Label : $"{checkpoint.Label}, task {pid}", pid) { Files = files });
    }
}
