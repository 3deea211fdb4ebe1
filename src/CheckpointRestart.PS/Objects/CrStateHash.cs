using CheckpointRestart.Core.Checkpoint;

namespace CheckpointRestart.PS.Objects;

/// <summary>The hash of a state.</summary>
/// <param name="Hash">64 lower-case hexadecimal digits of SHA-256.</param>
/// <param name="Scope">What it covers.</param>
/// <param name="Source">The task, machine or image that it belongs to.</param>
public sealed record CrStateHash(string Hash, StateHashScope Scope, string Source)
{
    /// <inheritdoc/>
    public override string ToString() => Hash;
}
