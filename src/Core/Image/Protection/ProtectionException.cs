namespace CheckpointRestart.Core.Image.Protection;

/// <summary>Why an image's protection keeps it shut.</summary>
public enum ProtectionProblem
{
    /// <summary>It is encrypted, and no key was given.</summary>
    KeyNeeded,
    /// <summary>None of the keys that were given opens it.</summary>
    WrongKey,
    /// <summary>A signature of somebody who is trusted is asked for, and it has none.</summary>
    NotSigned,
    /// <summary>It is signed by somebody else than who is trusted.</summary>
    SignerNotTrusted,
    /// <summary>A key cannot be used for what it was given for.</summary>
    UnusableKey,
}

/// <summary>An image is not broken, but may not be opened, or cannot be protected as was asked.</summary>
public sealed class ProtectionException : Exception
{
    /// <param name="problem">Why.</param>
    /// <param name="message">A sentence that says what would open it.</param>
    /// <param name="inner">What .NET's cryptography says, or null.</param>
    public ProtectionException(ProtectionProblem problem, string message, Exception? inner = null) : base(message, inner) => Problem = problem;

    /// <summary>Why.</summary>
    public ProtectionProblem Problem { get; }
}
