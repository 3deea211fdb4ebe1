using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Starts a 32-bit x86 Linux program, in a machine of its own or in one that is there.</summary>
[Cmdlet(VerbsLifecycle.Start, "CrTask", SupportsShouldProcess = true), OutputType(typeof(CrTask), typeof(string))]
public sealed class StartCrTaskCommand : MachineCommand
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootPathCompleter))]
    public string FilePath { get; set; } = "";

    [Parameter(Position = 1)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    [AllowNull]
    public string[]? ArgumentList { get; set; }

    /// <summary>The whole environment.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Environment { get; set; }

    /// <summary>Guest path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootPathCompleter))]
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>Whom the program runs as.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(UserCompleter))]
    public string? User { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    [Parameter]
    public SwitchParameter Terminal { get; set; }

    /// <summary>COLUMNSxROWS.</summary>
    [Parameter]
    [WindowSizeTransformation]
    public WindowSize TerminalSize { get; set; } = new(24, 80);

    bool HasTerminal => Terminal || Has(nameof(TerminalSize));

    [Parameter]
    [MachineTransformation]
    [ArgumentCompleter(typeof(MachineIdCompleter))]
    public CrMachine? Machine { get; set; }

    /// <summary>What uname says: major.minor.patch.</summary>
    [Parameter]
    [ValidateNotNull]
    public Version? KernelVersion { get; set; }

    /// <summary>guest:host, or guest alone.</summary>
    [Parameter]
    [ValidatePattern("^[0-9]{1,5}(:[0-9]{1,5})?$")]
    public string[]? PublishPort { get; set; }

    ReadOnlyMemory<byte> input;
    bool inputEnded;

    protected override void EndProcessing()
    {
        CheckParameters();
        if (!ShouldProcess(FilePath, "Start task")) return;
        CrTask? task = null;
        if (!Try(FilePath, () => task = Start())) return;
        if (Wait) Try(task, () => RunToEnd(task!));
        else WriteObject(task);
    }

    void CheckParameters()
    {
        if (InputText is not null && InputPath is not null) Fail(Conflict("-InputText and -InputPath are both standard input."), FilePath);
        if (Wait && Suspended) Fail(Conflict("A task that starts suspended cannot be waited for."), FilePath);
        if (ArgumentList?.FirstOrDefault(static argument => argument?.Contains('\0', StringComparison.Ordinal) == true) is { } cut)
            Fail(new CrException("InvalidArgument", ErrorCategory.InvalidArgument, $"An argument ends at its first NUL, and '{cut.Replace('\0', '?')}' has one in it.", "Give arguments without."), FilePath);
        if (Machine is null) return;
        string[] own = [nameof(Root), nameof(RootWritable), nameof(Clock), nameof(Seed), nameof(Cpu), nameof(Engine), nameof(NoGuestCheckpoint), nameof(KernelVersion), nameof(KeepStateHash),
            nameof(MemoryLimit), nameof(TaskLimit), nameof(DescriptorLimit), nameof(FileLimit), nameof(StreamLimit)];
        if (own.FirstOrDefault(Has) is { } parameter) Fail(Conflict($"-{parameter} is for a new machine, and -Machine names one that is there."), FilePath);
    }

    static CrException Conflict(string message) => new("ParameterConflict", ErrorCategory.InvalidArgument, message, "Leave one of the parameters out.");

    CrTask Start()
    {
        var program = Program();
        if (Machine is not null) return Begin(Machine, program);
        var root = RootFrom(Root is null ? ResolveProgram(FilePath) : null)!;
        if (RootWritable && Root is null) throw Conflict("-RootWritable is about the directory that -Root names.");
        var options = Apply(new MachineOptions { Root = root });
        if (KernelVersion is not null) options = options with { Version = VersionFrom(KernelVersion) };
        var machine = MachineFactory.Create(options);
        CrMachine? added = null;
        try
        {
            if (KeepStateHash) StateHash.RecordAtExit(machine);
            added = Registry.Add(machine, root);
            return Begin(added, program);
        }
        catch
        {
            if (added is not null) Registry.Remove(added);
            else machine.Dispose();
            throw;
        }
    }

    ProgramOptions Program() => new()
    {
        FilePath = Root is null && Machine is null ? null : FilePath,
        Arguments = ArgumentList ?? [],
        Terminal = HasTerminal ? TerminalSize : null,
        Environment = Environment is null ? DefaultEnvironment : [.. Variables(Environment)],
        User = User,
        WorkingDirectory = WorkingDirectory,
        // The input of a machine that is there is not this program's to end.
        InputPath = InputPath ?? (Machine is not null && Wait && InputText is null && !HasTerminal ? "/dev/null" : null),
        OutputPath = OutputPath,
        ErrorPath = ErrorPath,
        Suspended = true,
    };

    IReadOnlyList<string> DefaultEnvironment => HasTerminal
        ? [.. ProgramOptions.DefaultEnvironment.Where(static variable => !variable.StartsWith("TERM=", StringComparison.Ordinal)), "TERM=xterm"]
        : ProgramOptions.DefaultEnvironment;

    /// <summary>Input that fits is there before the first instruction, so that a run does not depend on when it arrives.</summary>
    CrTask Begin(CrMachine machine, ProgramOptions program)
    {
        var kernel = machine.Kernel;
        var task = Registry.Add(machine, kernel.Start(program), FilePath, ArgumentList ?? []);
        try
        {
            input = InputText is null ? default : Encoding.GetBytes(InputText);
            PortPublishing.Publish(kernel, PublishPort);
            SendWhatFits(task);
            if (!Wait && !input.IsEmpty) throw InputTooLong(task);
            if (!Suspended) kernel.Thaw(task.Task);
            Tell($"{FilePath} is {task.Label}, pid {task.ProcessId} of {machine} (processor {machine.Cpu}, engine {machine.Engine}, root {machine.Root}).");
            return task;
        }
        catch
        {
            Lifecycle.Kill(task);
            Registry.Remove(task);
            throw;
        }
    }

    /// <summary>Never waits: the program may itself be waiting for room in its output. With -Wait the input ends after the last byte.</summary>
    void SendWhatFits(CrTask task)
    {
        if (inputEnded) return;
        var kernel = task.Machine.Kernel;
        if (task.Terminal is { } terminal)
        {
            input = input[kernel.SendWhatFits(terminal, input)..];
            if (!Wait || !input.IsEmpty) return;
            inputEnded = true;
            kernel.EndInput(terminal);
            return;
        }
        int room = input.IsEmpty ? 0 : Math.Min(input.Length, kernel.Streams.Limit - kernel.Streams.Unread(StreamKind.Input));
        if (room > 0) kernel.SendInput(input[..room], default, Cancellation);
        input = input[room..];
        if (!Wait || !input.IsEmpty) return;
        inputEnded = true;
        if (Machine is null) kernel.EndInput();
    }

    void RunToEnd(CrTask task)
    {
        try
        {
            using var errors = Console.OpenStandardError();
            bool ended;
            do
            {
                // Looked at before the output is: what it wrote before it ended is then there.
                ended = task.HasWrittenAll;
                if (!ended) SendWhatFits(task);
                errors.Write(task.Machine.Error.ReadBytes());
                WriteObject(task.Output.ReadLines(Encoding, ended), enumerateCollection: true);
                if (!ended) task.Output.Wait(Pause, Cancellation);
                Cancellation.ThrowIfCancellationRequested();
            }
            while (!ended);
            Lifecycle.RequireNotFailed(task);
            SessionState.PSVariable.Set("global:LASTEXITCODE", task.ExitCode ?? 0);
        }
        finally
        {
            // The program is the cmdlet's: it ends with it, as a program ends that the shell runs.
            if (!task.HasExited) Lifecycle.Kill(task);
            Registry.Remove(task);
        }
    }

    static IEnumerable<string> Variables(IDictionary environment)
    {
        var entries = environment.Cast<DictionaryEntry>().Select(entry => (Name: Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "", entry.Value));
        // The order of a plain hashtable changes from process to process; a run must not depend on it.
        if (environment is not IOrderedDictionary) entries = entries.OrderBy(entry => entry.Name, StringComparer.Ordinal);
        foreach (var (name, value) in entries)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
                throw new CrException("InvalidEnvironment", ErrorCategory.InvalidArgument, $"'{name}' is no name of an environment variable.", "A name is not empty and has no '='.");
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new CrException("InvalidEnvironment", ErrorCategory.InvalidArgument, $"The value of {name} ends at its first NUL, and there is one in it.", "Give a value without.");
            yield return $"{name}={text}";
        }
    }

    static KernelVersion VersionFrom(Version version) =>
        new((ushort)Math.Clamp(version.Major, 0, 255), (ushort)Math.Clamp(version.Minor, 0, 255), (ushort)Math.Clamp(version.Build, 0, 255));
}
