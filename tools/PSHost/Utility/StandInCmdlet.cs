namespace Microsoft.PowerShell.Commands;

// The namespace is the originals': the names of the classes are part of the error ids that scripts and tests match.

/// <summary>What the stand-ins share: errors with an id, and the one error for what they leave out.</summary>
public abstract class StandInCmdlet : PSCmdlet
{
    protected void Fail(string id, ErrorCategory category, object? target, string message) =>
        WriteError(new ErrorRecord(new InvalidOperationException(message), id, category, target));

    protected void Fail(Exception exception, string id, ErrorCategory category, object? target) =>
        WriteError(exception is IContainsErrorRecord { ErrorRecord: { } record } ? new ErrorRecord(record, exception) : new ErrorRecord(exception, id, category, target));

    /// <summary>No object, or the engine's sign for an empty result.</summary>
    private protected static bool IsNothing([System.Diagnostics.CodeAnalysis.NotNullWhen(false)] PSObject? item) =>
        item is null || ReferenceEquals(item, System.Management.Automation.Internal.AutomationNull.Value);

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    protected void Refuse(string what) =>
        throw Terminate(new ErrorRecord(new NotImplementedException($"This host does not have {what}; PowerShell itself does."), "NotImplemented", ErrorCategory.NotImplemented, null));

    private PSNotSupportedException Terminate(ErrorRecord record)
    {
        ThrowTerminatingError(record);
        return new PSNotSupportedException();
    }
}
