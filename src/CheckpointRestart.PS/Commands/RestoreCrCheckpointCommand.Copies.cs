using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <content>What copies of one checkpoint differ in.</content>
public sealed partial class RestoreCrCheckpointCommand
{
    /// <summary>One name, with {0} for the copy's number, or one for each copy.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? HostName { get; set; }

    void CheckHostNames()
    {
        if (HostName is null || HostName.Length == Count || HostName.Length == 1) return;
        Fail(new CrException("InvalidHostName", ErrorCategory.InvalidArgument, $"There are {HostName.Length} host names for {Count} copies.", "Give one for each copy, or one with {0} for the copy's number."), HostName);
    }

    string? HostNameOf(int copy) => HostName is null ? null : (HostName.Length > 1 ? HostName[copy] : HostName[0]).Replace("{0}", (copy + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
