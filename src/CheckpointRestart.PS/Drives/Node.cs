using System.Management.Automation;
using System.Text;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>A place of a drive.</summary>
abstract class Node
{
    /// <summary>Its name, as the guest has it.</summary>
    internal abstract string Name { get; }

    /// <summary>True when it has places below it.</summary>
    internal virtual bool IsContainer => false;

    /// <summary>True when a path may lead through it.</summary>
    internal virtual bool CanEnter => IsContainer;

    /// <summary>The object that Get-Item gives.</summary>
    internal abstract object Item();

    /// <summary>The object that a listing gives.</summary>
    internal virtual object Listed() => Item();

    /// <summary>The places below it.</summary>
    internal virtual IEnumerable<Node> Children() => [];

    /// <summary>One of them; null when there is none.</summary>
    internal virtual Node? Child(string name) => Children().FirstOrDefault(child => child.Name == name);

    /// <summary>False for what a recursion does not go into: a link to a directory.</summary>
    internal virtual bool IsDescended => IsContainer;

    /// <summary>Its contents; null when it has none.</summary>
    internal virtual Readable? Contents() => null;
}

/// <summary>Contents of a place: bytes that are read from front to back.</summary>
/// <param name="Open">Begins at the front.</param>
/// <param name="IsText">True when they are lines unless bytes are asked for.</param>
sealed record Readable(Func<Stream> Open, bool IsText)
{
    internal static Readable OfLines(IEnumerable<string> lines) => new(() => new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n")))), true);

    internal static Readable OfBytes(Func<byte[]> bytes) => new(() => new MemoryStream(bytes()), false);
}

/// <summary>A place that only holds others.</summary>
sealed class FolderNode(string name, string holds, string source, Func<IEnumerable<Node>> children, Func<string, Node?>? child = null) : Node
{
    internal override string Name => name;

    internal override bool IsContainer => true;

    internal override object Item() => new CrEntry(name.Length == 0 ? "/" : name, CrEntryKind.Folder, holds, source);

    internal override IEnumerable<Node> Children() => children();

    internal override Node? Child(string name) => child != null ? child(name) : base.Child(name);
}

/// <summary>A place with a value and contents of its own.</summary>
sealed class EntryNode(string name, string holds, string source, Func<object?> value, Func<IEnumerable<string>> lines, bool givesValue = false) : Node
{
    internal override string Name => name;

    /// <summary>The value itself where that has a type with views.</summary>
    internal override object Item() => givesValue ? value() ?? Listed() : Listed();

    internal override object Listed() => new CrEntry(name, CrEntryKind.Item, holds, source, value);

    internal override Readable Contents() => Readable.OfLines(lines());
}

/// <summary>A place with an object.</summary>
sealed class ObjectNode(string name, Func<object> item, Func<Readable>? contents = null) : Node
{
    internal override string Name => name;

    internal override object Item() => item();

    internal override Readable? Contents() => contents?.Invoke();
}

/// <summary>What places throw for what a user can do wrong.</summary>
static class DriveErrors
{
    internal static CrException NotFound(string path) => new("ItemNotFound", ErrorCategory.ObjectNotFound, $"There is no '{path}'.", "Get-ChildItem lists what there is, from CrTask:/ or CrImage:/ on.");

    internal static CrException ReadOnly(string path, string reason) => new("ReadOnly", ErrorCategory.PermissionDenied, $"'{path}' cannot be changed: {reason}", "Files of live tasks can be changed, below root; Set-CrRegister and Set-CrMemory change the rest of a frozen one.");
}
