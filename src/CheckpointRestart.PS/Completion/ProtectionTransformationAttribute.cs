using System.Collections;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes what protects an image: secure strings, the passwords of credentials, certificates, or a list of them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProtectionTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        var items = value is IEnumerable list and not string ? list.Cast<object>() : [value];
        try
        {
            return items.Select(static item => One(item is PSObject inner ? inner.BaseObject : item)).ToArray();
        }
        catch (ProtectionException exception)
        {
            throw new ArgumentTransformationMetadataException(exception.Message, exception);
        }
    }

    static CrProtectionKey One(object value) => value switch
    {
        CrProtectionKey key => key,
        SecureString passphrase => CrProtectionKey.Of(passphrase),
        PSCredential credential => CrProtectionKey.Of(credential.Password),
        X509Certificate2 certificate => CrProtectionKey.Of(certificate),
        string => throw new ArgumentTransformationMetadataException("A passphrase is given as a SecureString (Read-Host -AsSecureString), not as text."),
        _ => throw new ArgumentTransformationMetadataException("An image is protected with a SecureString, a PSCredential or an X509Certificate2."),
    };
}
