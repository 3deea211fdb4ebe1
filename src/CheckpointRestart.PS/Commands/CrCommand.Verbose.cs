using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <content>What -Verbose tells: what was done, how much of it, and how long it took.</content>
public abstract partial class CrCommand
{
    // What a guest has named is in all of these, and must do nothing to a terminal.

    /// <inheritdoc cref="System.Management.Automation.Cmdlet.WriteWarning"/>
    private protected new void WriteWarning(string text) => base.WriteWarning(GuestText.ForDisplay(text));

    /// <inheritdoc cref="System.Management.Automation.Cmdlet.WriteVerbose"/>
    private protected new void WriteVerbose(string text) => base.WriteVerbose(GuestText.ForDisplay(text));

    /// <inheritdoc cref="System.Management.Automation.Cmdlet.ShouldProcess(string, string)"/>
    private protected new bool ShouldProcess(string target, string action) => base.ShouldProcess(GuestText.ForDisplay(target), GuestText.ForDisplay(action));

    /// <summary>Numbers are written the same everywhere.</summary>
    private protected void Tell(FormattableString text) => WriteVerbose(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Milliseconds since <see cref="Stopwatch.GetTimestamp"/> gave a number.</summary>
    private protected static double Since(long begun) => Stopwatch.GetElapsedTime(begun).TotalMilliseconds;

    /// <summary>Tells what an image holds that was written.</summary>
    private protected void TellWritten(CrCheckpoint made) =>
        Tell($"{made.Label}: {made.Tasks.Count} tasks, {made.PagesStored:n0} pages ({made.PagesZero:n0} zero, {made.PagesUnchanged:n0} of the parent), {made.Size:n0} bytes; the machine stood still for {made.Pause.TotalMilliseconds:0.00} ms, writing took {made.Duration.TotalMilliseconds:0} ms.");
}
