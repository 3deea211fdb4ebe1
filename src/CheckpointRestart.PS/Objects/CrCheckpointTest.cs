using CheckpointRestart.Core.Checkpoint;

namespace CheckpointRestart.PS.Objects;

/// <summary>What a look at an image has found.</summary>
public sealed class CrCheckpointTest
{
    /// <summary>The image file, or what names a checkpoint in memory.</summary>
    public required string Source { get; init; }

    /// <summary>The format; null when not even that can be read.</summary>
    public CheckpointFormat? Format { get; internal set; }

    /// <summary>True when nothing was found that stands in the way of a restore, as far as it was looked at.</summary>
    public bool IsValid => Problems.Count == 0;

    /// <summary>Structure, rules and their checksums hold.</summary>
    public bool Structure { get; internal set; }

    /// <summary>What its signature is worth; one that is wrong is among the problems.</summary>
    public Core.Image.Protection.SignatureStatus SignatureStatus { get; internal set; }

    /// <summary>Pages that were read, their checksums compared where the format has some.</summary>
    public long PagesRead { get; internal set; }

    /// <summary>Whether a machine could be made of it, with the files that it needs; null when no root was given and it needs one.</summary>
    public bool? Restores { get; internal set; }

    /// <summary>Whether the machine made of it has the state hash that the image notes; null when it notes none, or -Deep was not given.</summary>
    public bool? HashMatches { get; internal set; }

    /// <summary>Instructions that the machine made of it ran.</summary>
    public ulong Instructions { get; internal set; }

    /// <summary>Files of the root that it needs, as guest paths.</summary>
    public IReadOnlyList<string> FilesNeeded { get; internal set; } = [];

    /// <summary>What is wrong, as sentences.</summary>
    public IReadOnlyList<string> Problems => Found.ToArray();

    internal List<string> Found { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {(IsValid ? "valid" : string.Join("; ", Found))}";
}
