using System.Management.Automation;
using System.Security;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a secret: a secure string, or the password of a credential.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            SecureString { Length: > 0 } secret => secret,
            PSCredential { Password.Length: > 0 } credential => credential.Password,
            SecureString or PSCredential => throw new ArgumentTransformationMetadataException("An empty secret keeps nobody away."),
            _ => throw new ArgumentTransformationMetadataException("A secret is a SecureString (Read-Host -AsSecureString) or a PSCredential, not text."),
        };
    }
}
