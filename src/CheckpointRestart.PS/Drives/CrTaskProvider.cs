using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>CrTask: live tasks as folders. Below root are the files as the task sees them, and those can be changed, as the guest's root would.</summary>
[CmdletProvider("CrTask", ProviderCapabilities.Filter | ProviderCapabilities.ShouldProcess)]
[OutputType(typeof(CrTask), typeof(CrVma), typeof(CrFileDescriptor), typeof(CrFile), ProviderCmdlet = "Get-ChildItem")]
public sealed class CrTaskProvider : CrProvider
{
    private protected override Node Root => new FolderNode("", "live tasks", "", static () => Registry.Tasks().Select(static task => new TaskNode(task)),
        static name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && Registry.Find(id) is { } task ? new TaskNode(task) : null);

    private protected override string WhyReadOnly(string path) => "no file of a task is there, or files are not changed that way.";

    /// <inheritdoc/>
    protected override Collection<PSDriveInfo> InitializeDefaultDrives() => [new PSDriveInfo("CrTask", ProviderInfo, "", "Live tasks and their files", null)];

    /// <inheritdoc/>
    protected override PSDriveInfo? NewDrive(PSDriveInfo drive)
    {
        if (drive == null || drive.Root.Length == 0 || Find(drive.Root) is { CanEnter: true }) return drive;
        Try(drive.Root, () => throw DriveErrors.NotFound(Shown(drive.Root)));
        return null;
    }

    /// <inheritdoc/>
    public override object GetContentWriterDynamicParameters(string path) => new CrContentWriterParameters();

    /// <inheritdoc/>
    public override IContentWriter? GetContentWriter(string path)
    {
        IContentWriter? writer = null;
        Try(path, () =>
        {
            var (task, file) = FileAt(path);
            writer = new ContentWriter(task, file, DynamicParameters as CrContentWriterParameters, action => Try(path, action));
        });
        return writer;
    }

    /// <inheritdoc/>
    public override void ClearContent(string path) => Try(path, () =>
    {
        var (task, file) = FileAt(path);
        if (ShouldProcess($"{file} of {task.Label}", "Clear content")) _ = task.Machine.Kernel.OpenForWriting(task.Task, file, FileChange.Create, ContentWriter.NewMode);
    });

    /// <inheritdoc/>
    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Try(path, () =>
    {
        var (task, file) = FileAt(path);
        var kernel = task.Machine.Kernel;
        object? value = newItemValue is PSObject wrapped ? wrapped.BaseObject : newItemValue;
        string type = string.IsNullOrEmpty(itemTypeName) ? "file" : itemTypeName.ToLowerInvariant();
        if (type is not ("file" or "directory" or "symboliclink"))
            throw new CrException("UnknownItemType", ErrorCategory.InvalidArgument, $"'{itemTypeName}' is no kind of item here.", "Give -ItemType File, Directory or SymbolicLink.");
        if (!ShouldProcess($"{file} of {task.Label}", $"Create {type}")) return;
        if (type == "directory")
        {
            if (!(Force && Find(path) is { CanEnter: true })) kernel.ChangeFile(task.Task, FileChange.MakeDirectory, file, 0x1ED);
        }
        else if (type == "symboliclink")
        {
            if (value is not (string { Length: > 0 } or CrFile)) throw new CrException("NoTarget", ErrorCategory.InvalidArgument, "A symbolic link needs what it leads to.", "Give -Value a guest path.");
            if (Force && Find(path) is FileNode { IsDescended: false }) kernel.ChangeFile(task.Task, FileChange.Unlink, file);
            kernel.ChangeFile(task.Task, FileChange.MakeLink, file, 0, GuestText.ToBytes(value is CrFile given ? given.Path : (string)value));
        }
        else
        {
            _ = kernel.OpenForWriting(task.Task, file, Force ? FileChange.Create : FileChange.CreateNew, ContentWriter.NewMode);
            if (value != null)
            {
                using var writer = new ContentWriter(task, file, new CrContentWriterParameters { NoNewline = true }, static action => action());
                writer.Write(new[] { value });
                writer.Close();
            }
        }
        GetItem(path);
    });

