using System.Diagnostics;
using System.Management.Automation;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>One line on standard error that shows the progress record last written; nothing at all when standard error is no terminal.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private long _last;
    private bool _visible;

    internal void Show(ProgressRecord record)
    {
        if (Console.IsErrorRedirected) return;
        lock (_gate)
        {
            if (record.RecordType == ProgressRecordType.Completed)
            {
                Erase();
                return;
            }

            if (_visible && Stopwatch.GetElapsedTime(_last) < Interval) return;
            _last = Stopwatch.GetTimestamp();
            var percent = record.PercentComplete >= 0 ? $" {record.PercentComplete,3}%" : "";
            var text = $"{record.Activity}: {record.StatusDescription}{percent} {record.CurrentOperation}".Replace('\n', ' ').TrimEnd();
            var width = Math.Max(20, Width() - 1);
            Console.Error.Write("\r\e[K" + (text.Length > width ? text[..width] : text));
            _visible = true;
        }
    }

    internal void Hide()
    {
        if (!_visible) return;
        lock (_gate) Erase();
    }

    private void Erase()
    {
        if (_visible) Console.Error.Write("\r\e[K");
        _visible = false;
    }

    private static int Width()
    {
        try { return Console.WindowWidth is > 0 and var width ? width : 80; }
        catch (IOException) { return 80; }
    }
}
