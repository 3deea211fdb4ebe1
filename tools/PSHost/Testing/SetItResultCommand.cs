namespace CheckpointRestart.PSHost.Testing;

/// <summary>Set-ItResult: ends the test with another result than passed or failed.</summary>
[Cmdlet(VerbsCommon.Set, "ItResult", DefaultParameterSetName = "Skipped"), StandIn(TestingModule)]
public sealed class SetItResultCommand : PSCmdlet
{
    private const string SkippedId = "PesterTestSkipped";
    private const string InconclusiveId = "PesterTestInconclusive";

    [Parameter(Mandatory = true, ParameterSetName = "Skipped")] public SwitchParameter Skipped { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "Inconclusive")] public SwitchParameter Inconclusive { get; set; }
    [Parameter(Mandatory = true, ParameterSetName = "Pending")] public SwitchParameter Pending { get; set; }
    [Parameter] public string? Because { get; set; }

    protected override void EndProcessing()
    {
        var message = string.IsNullOrEmpty(Because) ? "by Set-ItResult" : "because " + Because;
        ThrowTerminatingError(new ErrorRecord(new InvalidOperationException(message), Inconclusive ? InconclusiveId : SkippedId, ErrorCategory.InvalidResult, null));
    }

    internal static TestResult? ResultOf(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0] switch
    {
        SkippedId => TestResult.Skipped,
        InconclusiveId => TestResult.Inconclusive,
        _ => null,
    };
}