    /// <inheritdoc/>
    protected override void RemoveItem(string path, bool recurse) => Try(path, () =>
    {
        var (task, file) = FileAt(path);
        if (file == "/") throw DriveErrors.ReadOnly(Shown(path), "it is the root directory of the task.");
        if (Need(path) is not FileNode node) throw DriveErrors.ReadOnly(Shown(path), WhyReadOnly(path));
        if (!ShouldProcess($"{file} of {task.Label}", "Remove")) return;
        Remove(task, node.File, file, recurse, 0);
    });

    /// <inheritdoc/>
    protected override void RenameItem(string path, string newName) => Try(path, () =>
    {
        string name = DrivePath.Unescape(newName);
        if (name is "" or "." or ".." || name.AsSpan().ContainsAny('/', '\0') || newName.Contains('\\', StringComparison.Ordinal))
            throw new CrException("InvalidName", ErrorCategory.InvalidArgument, $"'{newName}' is no name of a file.", "Give a name without a folder; Move-Item moves to another one. A \\ in a name stands as %5C.");
        Move(path, Join(GetParentPath(path, ""), DrivePath.Escape(name)), "Rename");
    });

    /// <inheritdoc/>
    protected override void MoveItem(string path, string destination) => Try(path, () =>
        Move(path, Find(destination) is { CanEnter: true } ? Join(destination, DrivePath.Escape(DrivePath.Split(path)[^1])) : destination, "Move"));

    void Move(string path, string target, string what)
    {
        var (task, file) = FileAt(path);
        if (Need(path) is not FileNode) throw DriveErrors.ReadOnly(Shown(path), file == "/" ? "it is the root directory of the task." : WhyReadOnly(path));
        var (other, there) = FileAt(target);
        if (other != task)
            throw new CrException("OtherTask", ErrorCategory.InvalidArgument, $"'{Shown(path)}' cannot be moved to '{Shown(target)}': files are moved within what one task sees.", "Copy-CrFile copies files from one task to another.");
        if (!ShouldProcess($"{file} of {task.Label} to {there}", what)) return;
        try
        {
            task.Machine.Kernel.ChangeFile(task.Task, FileChange.Rename, file, Force ? 0 : 1, GuestText.ToBytes(there));
        }
        catch (SeenFileException refused) when (refused.Errno == Errno.EINVAL)
        {
            throw new CrException("MoveIntoItself", ErrorCategory.InvalidArgument, $"{file} of {task.Label} cannot be moved into itself.", "Give a destination outside of it.", refused);
        }
        catch (SeenFileException refused) when (refused.Errno == Errno.ENOTEMPTY)
        {
            throw new CrException("GuestDirectoryNotEmpty", ErrorCategory.InvalidOperation, refused.Message, "Remove-Item -Recurse removes it first.", refused);
        }
        GetItem(target);
    }

    void Remove(CrTask task, SeenFile file, string path, bool recurse, int level)
    {
        RequireShallow(path, level);
        if (Stopping) return;
        if (file.IsDirectory && recurse)
            foreach (var child in file.List())
                Try(path, () => Remove(task, child, path + "/" + child.Name, true, level + 1));
        task.Machine.Kernel.ChangeFile(task.Task, file.IsDirectory ? FileChange.RemoveDirectory : FileChange.Unlink, path);
    }

    /// <summary>The guest path that a path of the drive stands for.</summary>
    /// <exception cref="CrException">It is none below root, or there is no such task.</exception>
    (CrTask Task, string File) FileAt(string path)
    {
        var names = DrivePath.Split(path);
        if (names.Count == 0 || !int.TryParse(names[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id) || Registry.Find(id) is not { } task) throw DriveErrors.NotFound(Shown(path));
        if (names.Count < 2 || names[1] != "root") throw DriveErrors.ReadOnly(Shown(path), WhyReadOnly(path));
        return (task, "/" + string.Join('/', names[2..]));
    }

    sealed class TaskNode(CrTask task) : Node
    {
        internal override string Name => task.Id.ToString(CultureInfo.InvariantCulture);

        internal override bool IsContainer => true;

        // One of its own: what the engine adds to it must not stay on somebody else's.
        internal override object Item() => task.Copy();

        internal override IEnumerable<Node> Children() => TaskNodes.Of(task.Subject);
    }
}

/// <summary>What Set-Content and Add-Content take of CrTask: beside their own parameters.</summary>
public sealed class CrContentWriterParameters
{
    /// <summary>Bytes instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>No line feed behind what is written.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>How text is encoded.</summary>
    [Parameter]
    [Completion.EncodingTransformation]
    [ArgumentCompleter(typeof(Completion.EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);
}
