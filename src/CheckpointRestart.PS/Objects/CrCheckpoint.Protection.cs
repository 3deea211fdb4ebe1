using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.PS.Objects;

public sealed partial class CrCheckpoint
{
    /// <summary>How its file is protected: None, Encrypted, Signed, or both.</summary>
    public ProtectionFlags Protection => Checkpoint.Protection.Flags;

    /// <summary>What its signature is worth: NotSigned, Valid, or NotTrusted when nothing here says whose the certificate is. An image with a wrong signature is not opened.</summary>
    public SignatureStatus SignatureStatus => Checkpoint.Protection.Status;

    /// <summary>The certificate of who has signed it, or null.</summary>
    public X509Certificate2? Signer => Checkpoint.Protection.Signer;
}
