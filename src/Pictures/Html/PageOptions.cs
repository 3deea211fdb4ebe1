using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Pictures.Html;

/// <summary>What a page of a checkpoint shows.</summary>
public sealed record PageOptions
{
    /// <summary>What the checkpoint is called: its file's name, as a rule.</summary>
    public required string Label { get; init; }

    /// <summary>Where the files are that the image names and does not carry; null for what it knows itself. With it code and symbols are shown that lie in them.</summary>
    public RootOptions? Files { get; init; }

    /// <summary>An earlier checkpoint: what has changed since is shown; null for none.</summary>
    public Core.Checkpoint.Checkpoint? Reference { get; init; }

    /// <summary>What the earlier one is called.</summary>
    public string ReferenceLabel { get; init; } = "";

    /// <summary>Bytes that the contents of pages may take in the page, packed; what is near the registers comes first. Their base64 takes a third more.</summary>
    public long MostContentBytes { get; init; } = 384 << 10;
}
