using System.Management.Automation;

namespace CheckpointRestart.PS.Drives;

/// <summary>What a drive refuses, with its error record: cmdlets of the engine that meet an error in the middle of their work (Set-Content, while it clears the file) throw its exception on, and
/// make of one that has no record a record by its type alone.</summary>
public sealed class DriveException : Exception, IContainsErrorRecord
{
    internal DriveException(ErrorRecord record) : base(record.Exception.Message, record.Exception)
    {
        ErrorRecord = new ErrorRecord(new ParentContainsErrorRecordException(this), record.FullyQualifiedErrorId, record.CategoryInfo.Category, record.TargetObject) { ErrorDetails = record.ErrorDetails };
    }

    /// <summary>The error: its id, category, target and what to do.</summary>
    public ErrorRecord ErrorRecord { get; }
}
