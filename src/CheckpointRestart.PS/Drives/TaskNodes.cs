using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>What every task has below it, live or in an image.</summary>
static class TaskNodes
{
    internal static IEnumerable<Node> Of(Subject subject)
    {
        string source = subject.Label;
        yield return new EntryNode("arguments", "what the program was started with", source, () => subject.Arguments().ToArray(), subject.Arguments);
        yield return new EntryNode("auxv", "the auxiliary vector", source, () => CrAuxiliaryValue.Of(subject.AuxiliaryVector()), () => CrAuxiliaryValue.Of(subject.AuxiliaryVector()).Select(static entry => entry.ToString()));
        yield return new EntryNode("comm", "its name", source, subject.Name, () => [subject.Name()]);
        yield return new EntryNode("cwd", "where its relative paths begin", source, () => subject.WorkingDirectory(), () => Line(subject.WorkingDirectory()));
        yield return new EntryNode("environment", "the environment of its program", source, () => Table(subject.Environment()), subject.Environment);
        yield return new EntryNode("exe", "the path of its program", source, () => subject.Program(), () => Line(subject.Program()));
        yield return new FolderNode("fd", "its descriptors, with what lies in them", source, () => Descriptors(subject));
        yield return new FolderNode("memory", "its regions as bytes; also any address, as memory/bffff000", source, () => Regions(subject), name => Memory(subject, name));
        yield return new EntryNode("registers", "its registers", source, subject.Registers, () => RegisterList.Of(subject.Registers()).Select(static register => register.ToString()!), givesValue: true);
        yield return new RootNode(subject);
        yield return new FolderNode("vma", "the regions of its address space", source, () => Regions(subject), name => Region(subject, name));
    }

    static IEnumerable<string> Line(string? text) => text == null ? [] : [text];

    static OrderedDictionary Table(IReadOnlyList<string> entries)
    {
        var table = new OrderedDictionary(StringComparer.Ordinal);
        foreach (string entry in entries)
        {
            int sign = entry.IndexOf('=', StringComparison.Ordinal);
            table[sign < 0 ? entry : entry[..sign]] = sign < 0 ? "" : entry[(sign + 1)..];
        }
        return table;
    }

    static IEnumerable<Node> Descriptors(Subject subject) =>
        subject.Descriptors().Select(descriptor => (Node)new ObjectNode(descriptor.Number.ToString(CultureInfo.InvariantCulture), () => descriptor, () => Opened(subject, descriptor.Number)));

    static Readable Opened(Subject subject, int number)
    {
        var file = subject.OpenFile(number) ?? throw new CrException("DescriptorClosed", ErrorCategory.ObjectNotFound, $"Descriptor {number} of {subject.Label} is closed.", "Get-CrFileDescriptor lists those that are open.");
        return new Readable(() => new SeenStream(file), true);
    }

    static IEnumerable<Node> Regions(Subject subject) => subject.Vmas().Select(vma => Region(subject, vma));

    static ObjectNode Region(Subject subject, CrVma vma) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{vma.Start:x8}-{vma.End:x8}"), () => vma, () => new Readable(() => new GuestMemoryStream(subject, vma.Start, vma.End), false));

    /// <summary>A region by its range, or by its first address alone.</summary>
    static ObjectNode? Region(Subject subject, string name) =>
        Parse(name) is { } range && subject.Vmas().FirstOrDefault(vma => vma.Start == range.Start && (range.End == null || vma.End == range.End)) is { } found ? Region(subject, found) : null;

    /// <summary>Any range that lies in regions, or from an address on to its region's end.</summary>
    static ObjectNode? Memory(Subject subject, string name)
    {
        if (Parse(name) is not { } range) return null;
        var vma = subject.Vmas().FirstOrDefault(vma => range.Start >= vma.Start && range.Start < vma.End);
        if (vma == null || range.End <= range.Start) return null;
        return new ObjectNode(name, () => vma, () => new Readable(() => new GuestMemoryStream(subject, range.Start, range.End ?? vma.End), false));
    }

    static (uint Start, uint? End)? Parse(string name)
    {
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        if (Hexadecimal(dash < 0 ? name : name[..dash]) is not { } start) return null;
        if (dash < 0) return (start, null);
        return Hexadecimal(name[(dash + 1)..]) is { } end ? (start, end) : null;
    }

    static uint? Hexadecimal(string text) => uint.TryParse(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? value : null;

    /// <summary>The files of a task, from its root on.</summary>
    sealed class RootNode(Subject subject) : Node
    {
        FileNode? files;

        internal override string Name => "root";

        internal override bool IsContainer => true;

        FileNode Files
        {
            get
            {
                if (files != null) return files;
                var root = subject.Root();
                return files = new FileNode(root, root, "root", subject.Label);
            }
        }

        internal override object Item() => Files.Item();

        internal override object Listed() => new CrEntry("root", CrEntryKind.Folder, "its files", subject.Label);

        internal override IEnumerable<Node> Children() => Files.Children();

        internal override Node? Child(string name) => Files.Child(name);
    }
}
