using System.Management.Automation;
using System.Management.Automation.Provider;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>What both drives share: places by path, listing, and contents.</summary>
public abstract class CrProvider : NavigationCmdletProvider, IContentCmdletProvider
{
    /// <summary>Folders in each other that a recursion goes into, ours or the engine's.</summary>
    const int MostDepth = 512;

    private protected abstract Node Root { get; }

    private protected string Drive => ProviderInfo.Name;

    /// <inheritdoc/>
    protected override bool IsValidPath(string path) => path != null;

    /// <inheritdoc/>
    protected override bool ItemExists(string path) => Look(() => Find(path) != null);

    /// <inheritdoc/>
    protected override bool IsItemContainer(string path) => Look(() => DrivePath.Parts(path).Count <= MostDepth && Find(path) is { IsContainer: true });

    /// <inheritdoc/>
    protected override bool HasChildItems(string path) => Look(() => Find(path) is { IsDescended: true } node && node.Children().Any());

    /// <inheritdoc/>
    protected override void GetItem(string path) => Try(path, () =>
    {
        var node = Need(path);
        WriteItemObject(node.Item(), path, node.IsContainer);
    });

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse) => GetChildItems(path, recurse, uint.MaxValue);

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse, uint depth) => Try(path, () =>
    {
        var node = Need(path);
        if (node.CanEnter) List(node, path, recurse ? depth : 0, Wanted);
        else WriteItemObject(node.Item(), path, false);
    });

    /// <inheritdoc/>
    protected override void GetChildNames(string path, ReturnContainers returnContainers) => Try(path, () =>
    {
        var wanted = Wanted;
        foreach (var child in Need(path).Children())
        {
            if (Stopping) return;
            if (Fits(wanted, child) || (returnContainers == ReturnContainers.ReturnAllContainers && child.IsContainer)) WriteItemObject(DrivePath.Escape(child.Name), Below(path, child), child.IsContainer);
        }
    });

    /// <inheritdoc/>
    protected override string GetChildName(string path) => DrivePath.Parts(path) is { Count: > 0 } names ? names[^1] : "";

    /// <inheritdoc/>
    protected override string GetParentPath(string path, string root)
    {
        var names = DrivePath.Parts(path);
        // Above the drive's root there is nothing.
        if (names.Count == 0 || (!string.IsNullOrEmpty(root) && names.Count <= DrivePath.Parts(root).Count)) return "";
        return string.Join('/', names[..^1]);
    }

    /// <inheritdoc/>
    protected override string MakePath(string parent, string child)
    {
        string joined = Join(parent, child);
        // The engine tells a drive's root itself from the folder that the root is by this.
        return joined.Length > 0 && string.IsNullOrEmpty(child) ? joined + "/" : joined;
    }

    /// <inheritdoc/>
    protected override string NormalizeRelativePath(string path, string basePath)
    {
        var names = DrivePath.Parts(path);
        var above = DrivePath.Parts(basePath ?? "");
        bool isBelow = names.Count >= above.Count && !above.Where((name, i) => name != names[i]).Any();
        return string.Join('/', isBelow ? names[above.Count..] : names);
    }

    /// <summary>Joins as they stand: a wildcard or a ".." in the child is the engine's to see to.</summary>
    private protected static string Join(string? parent, string? child)
    {
        string front = (parent ?? "").Replace('\\', '/').TrimEnd('/'), back = (child ?? "").Replace('\\', '/').TrimStart('/');
        return front.Length == 0 ? back : back.Length == 0 ? front : front + "/" + back;
    }

    /// <inheritdoc/>
    public IContentReader? GetContentReader(string path)
    {
        IContentReader? reader = null;
        Try(path, () =>
        {
            var node = Need(path);
            var contents = node.Contents()
                ?? throw new CrException("NoContents", ErrorCategory.InvalidOperation, $"'{Shown(path)}' has no contents: it is a folder or an object.", "Get-Item gives the object, Get-ChildItem what is in a folder.");
            reader = new ContentReader(contents, DynamicParameters as CrContentReaderParameters, () => Stopping, action => Try(path, action));
        });
        return reader;
    }

    /// <inheritdoc/>
    public object GetContentReaderDynamicParameters(string path) => new CrContentReaderParameters();

    /// <inheritdoc/>
    public virtual IContentWriter? GetContentWriter(string path)
    {
        Refuse(path);
        return null;
    }

    /// <inheritdoc/>
    public virtual object? GetContentWriterDynamicParameters(string path) => null;

    /// <inheritdoc/>
    public virtual void ClearContent(string path) => Refuse(path);

    /// <inheritdoc/>
    public object? ClearContentDynamicParameters(string path) => null;

    /// <inheritdoc/>
    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Refuse(path);

    /// <inheritdoc/>
    protected override void RemoveItem(string path, bool recurse) => Refuse(path);

    /// <inheritdoc/>
    protected override void SetItem(string path, object value) => Refuse(path);

    /// <inheritdoc/>
    protected override void ClearItem(string path) => Refuse(path);

    /// <inheritdoc/>
    protected override void RenameItem(string path, string newName) => Refuse(path);

    /// <inheritdoc/>
    protected override void MoveItem(string path, string destination) => Refuse(path);

    /// <inheritdoc/>
    protected override void CopyItem(string path, string copyPath, bool recurse) =>
        Try(path, () => throw new CrException("NotCopied", ErrorCategory.NotImplemented, $"Copy-Item copies nothing in {Drive}:.", "Copy-CrFile copies files of guests, in and out."));

    /// <summary>Why nothing at a path can be changed.</summary>
    private protected abstract string WhyReadOnly(string path);

    private protected void Refuse(string path) => Try(path, () => throw DriveErrors.ReadOnly(Shown(path), WhyReadOnly(path)));

    /// <summary>A path as somebody would type it.</summary>
    private protected string Shown(string path) => $"{Drive}:/{path.TrimStart('/')}";

    /// <summary>The place of a path; null for none.</summary>
    private protected Node? Find(string path)
    {
        Node? at = Root;
        foreach (string name in DrivePath.Split(path))
        {
            at = at.CanEnter ? at.Child(name) : null;
            if (at == null) return null;
        }
        return at;
    }

    private protected Node Need(string path) => Find(path) ?? throw DriveErrors.NotFound(Shown(path));

    /// <summary>Asks, in words that do nothing to a terminal.</summary>
    private protected new bool ShouldProcess(string target, string action) => base.ShouldProcess(GuestText.ForDisplay(target), action);

    /// <summary>Does it; what goes wrong becomes an error record.</summary>
    private protected void Try(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (Errors.Find(exception, path) is { } record)
        {
            var refused = new DriveException(record);
            WriteError(new ErrorRecord(refused.ErrorRecord, refused));
        }
    }

    /// <summary>A question that has the answer no where it cannot be asked: the task has ended, the image does not hold it.</summary>
    static bool Look(Func<bool> question)
    {
        try
        {
            return question();
        }
        catch (Exception exception) when (Errors.Find(exception, null) != null)
        {
            return false;
        }
    }

    void List(Node node, string path, uint depth, WildcardPattern? wanted, int level = 0)
    {
        RequireShallow(path, level);
        foreach (var child in node.Children())
        {
            if (Stopping) return;
            string below = Below(path, child);
            if (Fits(wanted, child)) WriteItemObject(child.Listed(), below, child.IsContainer);
            if (depth == 0 || !child.IsDescended) continue;
            Try(below, () => List(child, below, depth == uint.MaxValue ? depth : depth - 1, wanted, level + 1));
        }
    }

    /// <summary>A guest nests directories as deep as it likes, and a hostile image has one in itself.</summary>
    private protected static void RequireShallow(string path, int level)
    {
        if (level >= MostDepth) throw new CrException("TooDeep", ErrorCategory.LimitsExceeded, $"'{path}' lies more than {MostDepth} folders deep.", "Begin further down.");
    }

    private protected static string Below(string path, Node child) => Join(path, DrivePath.Escape(child.Name));

    /// <summary>What -Filter lets through; null for everything.</summary>
    WildcardPattern? Wanted => string.IsNullOrEmpty(Filter) ? null : WildcardPattern.Get(Filter, WildcardOptions.IgnoreCase);

    static bool Fits(WildcardPattern? wanted, Node child) => wanted == null || wanted.IsMatch(child.Name) || wanted.IsMatch(DrivePath.Escape(child.Name));
}
