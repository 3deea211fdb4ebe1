using System.Management.Automation;

namespace CheckpointRestart.PS.Runtime;

/// <summary>A request that cannot be met, with all that an error record says about it.</summary>
public sealed class CrException : Exception
{
    /// <param name="errorId">The stable first half of FullyQualifiedErrorId.</param>
    /// <param name="message">A sentence that names the object.</param>
    /// <param name="action">What the user can do.</param>
    public CrException(string errorId, ErrorCategory category, string message, string action, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Category = category;
        RecommendedAction = action;
    }

    public string ErrorId { get; }

    public ErrorCategory Category { get; }

    public string RecommendedAction { get; }
}
