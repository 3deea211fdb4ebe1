using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>One runspace and what is run in it, from start to exit code.</summary>
internal sealed class Session
{
    private const int Interrupted = 130; // 128 and SIGINT, as a shell reports it.
    private readonly Options _options;
    private readonly ConsoleInterface _ui;
    private readonly Runspace _runspace;
    private int? _exitCode;
    private volatile PowerShell? _running;
    private volatile bool _interrupted;

    /// <summary>At a prompt Ctrl+C ends the command; elsewhere it ends the session.</summary>
    private volatile bool _prompting;

    internal Session(Options options)
    {
        _options = options;
        _ui = new ConsoleInterface(interactive: !options.NonInteractive);
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows()) state.ExecutionPolicy = ExecutionPolicy.Bypass;
        StandIns.Register(state);
        _runspace = RunspaceFactory.CreateRunspace(new ConsoleHost(this, _ui), state);
    }

    internal static Version EngineVersion => typeof(PSObject).Assembly.GetName().Version is { } v ? new Version(v.Major, v.Minor, Math.Max(0, v.Build / 100)) : new Version(7, 6);

    /// <summary>Also called by the engine when a script says <c>exit</c>.</summary>
    internal void RequestExit(int exitCode) => _exitCode ??= exitCode;

    internal int? ExitCode => _exitCode;

    internal int Run()
    {
        if (_options.WorkingDirectory is { } directory)
        {
            if (!Directory.Exists(directory))
            {
                Console.Error.WriteLine($"The working directory '{directory}' does not exist.");
                return 1;
            }

            Environment.CurrentDirectory = directory;
        }

        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            Interrupt();
        };
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        // As pwsh has it: https://no-color.org
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is not null) Evaluate("$PSStyle.OutputRendering = 'PlainText'");

        bool succeeded;
        if (_options.File is { } file) succeeded = RunFile(file);
        else if (_options.Command is { } command) succeeded = RunText(command, feedInput: true);
        else succeeded = Prompt(interactive: !_options.NonInteractive && !Console.IsInputRedirected);

        if (_options.NoExit && _exitCode is null) succeeded = Prompt(interactive: true);
        _ui.EndProgress();
        Console.Out.Flush();
        // Threads of modules must not hold the process: the session's end is the process's end, so modules are told by closing the runspace.
        _runspace.Close();
        return _exitCode ?? (succeeded ? 0 : 1);
    }

    private bool Prompt(bool interactive)
    {
        _prompting = interactive;
        return new CommandReader(this, _ui, interactive).Run();
    }

    private void Interrupt()
    {
        _interrupted = true;
        if (_running is { } running) running.BeginStop(null, null);
        else if (!_prompting) Environment.Exit(Interrupted);
    }

    /// <summary>Runs text in the global scope with its output on the console. False when its last command failed.</summary>
    internal bool RunText(string text, bool feedInput = false, bool addToHistory = false)
    {
        using var powershell = Create();
        var input = feedInput && Console.IsInputRedirected && MentionsInput(text) ? StandardInput() : null;
        if (input is null && LastStatus.Watch(text) is { } block) powershell.AddScript(". $args[0]", useLocalScope: false).AddArgument(block);
        else powershell.AddScript(text, useLocalScope: false);
        return Invoke(powershell, input, addToHistory);
    }

    private bool RunFile(string file)
    {
        var path = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            _ui.WriteErrorLine($"The argument '{file}' is not recognized as the name of a script file. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.");
            RequestExit(64);
            return false;
        }

        using var powershell = Create();
        powershell.AddCommand(path, useLocalScope: false);
        ScriptArguments.AddTo(powershell, _options.Arguments);
        EngineInternals.ExitEndsSession(_runspace);
        var succeeded = Invoke(powershell, Console.IsInputRedirected && MentionsInput(File.ReadAllText(path)) ? StandardInput() : null, addToHistory: false);
        // Unlike a command, a script fails only by an error that ends it.
        return succeeded || powershell.InvocationStateInfo.State == PSInvocationState.Completed;
    }

    private bool Invoke(PowerShell powershell, IEnumerable<string>? input, bool addToHistory)
    {
        // Errors travel to Out-Default with the output, so that both keep their order.
        powershell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        powershell.AddCommand("Out-Default");
        _interrupted = false;
        _running = powershell;
        try
        {
            powershell.Invoke(input, new PSDataCollection<PSObject>(), new PSInvocationSettings { AddToHistory = addToHistory });
            if (powershell.InvocationStateInfo.State == PSInvocationState.Stopped || _interrupted) throw new PipelineStoppedException();
            return LastStatus.Succeeded;
        }
        catch (PipelineStoppedException)
        {
            if (!_prompting) _exitCode ??= Interrupted;
            return false;
        }
        catch (RuntimeException exception)
        {
            Report(exception);
            return false;
        }
        finally
        {
            _running = null;
            _ui.EndProgress();
        }
    }

    /// <summary>Shows an error that ended a pipeline, in the engine's own error view.</summary>
    private void Report(RuntimeException exception)
    {
        var record = exception.ErrorRecord is { } given ? new ErrorRecord(given, exception) : new ErrorRecord(exception, "Unhandled", ErrorCategory.NotSpecified, null);
        try
        {
            using var powershell = Create();
            powershell.AddCommand("Out-Default").AddParameter("InputObject", EngineInternals.AsErrorOutput(record));
            powershell.Invoke();
        }
        catch (RuntimeException)
        {
            _ui.WriteErrorLine(record.ToString());
        }
    }

    internal IReadOnlyList<PSObject> Evaluate(string text)
    {
        using var powershell = Create();
        return powershell.AddScript(text).Invoke();
    }

    private PowerShell Create()
    {
        var powershell = PowerShell.Create();
        powershell.Runspace = _runspace;
        return powershell;
    }

    /// <summary>Standard input is read only when the script looks at it: it may stay open without end.</summary>
    private static bool MentionsInput(string text) =>
        Parser.ParseInput(text, out _, out _).Find(static node => node is VariableExpressionAst { VariablePath.UserPath: var name } && name.Equals("input", StringComparison.OrdinalIgnoreCase), searchNestedScriptBlocks: true) is not null;

    private static IEnumerable<string> StandardInput()
    {
        while (Console.In.ReadLine() is { } line) yield return line;
    }
}
