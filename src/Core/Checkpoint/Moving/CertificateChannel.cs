using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>TLS 1.2 or 1.3 in which both ends show a certificate: one that the other trusts, or that one of those certifies.</summary>
public static class CertificateChannel
{
    /// <summary>At the end that listens.</summary>
    /// <param name="stream">The way.</param>
    /// <param name="certificate">This end's, with its private key.</param>
    /// <param name="trusted">Whose certificates are taken; empty for this end's own alone.</param>
    /// <exception cref="ChannelException">The other end's certificate is not trusted, or it speaks no TLS.</exception>
    public static Stream Receive(Stream stream, X509Certificate2 certificate, IReadOnlyList<X509Certificate2> trusted) => Open(stream, trusted, (tls, check) => tls.AuthenticateAsServer(new SslServerAuthenticationOptions
    {
        ServerCertificate = certificate,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = check,
    }), certificate);

    /// <summary>At the end that connects.</summary>
    /// <inheritdoc cref="Receive"/>
    public static Stream Send(Stream stream, X509Certificate2 certificate, IReadOnlyList<X509Certificate2> trusted) => Open(stream, trusted, (tls, check) => tls.AuthenticateAsClient(new SslClientAuthenticationOptions
    {
        // Whose certificate it is says the list of those that are trusted, not a name.
        TargetHost = "",
        ClientCertificates = [certificate],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = check,
    }), certificate);

    static SslStream Open(Stream stream, IReadOnlyList<X509Certificate2> trusted, Action<SslStream, RemoteCertificateValidationCallback> authenticate, X509Certificate2 own)
    {
        string? refused = null;
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            authenticate(tls, (_, certificate, _, _) =>
            {
                if (certificate is not X509Certificate2 theirs)
                {
                    refused = "the other end shows no certificate";
                    return false;
                }
                if (CertificateTrust.IsTrusted(theirs, trusted.Count > 0 ? trusted : [own])) return true;
                refused = $"the other end's certificate, {theirs.Subject}, is not among those that are trusted";
                return false;
            });
            return tls;
        }
        catch (AuthenticationException exception)
        {
            MachineSender.Close(tls);
            throw new ChannelException(refused != null ? ChannelProblem.NotTrusted : ChannelProblem.NoPeer, refused ?? $"no TLS comes about with the other end: {exception.Message}", exception);
        }
        catch
        {
            MachineSender.Close(tls);
            throw;
        }
    }
}
