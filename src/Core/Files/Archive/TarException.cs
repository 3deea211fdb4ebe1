namespace CheckpointRestart.Core.Files;

/// <summary>A tar file that breaks a rule, cannot be placed in a tree, or uses what is not supported.</summary>
public sealed class TarException : IOException
{
    internal TarException(long offset, string? entry, string rule)
        : base(entry == null ? $"at byte {offset}: {rule}" : $"entry '{entry}' at byte {offset}: {rule}")
    {
        Offset = offset;
        Entry = entry;
        Rule = rule;
    }

    /// <summary>Where the entry's header lies in the uncompressed archive, bytes.</summary>
    public long Offset { get; }

    /// <summary>The entry's name as the archive has it, or null where none could be read.</summary>
    public string? Entry { get; }

    /// <summary>What is wrong.</summary>
    public string Rule { get; }
}
