using System.Security.Cryptography.X509Certificates;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>How the two ends of a way know each other: by a shared secret, by certificates, or not at all.</summary>
public sealed record LinkProtection
{
    /// <summary>A secret that both have.</summary>
    public SharedSecret? Secret { get; init; }

    /// <summary>This end's certificate, with its private key.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>With a certificate: whose are taken from the other end; none for this end's own alone.</summary>
    public IReadOnlyList<X509Certificate2> Trusted { get; init; } = [];

    /// <summary>True when anybody may be the other end.</summary>
    public bool IsNone => Secret == null && Certificate == null;

    /// <summary>The way as the end has it that listens.</summary>
    /// <exception cref="ChannelException">The other end is not who it should be.</exception>
    public Stream Receive(Stream stream) => Secret != null ? SecretChannel.Receive(stream, Secret) : Certificate != null ? CertificateChannel.Receive(stream, Certificate, Trusted) : stream;

    /// <summary>The way as the end has it that connects.</summary>
    /// <exception cref="ChannelException">The other end is not who it should be.</exception>
    public Stream Send(Stream stream) => Secret != null ? SecretChannel.Send(stream, Secret) : Certificate != null ? CertificateChannel.Send(stream, Certificate, Trusted) : stream;
}
