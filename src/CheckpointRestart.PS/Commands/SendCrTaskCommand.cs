using System.Management.Automation;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Sends a task input or a signal. Piped objects are the tasks, or the input when the task is given by a parameter.</summary>
[Cmdlet(VerbsCommunications.Send, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(CrTask))]
public sealed class SendCrTaskCommand : CrCommand
{
    /// <summary>The tasks are piped, and the text stands first.</summary>
    const string TextSet = "Text";

    [Parameter(Position = 0, ParameterSetName = TaskCommand.TaskSet)]
    [ValidateNotNullOrEmpty]
    public CrTask[]? Task { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TaskCommand.IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public int[]? Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = TaskCommand.NameSet)]
    [Alias("TaskName")]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 1, ParameterSetName = TaskCommand.TaskSet)]
    [Parameter(Position = 1, ParameterSetName = TaskCommand.IdSet)]
    [Parameter(Position = 0, ParameterSetName = TaskCommand.NameSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TextSet)]
    [AllowEmptyString]
    public string[]? InputText { get; set; }

    [Parameter]
    [ValidateNotNull]
    public byte[]? InputBytes { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public SwitchParameter EndOfInput { get; set; }

    /// <summary>COLUMNSxROWS.</summary>
    [Parameter]
    [WindowSizeTransformation]
    public WindowSize TerminalSize { get; set; }

    [Parameter]
    [SignalTransformation]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    readonly List<CrTask> targets = [];
    bool given;

    protected override void BeginProcessing()
    {
        given = Task is not null || ParameterSetName is TaskCommand.IdSet or TaskCommand.NameSet;
        if (given) targets.AddRange(ParameterSetName switch
        {
            TaskCommand.IdSet => TaskFinder.ById(this, Id!),
            TaskCommand.NameSet => TaskFinder.ByName(this, Name!),
            _ => Task!,
        });
        foreach (var task in targets) Send(task, Given());
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        if (given)
        {
            var bytes = Piped(InputObject);
            foreach (var task in targets) Send(task, bytes);
            return;
        }
        if (InputObject.BaseObject is CrTask piped) Receiver(piped);
        else if (InputObject.Properties["CrTaskId"]?.Value is { } id && LanguagePrimitives.TryConvertTo(id, out int number))
            foreach (var task in TaskFinder.ById(this, [number])) Receiver(task);
        else
            WriteError(Errors.Find(new CrException("NoTask", ErrorCategory.InvalidArgument, $"'{InputObject}' is no task.", "Give the task with -Task, -Id or -Name to pipe input to it."), InputObject)!);
    }

    protected override void EndProcessing()
    {
        if (targets.Count == 0 && !given && !MyInvocation.ExpectingInput)
            Fail(new CrException("NoTask", ErrorCategory.InvalidArgument, "There is no task to send to.", "Give the task with -Task, -Id or -Name, or through the pipeline."), null);
        foreach (var task in targets)
        {
            Try(task, () => Finish(task));
            if (PassThru) WriteObject(task);
        }
    }

    void Receiver(CrTask task)
    {
        targets.Add(task);
        Send(task, Given());
    }

    void Send(CrTask task, byte[] bytes) => Try(task, () =>
    {
        if (bytes.Length == 0 || !ShouldProcess(task.Label, $"Send {bytes.Length} bytes of input")) return;
        Lifecycle.RequireAlive(task);
        if (task.Terminal is { } terminal)
        {
            task.Machine.Kernel.SendInput(terminal, bytes, default, Cancellation);
            return;
        }
        if (task.Machine.Kernel.Streams.IsInputEnded)
            throw new CrException("InputEnded", ErrorCategory.InvalidOperation, $"The input of {task.Label} has ended.", "Nothing can follow -EndOfInput; start or restore the task again.");
        task.Machine.Kernel.SendInput(bytes, default, Cancellation);
    });

    void Finish(CrTask task)
    {
        if (EndOfInput && ShouldProcess(task.Label, "End the input"))
        {
            Lifecycle.RequireAlive(task);
            if (task.Terminal is { } terminal) task.Machine.Kernel.EndInput(terminal);
            else task.Machine.Kernel.EndInput();
        }
        if (MyInvocation.BoundParameters.ContainsKey(nameof(TerminalSize)) && ShouldProcess(task.Label, $"Resize to {TerminalSize.Columns}x{TerminalSize.Rows}"))
        {
            Lifecycle.RequireAlive(task);
            var terminal = task.Terminal ?? throw new CrException("NoTerminal", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} has no terminal.", "Start-CrTask -Terminal starts a task with one.");
            task.Machine.Kernel.Resize(terminal, TerminalSize);
        }
        if (Signal is not null && ShouldProcess(task.Label, $"Send {Signal}"))
        {
            Lifecycle.RequireAlive(task);
            task.Machine.Kernel.SendSignal(task.Task, SignalName.Parse(Signal)!.Value);
        }
    }

    byte[] Given() => [.. InputBytes ?? [], .. (InputText ?? []).SelectMany(Encode)];

    byte[] Piped(PSObject value) => value.BaseObject switch
    {
        byte single => [single],
        byte[] bytes => bytes,
        _ => Encode(value.ToString()),
    };

    byte[] Encode(string text) => Encoding.GetBytes(NoNewline ? text : text + "\n");
}
