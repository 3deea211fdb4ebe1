using System.Management.Automation;
using System.Management.Automation.Host;
using CheckpointRestart.PSHost.Hosting;

namespace Microsoft.PowerShell.Commands;

/// <summary>Write-Output: its input, element by element unless told otherwise.</summary>
[Cmdlet(VerbsCommunications.Write, "Output"), StandIn(UtilityModule)]
public sealed class WriteOutputCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromRemainingArguments = true), AllowNull, AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    [Parameter] public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null) WriteObject(null);
        else WriteObject(InputObject, enumerateCollection: !NoEnumerate);
    }
}

/// <summary>Write-Host: an information record tagged PSHOST, which the engine shows on the host.</summary>
[Cmdlet(VerbsCommunications.Write, "Host"), StandIn(UtilityModule)]
public sealed class WriteHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true), Alias("Msg", "Message")]
    public object? Object { get; set; }

    [Parameter] public SwitchParameter NoNewline { get; set; }
    [Parameter] public object Separator { get; set; } = " ";
    [Parameter] public ConsoleColor? ForegroundColor { get; set; }
    [Parameter] public ConsoleColor? BackgroundColor { get; set; }

    protected override void ProcessRecord()
    {
        var message = new HostInformationMessage { Message = Text(Object), NoNewLine = NoNewline };
        if (ForegroundColor is { } foreground) message.ForegroundColor = foreground;
        if (BackgroundColor is { } background) message.BackgroundColor = background;
        WriteInformation(message, ["PSHOST"]);
    }

    private string Text(object? value)
    {
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            null => "",
            string text => text,
            System.Collections.IEnumerable list => string.Join(Separator.ToString(), list.Cast<object?>().Select(Text)),
            _ => LanguagePrimitives.ConvertTo<string>(value),
        };
    }
}

/// <summary>Base of Write-Warning, Write-Verbose and Write-Debug.</summary>
public abstract class WriteMessageCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true), AllowEmptyString, Alias("Msg")]
    public string Message { get; set; } = "";
}

/// <summary>Write-Warning.</summary>
[Cmdlet(VerbsCommunications.Write, "Warning"), StandIn(UtilityModule)]
public sealed class WriteWarningCommand : WriteMessageCommand
{
    protected override void ProcessRecord() => WriteWarning(Message);
}

/// <summary>Write-Verbose.</summary>
[Cmdlet(VerbsCommunications.Write, "Verbose"), StandIn(UtilityModule)]
public sealed class WriteVerboseCommand : WriteMessageCommand
{
    protected override void ProcessRecord() => WriteVerbose(Message);
}

/// <summary>Write-Debug.</summary>
[Cmdlet(VerbsCommunications.Write, "Debug"), StandIn(UtilityModule)]
public sealed class WriteDebugCommand : WriteMessageCommand
{
    protected override void ProcessRecord() => WriteDebug(Message);
}

/// <summary>Write-Information.</summary>
[Cmdlet(VerbsCommunications.Write, "Information"), StandIn(UtilityModule)]
public sealed class WriteInformationCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true), Alias("Msg", "Message")]
    public object MessageData { get; set; } = "";

    [Parameter(Position = 1)] public string[] Tags { get; set; } = [];

    protected override void ProcessRecord() => WriteInformation(MessageData, Tags);
}

/// <summary>Write-Progress.</summary>
[Cmdlet(VerbsCommunications.Write, "Progress"), StandIn(UtilityModule)]
public sealed class WriteProgressCommand : PSCmdlet
{
    [Parameter(Position = 0)] public string Activity { get; set; } = " ";
    [Parameter(Position = 1)] public string Status { get; set; } = "Processing";
    [Parameter(Position = 2)] public int Id { get; set; }
    [Parameter] public int PercentComplete { get; set; } = -1;
    [Parameter] public int SecondsRemaining { get; set; } = -1;
    [Parameter] public string? CurrentOperation { get; set; }
    [Parameter] public int ParentId { get; set; } = -1;
    [Parameter] public int SourceId { get; set; }
    [Parameter] public SwitchParameter Completed { get; set; }

    protected override void ProcessRecord() => WriteProgress(new ProgressRecord(Id, string.IsNullOrEmpty(Activity) ? " " : Activity, string.IsNullOrEmpty(Status) ? " " : Status)
    {
        PercentComplete = PercentComplete,
        SecondsRemaining = SecondsRemaining,
        CurrentOperation = CurrentOperation,
        ParentActivityId = ParentId,
        RecordType = Completed ? ProgressRecordType.Completed : ProgressRecordType.Processing,
    });
}

/// <summary>Write-Error.</summary>
[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "NoException"), StandIn(UtilityModule)]
public sealed class WriteErrorCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "WithException", Mandatory = true)] public Exception? Exception { get; set; }

    [Parameter(Position = 0, ParameterSetName = "NoException", Mandatory = true, ValueFromPipeline = true), Parameter(ParameterSetName = "WithException"), AllowNull, AllowEmptyString, Alias("Msg")]
    public string? Message { get; set; }

    [Parameter(ParameterSetName = "ErrorRecord", Mandatory = true)] public ErrorRecord? ErrorRecord { get; set; }
    [Parameter(ParameterSetName = "NoException"), Parameter(ParameterSetName = "WithException")] public ErrorCategory Category { get; set; } = ErrorCategory.NotSpecified;
    [Parameter(ParameterSetName = "NoException"), Parameter(ParameterSetName = "WithException")] public string ErrorId { get; set; } = "";
    [Parameter(ParameterSetName = "NoException"), Parameter(ParameterSetName = "WithException")] public object? TargetObject { get; set; }
    [Parameter] public string RecommendedAction { get; set; } = "";
    [Parameter, Alias("Activity")] public string CategoryActivity { get; set; } = "";
    [Parameter, Alias("Reason")] public string CategoryReason { get; set; } = "";
    [Parameter, Alias("TargetName")] public string CategoryTargetName { get; set; } = "";
    [Parameter, Alias("TargetType")] public string CategoryTargetType { get; set; } = "";

    protected override void ProcessRecord()
    {
        var record = ErrorRecord is not null
            ? new ErrorRecord(ErrorRecord, null)
            : new ErrorRecord(Exception ?? new WriteErrorException(Message ?? ""), ErrorId.Length > 0 ? ErrorId : Exception is null ? "Microsoft.PowerShell.Commands.WriteErrorException" : Exception.GetType().FullName!, Category, TargetObject);
        if (ErrorRecord is null && !string.IsNullOrEmpty(Message) && Exception is not null) record.ErrorDetails = new ErrorDetails(Message);
        if (RecommendedAction.Length > 0) (record.ErrorDetails ??= new ErrorDetails(record.Exception.Message)).RecommendedAction = RecommendedAction;
        record.CategoryInfo.Activity = CategoryActivity.Length > 0 ? CategoryActivity : "Write-Error";
        if (CategoryReason.Length > 0) record.CategoryInfo.Reason = CategoryReason;
        if (CategoryTargetName.Length > 0) record.CategoryInfo.TargetName = CategoryTargetName;
        if (CategoryTargetType.Length > 0) record.CategoryInfo.TargetType = CategoryTargetType;
        // The error is shown and counted as the caller's.
        if (GetVariableValue("MyInvocation") is InvocationInfo caller) EngineInternals.SetInvocation(record, caller);
        WriteError(record);
    }
}

/// <summary>What Write-Error throws; its name is part of the error ids that users match.</summary>
public sealed class WriteErrorException(string message) : SystemException(message);
