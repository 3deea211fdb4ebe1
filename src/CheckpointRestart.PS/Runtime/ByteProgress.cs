using System.Diagnostics;
using System.Management.Automation;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Shows how many bytes are done, of a length that is 0 where nobody knows it, four times a second, once it takes more than half a second. Reports come on the pipeline's thread.</summary>
sealed class ByteProgress(Cmdlet cmdlet, string activity, long length) : IProgress<long>, IDisposable
{
    const int Activity = 334;
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500), Interval = TimeSpan.FromMilliseconds(250);

    readonly long begun = Stopwatch.GetTimestamp();
    long shown;

    public void Report(long value)
    {
        if (shown == 0 ? Stopwatch.GetElapsedTime(begun) < Patience : Stopwatch.GetElapsedTime(shown) < Interval) return;
        shown = Stopwatch.GetTimestamp();
        int percent = length <= 0 ? -1 : (int)Math.Clamp(value * 100 / length, 0, 100);
        cmdlet.WriteProgress(new ProgressRecord(Activity, activity, length <= 0 ? $"{value >> 20} MiB" : $"{value >> 20} of {length >> 20} MiB") { PercentComplete = percent });
    }

    public void Dispose()
    {
        if (shown != 0) cmdlet.WriteProgress(new ProgressRecord(Activity, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }
}
