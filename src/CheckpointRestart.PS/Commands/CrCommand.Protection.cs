using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

public abstract partial class CrCommand
{
    /// <summary>What opens protected images, as parameters say it; null when they say nothing.</summary>
    private protected static ImageAccess? AccessOf(CrProtectionKey[]? keys, X509Certificate2[]? signers) =>
        keys is null && signers is null ? null : new ImageAccess { Keys = [.. (keys ?? []).Select(static key => key.Key)], TrustedSigners = signers ?? [] };

    /// <summary>Opens an image file.</summary>
    private protected Checkpoint OpenImage(string path, CrProtectionKey[]? keys, X509Certificate2[]? signers) => Checkpoint.Open(path, AccessOf(keys, signers), Cancellation);
}
