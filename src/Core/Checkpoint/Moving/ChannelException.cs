namespace CheckpointRestart.Core.Checkpoint.Moving;

/// <summary>What is wrong with the other end of a way.</summary>
public enum ChannelProblem
{
    /// <summary>It speaks something else.</summary>
    NoPeer,
    /// <summary>It asks for a secret, or for none, other than this end.</summary>
    OtherProtection,
    /// <summary>It has another secret.</summary>
    OtherSecret,
    /// <summary>Its certificate is not one that is trusted here, or it does not trust the one from here.</summary>
    NotTrusted,
    /// <summary>What came from it was altered on the way.</summary>
    Altered,
}

/// <summary>The other end is not who it should be. Nothing was sent to it, and nothing taken from it.</summary>
public sealed class ChannelException : IOException
{
    /// <param name="problem">What is wrong.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="inner">What .NET says, or null.</param>
    public ChannelException(ChannelProblem problem, string message, Exception? inner = null) : base(message, inner) => Problem = problem;

    /// <summary>What is wrong.</summary>
    public ChannelProblem Problem { get; }
}
