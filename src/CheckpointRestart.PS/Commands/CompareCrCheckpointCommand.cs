using System.Diagnostics;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Tells what differs between checkpoints, image files and live tasks.</summary>
[Cmdlet(VerbsData.Compare, "CrCheckpoint", DefaultParameterSetName = PairSet), OutputType(typeof(CrDifference))]
public sealed class CompareCrCheckpointCommand : OpeningCommand, IJobCommand
{
    const string PairSet = "Pair", SequenceSet = "Sequence";

    /// <summary>What it was: a checkpoint, a live task, or the path of an image.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PairSet)]
    [ValidateNotNullOrEmpty]
    public object? ReferenceObject { get; set; }

    /// <summary>What it is.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = PairSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = SequenceSet)]
    [ValidateNotNullOrEmpty]
    public object[]? DifferenceObject { get; set; }

    /// <summary>Compares each with the one before.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SequenceSet)]
    public SwitchParameter Sequence { get; set; }

    /// <summary>Only differences of these kinds.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public DifferenceKind[]? Kind { get; set; }

    /// <summary>Where symbols come from: the files of the images.</summary>
    [Parameter]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    CrCheckpoint? reference;
    RootOptions? files;

    protected override void BeginProcessing()
    {
        try
        {
            files = FilesOf(Root, FilePath);
        }
        catch (CrException exception)
        {
            Fail(exception, (object?)Root ?? FilePath);
        }
    }

    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var other in DifferenceObject!)
        {
            Try(other, () =>
            {
                if (!Sequence) reference ??= FindCheckpoint(ReferenceObject!, null);
                var found = FindCheckpoint(other, reference?.Format);
                if (reference != null) Compare(reference, found);
                if (Sequence) reference = found;
            });
        }
    }

    void Compare(CrCheckpoint first, CrCheckpoint second)
    {
        var symbols = new DifferenceSymbols(first, second, files);
        long begun = Stopwatch.GetTimestamp();
        int count = 0;
        foreach (var difference in ImageComparer.Compare(first.Checkpoint, second.Checkpoint, Cancellation))
        {
            count++;
            if (Kind == null || Kind.Contains(difference.Kind)) WriteObject(new CrDifference(difference, symbols.Find(difference), first.Label, second.Label));
        }
        Tell($"{first.Label} and {second.Label} differ in {count:n0} places, found in {Since(begun):0} ms.");
    }
}
