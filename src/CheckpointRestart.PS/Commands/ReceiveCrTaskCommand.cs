using System.Management.Automation;
using System.Text;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Takes the output that tasks have written: lines, exact text or bytes.</summary>
[Cmdlet(VerbsCommunications.Receive, "CrTask", DefaultParameterSetName = TaskSet), OutputType(typeof(string), typeof(byte))]
public sealed class ReceiveCrTaskCommand : TaskCommand
{
    [Parameter]
    public SwitchParameter Wait { get; set; }

    [Parameter]
    public SwitchParameter ErrorOutput { get; set; }

    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    protected override void Process(CrTask task)
    {
        var reader = ErrorOutput ? task.Machine.Error : task.Output;
        // What a machine wrote before it lost its memory is there to be read.
        if (Wait && task.State == CrTaskState.Frozen && task.FailureReason is null)
            throw new CrException("TaskFrozen", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} is frozen: it would never end.", "Resume-CrTask lets it go on; without -Wait, Receive-CrTask gives what there is.");
        if (Raw) WriteRaw(task, reader);
        else Stream(task, reader);
    }

    void Stream(CrTask task, OutputReader reader)
    {
        while (true)
        {
            // Looked at before the output is: what it wrote before it ended is then there.
            bool ended = task.HasWrittenAll;
            if (AsByteStream) WriteObject(reader.ReadBytes(), enumerateCollection: true);
            else WriteObject(reader.ReadLines(Encoding, ended), enumerateCollection: true);
            if (!Wait || ended) return;
            Lifecycle.RequireMemory(task);
            reader.Wait(Pause, Cancellation);
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>One text or one array of bytes, whole.</summary>
    void WriteRaw(CrTask task, OutputReader reader)
    {
        using var all = new MemoryStream();
        while (Wait && !task.HasWrittenAll)
        {
            Lifecycle.RequireMemory(task);
            all.Write(reader.ReadBytes());
            reader.Wait(Pause, Cancellation);
            Cancellation.ThrowIfCancellationRequested();
        }
        bool ended = task.HasExited;
        if (AsByteStream)
        {
            all.Write(reader.ReadBytes());
            WriteObject(all.ToArray(), enumerateCollection: false);
        }
        else if (all.Length > 0)
        {
            all.Write(reader.ReadBytes());
            WriteObject(Encoding.GetString(all.GetBuffer(), 0, (int)all.Length));
        }
        else
        {
            WriteObject(reader.ReadText(Encoding, ended));
        }
    }
}
