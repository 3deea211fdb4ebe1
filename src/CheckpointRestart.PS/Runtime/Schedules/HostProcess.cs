using System.Diagnostics;
using System.Text;
using CheckpointRestart.Core.Checkpoint.Schedules;

namespace CheckpointRestart.PS.Runtime.Schedules;

/// <summary>A process that runs a schedule's machine, and what it tells of it.</summary>
sealed class HostProcess : IDisposable
{
    const int MostErrorText = 4000;

    static readonly TimeSpan RestTimeout = TimeSpan.FromSeconds(10);

    readonly Process process;
    readonly StringBuilder errors = new();
    readonly ManualResetEventSlim heard = new();
    long heardAt = Stopwatch.GetTimestamp();
    volatile ScheduleStatus? status;

    HostProcess(Process process)
    {
        this.process = process;
        Id = process.Id;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Complain(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts a host for a schedule.</summary>
    /// <exception cref="CrException">It cannot be started.</exception>
    internal static HostProcess Start(HostCommand command, string schedulePath, ScheduleGuard guard) => new(command.Start(schedulePath, guard));

    internal int Id { get; }

    /// <summary>What it said last; null before it has said anything.</summary>
    internal ScheduleStatus? Status => status;

    /// <summary>How long it has been silent.</summary>
    internal TimeSpan Silence => Stopwatch.GetElapsedTime(Interlocked.Read(ref heardAt));

    /// <summary>The end of what it wrote as errors.</summary>
    internal string Errors
    {
        get
        {
            lock (errors) return errors.ToString().Trim();
        }
    }

    internal bool HasExited => process.HasExited;

    /// <summary>Waits until it tells of its machine.</summary>
    /// <returns>False when it ends before, or the time passes.</returns>
    internal bool WaitUntilReady(TimeSpan most, CancellationToken token)
    {
        var began = Stopwatch.StartNew();
        while (!heard.Wait(50, token))
        {
            if (began.Elapsed > most) return false;
            if (WaitForEnd(TimeSpan.Zero, token)) return heard.IsSet;
        }
        return true;
    }

    /// <summary>Waits for its end, and for all that it said. Somebody whom it has started may hold the streams open, and is not waited for.</summary>
    internal bool WaitForEnd(TimeSpan most, CancellationToken token = default)
    {
        if (!process.WaitForExit(most)) return false;
        TakeRest(token);
        return true;
    }

    void TakeRest(CancellationToken token)
    {
        using var most = CancellationTokenSource.CreateLinkedTokenSource(token);
        most.CancelAfter(RestTimeout);
        try
        {
            process.WaitForExitAsync(most.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
        }
    }

    /// <summary>Tells it to save its machine and to go.</summary>
    internal void Close()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            // It has gone already.
        }
    }

    internal void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has gone already.
        }
        process.WaitForExit(TimeSpan.FromSeconds(30));
    }

    public void Dispose()
    {
        process.Dispose();
        heard.Dispose();
    }

    void Hear(string? line)
    {
        if (line is null || line.IndexOf(HostCommand.StatusMark, StringComparison.Ordinal) is not (>= 0 and var at)) return;
        try
        {
            var said = ScheduleStatus.Parse(line[(at + HostCommand.StatusMark.Length)..]);
            Interlocked.Exchange(ref heardAt, Stopwatch.GetTimestamp());
            status = said;
            heard.Set();
            // A host may read its standard input to the end before it goes.
            if (said.IsOver) Close();
        }
        catch (FormatException)
        {
            // Half a line of one that was killed.
        }
        catch (ObjectDisposedException)
        {
        }
    }

    void Complain(string? line)
    {
        if (line is null) return;
        lock (errors)
        {
            errors.AppendLine(line);
            if (errors.Length > MostErrorText) errors.Remove(0, errors.Length - MostErrorText);
        }
    }
}
