using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Objects;

/// <summary>A change that an image was made by.</summary>
public sealed class CrEdit
{
    readonly ImageEdit edit;

    internal CrEdit(ImageEdit edit) => this.edit = edit;

    /// <summary>What was changed.</summary>
    public string Change => edit.Change;

    /// <summary>The identity of the image that was changed; empty for one that had never been written.</summary>
    public string Identity => edit.Identity;

    /// <inheritdoc/>
    public override string ToString() => GuestText.ForDisplay(Change);
}
