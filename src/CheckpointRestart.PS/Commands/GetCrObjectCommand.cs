using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the objects of Extended images as they stand there.</summary>
[Cmdlet(VerbsCommon.Get, "CrObject", DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrObject))]
public sealed class GetCrObjectCommand : ImageCommand
{
    /// <summary>Only objects of these kinds.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ObjectKindCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Kind { get; set; }

    /// <summary>Only the objects with these numbers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ObjectNumberCompleter))]
    public uint[]? Number { get; set; }

    protected override void Process(CrCheckpoint checkpoint)
    {
        var image = checkpoint.Checkpoint.Extended
            ?? throw new CrException("NoObjects", ErrorCategory.InvalidArgument, $"{checkpoint.Label} is a v5 image: it has records and no objects.", "Get-CrRecord shows its records.");
        var patterns = Kind?.Select(static kind => WildcardPattern.Get(kind, WildcardOptions.IgnoreCase)).ToArray();
        foreach (uint number in Number ?? [])
        {
            if (image.Find(number) == null)
                WriteError(Errors.Find(new CrException("ObjectNotFound", ErrorCategory.ObjectNotFound, $"{checkpoint.Label} has no object {number}.", "Without -Number all are listed."), number)!);
        }
        foreach (var item in image.Objects)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (Number != null && !Number.Contains(item.Number)) continue;
            if (patterns == null || patterns.Any(pattern => pattern.IsMatch(item.Kind))) WriteObject(checkpoint.ObjectOf(item));
        }
    }
}
