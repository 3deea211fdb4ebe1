using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

public abstract partial class CrCommand
{
    /// <summary>What opens protected images, as parameters say it; null when they say nothing.</summary>
    private protected static ImageAccess? AccessOf(CrProtectionKey[]? keys, X509Certificate2[]? signers) =>
        keys is null && signers is null ? null : new ImageAccess { Keys = [.. (keys ?? []).Select(static key => key.Key)], TrustedSigners = signers ?? [] };

    /// <summary>What protects the images of a schedule, as parameters say it.</summary>
    private protected ScheduleGuard GuardOf(CrProtectionKey[]? keys, X509Certificate2? signer)
    {
        if (signer is { HasPrivateKey: false })
            Fail(new CrException("NoPrivateKey", ErrorCategory.InvalidArgument, $"The certificate {signer.Subject} has no private key.", "Give -SigningCertificate one with its private key."), signer);
        return keys is null && signer is null ? ScheduleGuard.None : new ScheduleGuard([.. (keys ?? []).Select(static key => key.Key)], signer);
    }

    /// <summary>The process of a supervised machine has to get the keys.</summary>
    private protected void RequireExportable(ScheduleGuard guard)
    {
        try
        {
            guard.RequireExportable();
        }
        catch (ProtectionException kept)
        {
            Fail(new CrException("ProtectionKeyUnusable", ErrorCategory.InvalidArgument, kept.Message, "Give a certificate whose private key may be exported, or a passphrase, or leave -Supervised out.", kept), null);
        }
    }

    /// <summary>Opens an image file.</summary>
    private protected Checkpoint OpenImage(string path, CrProtectionKey[]? keys, X509Certificate2[]? signers)
    {
        try
        {
            return Checkpoint.Open(path, AccessOf(keys, signers), Cancellation);
        }
        catch (Exception exception) when (Errors.IsCaught(exception, path))
        {
            throw;
        }
    }
}
