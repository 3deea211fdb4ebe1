namespace CheckpointRestart.PS.Objects;

/// <summary>What an entry of a drive is.</summary>
public enum CrEntryKind
{
    /// <summary>It has entries of its own.</summary>
    Folder,
    /// <summary>It has contents, or is an object of its own.</summary>
    Item,
}

/// <summary>An entry of CrImage: or CrTask: that stands for a part of a task or image.</summary>
public sealed class CrEntry
{
    readonly Func<object?>? value;

    internal CrEntry(string name, CrEntryKind kind, string holds, string source, Func<object?>? value = null)
    {
        Name = name;
        Kind = kind;
        Holds = holds;
        Source = source;
        this.value = value;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    public CrEntryKind Kind { get; }

    /// <summary>What is in it, in words.</summary>
    public string Holds { get; }

    /// <summary>What it holds: text, a list, or a table of names; null for a folder.</summary>
    public object? Value => value?.Invoke();

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
