using System.Management.Automation;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Consoles;

namespace CheckpointRestart.PS.Commands;

/// <summary>Connects the user's console to the terminal of a task, until the detach key is pressed or the task ends.</summary>
[Cmdlet(VerbsCommon.Enter, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(void))]
public sealed class EnterCrTaskCommand : CrCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = TaskCommand.TaskSet)]
    [ValidateNotNull]
    public CrTask? Task { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TaskCommand.IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public int Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = TaskCommand.NameSet)]
    [Alias("TaskName")]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    public string? Name { get; set; }

    /// <summary>A control character: Ctrl-], ^A, or a single character.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string DetachKey { get; set; } = "Ctrl-]";

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    protected override void ProcessRecord()
    {
        var found = ParameterSetName switch
        {
            TaskCommand.IdSet => TaskFinder.ById(this, [Id]).FirstOrDefault(),
            TaskCommand.NameSet => Single(TaskFinder.ByName(this, [Name!])),
            _ => Task,
        };
        if (found is not { } task) return;
        Try(task, () =>
        {
            byte key = ParseKey(DetachKey);
            Lifecycle.RequireAlive(task);
            var terminal = task.Terminal
                ?? throw new CrException("NoTerminal", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} has no terminal.", "Start-CrTask -Terminal starts a task with one.");
            if (!ShouldProcess(task.Label, "Enter")) return;
            using var console = RawConsole.Open();
            Connect(task, terminal, console, key);
        });
    }

    /// <summary>A console shows one terminal.</summary>
    CrTask? Single(IEnumerable<CrTask> found)
    {
        var tasks = found.ToArray();
        if (tasks.Length > 1)
            Fail(new CrException("SeveralTasks", ErrorCategory.InvalidArgument, $"{tasks.Length} tasks have the name '{Name}': {string.Join(", ", tasks.Take(5).Select(static task => task.Label))}.", "Give the Id of one; Get-CrTask -Name lists them."), Name);
        return tasks.FirstOrDefault();
    }

    /// <summary>Moves bytes both ways. The console has its own modes again on every way out, since it is disposed.</summary>
    void Connect(CrTask task, HostTerminal terminal, RawConsole console, byte key)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var kernel = task.Machine.Kernel;
        bool detached = false;
        Exception? failure = null;
        // A console that does not know its size leaves the terminal's as it is.
        kernel.Resize(terminal, console.Size is { Columns: > 0 } known ? known : null, redraw: true);
        var typing = new Thread(() =>
        {
            try
            {
                detached = Type(kernel, terminal, console, key, leaving.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or IOException)
            {
                // The machine has ended, or the console is gone; what that means is said below.
                failure = exception as IOException;
            }
            finally
            {
                leaving.Cancel();
            }
        })
        { IsBackground = true, Name = "console" };
        typing.Start();
        try
        {
            while (!leaving.IsCancellationRequested)
            {
                bool ended = task.HasWrittenAll || terminal.IsClosed;
                console.Write(terminal.TakeAll());
                if (ended || task.FailureReason is not null) break;
                try
                {
                    terminal.WaitForOutput(Pause, leaving.Token);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }
        finally
        {
            leaving.Cancel();
            typing.Join();
        }
        Cancellation.ThrowIfCancellationRequested();
        if (failure is not null) throw failure;
        Lifecycle.RequireNotFailed(task);
        if (!detached) return;
        // The program's last screen may have left the cursor anywhere.
        console.Write("\r\n"u8);
    }

    /// <returns>True when the detach key was pressed.</returns>
    static bool Type(Machine kernel, HostTerminal terminal, RawConsole console, byte key, CancellationToken token)
    {
        var buffer = new byte[4096];
        var size = console.Size;
        while (!token.IsCancellationRequested)
        {
            var now = console.Size;
            if (now != size)
            {
                kernel.Resize(terminal, now);
                size = now;
            }
            int count = console.Read(buffer, Pause);
            if (count < 0) return true;
            int end = Array.IndexOf(buffer, key, 0, count);
            var typed = buffer.AsMemory(0, end < 0 ? count : end);
            if (!typed.IsEmpty) kernel.SendInput(terminal, typed, default, token);
            if (end >= 0) return true;
        }
        return false;
    }

    internal static byte ParseKey(string text)
    {
        string name = text;
        foreach (string prefix in (ReadOnlySpan<string>)["Ctrl-", "Ctrl+", "^"])
        {
            if (!name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || name.Length != prefix.Length + 1) continue;
            char key = char.ToUpperInvariant(name[^1]);
            if (key == '?') return 0x7F;
            if (key is >= '@' and <= '_') return (byte)(key - '@');
        }
        if (name.Length == 1 && name[0] < 0x80) return (byte)name[0];
        throw new CrException("InvalidDetachKey", ErrorCategory.InvalidArgument, $"'{text}' is no key that can be told from others.", "Name a control character, such as Ctrl-] or ^A.");
    }
}
