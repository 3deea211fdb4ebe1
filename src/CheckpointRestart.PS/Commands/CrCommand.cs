using System.Management.Automation;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>What all cmdlets share: a token that Ctrl+C cancels, errors as records, and paths as the session understands them.</summary>
public abstract partial class CrCommand : PSCmdlet, IDisposable
{
    readonly CancellationTokenSource stopping = new();

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    protected CancellationToken Cancellation => stopping.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => stopping.Cancel();

    /// <summary>Does one thing of many: what goes wrong becomes an error record, and the next thing follows.</summary>
    /// <returns>True when it went well.</returns>
    protected bool Try(object? target, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception exception) when (Errors.Find(exception, target) is { } record)
        {
            WriteError(record);
            return false;
        }
    }

    /// <summary>True when a parameter was given.</summary>
    private protected bool Has(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Ends the cmdlet when two parameters say what the guest's root is.</summary>
    private protected void RequireOneRoot(CrRoot? root, string? program)
    {
        if (root is not null && program is not null)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-Root and -FilePath both say what the guest's root is.", "Leave one of the parameters out."), null);
    }

    /// <summary>Why this host does not run an engine; null when it does.</summary>
    private protected static CrException? RefusalOf(CpuEngine engine) => Processor.RefusalOf(engine) is { } reason
        ? new CrException("EngineNotAvailable", ErrorCategory.NotInstalled, $"This host does not run the engine {engine}: {reason}.", "Leave -Engine out, or use -Engine Interpreter.")
        : null;

    /// <summary>Ends the cmdlet with an error.</summary>
    protected void Fail(CrException exception, object? target) => ThrowTerminatingError(Errors.Find(exception, target)!);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) stopping.Dispose();
    }

    /// <summary>The host path of a file that may not exist yet.</summary>
    /// <exception cref="CrException">The path is not in the file system.</exception>
    protected string ResolveNew(string path)
    {
        string full;
        ProviderInfo provider;
        try
        {
            full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
        }
        catch (Exception exception) when (exception is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, exception.Message, "Give a path on a drive that exists; Get-PSDrive lists them.", exception);
        }
        return InFileSystem(provider) ? full : throw NotAFile(path, provider);
    }

    /// <summary>The host path of a file that is to be made.</summary>
    /// <exception cref="CrException">It exists and may not be replaced, or has no directory.</exception>
    private protected string ResolveTarget(string given, bool force)
    {
        string path = ResolveNew(given);
        if (Directory.Exists(path))
            throw new CrException("PathIsDirectory", ErrorCategory.InvalidArgument, $"'{path}' is a directory.", "Give the path of a file.");
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
            throw new CrException("DirectoryNotFound", ErrorCategory.ObjectNotFound, $"There is no directory '{System.IO.Path.GetDirectoryName(path)}'.", "Make the directory first.");
        if (File.Exists(path) && !force) throw new CrException("FileExists", ErrorCategory.ResourceExists, $"'{path}' exists.", "-Force replaces it.");
        return path;
    }

    /// <summary>What -Root was given: a directory, a tar file, or a root that was made.</summary>
    /// <exception cref="CrException">The path is not there.</exception>
    private protected RootOptions ResolveRoot(CrRoot root) => root.Options(ResolveNew);

    /// <summary>Does one thing with each file that paths name: one bad path or file does not stop the others.</summary>
    /// <param name="literalPaths">Taken as they are; null to take the patterns.</param>
    /// <param name="patterns">With wildcards; null for none.</param>
    /// <param name="action">Gets a host path.</param>
    private protected void ForEachFile(IEnumerable<string>? literalPaths, IEnumerable<string>? patterns, Action<string> action)
    {
        bool literal = literalPaths is not null;
        foreach (string given in literalPaths ?? patterns ?? [])
            Try(given, () =>
            {
                foreach (string path in ResolveExisting(given, literal)) Try(path, () => action(path));
            });
    }

    /// <summary>The host paths that a pattern names. A literal path is given back whether the file exists or not.</summary>
    /// <exception cref="CrException">A path without wildcards names nothing, or the path is not in the file system.</exception>
    protected IReadOnlyList<string> ResolveExisting(string path, bool literal) => ResolveExisting(path, literal, "Check the path; Save-CrCheckpoint writes images.");

    /// <summary>The host path of a program.</summary>
    /// <exception cref="CrException">It is not there.</exception>
    private protected string ResolveProgram(string path) => ResolveExisting(path, literal: true, "Check the path: without -Root a program is a file of this host, with it a path inside.")[0];

    private protected IReadOnlyList<string> ResolveExisting(string path, bool literal, string advice)
    {
        if (literal || !WildcardPattern.ContainsWildcardCharacters(path))
        {
            var full = ResolveNew(literal ? path : WildcardPattern.Unescape(path));
            return File.Exists(full)
                ? [full]
                : throw new CrException("PathNotFound", ErrorCategory.ObjectNotFound, Directory.Exists(full) ? $"'{full}' is a directory, and no file." : $"There is no file '{full}'.", advice);
        }
        try
        {
            var found = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
            return InFileSystem(provider) ? [.. found.Where(File.Exists)] : throw NotAFile(path, provider);
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Where the files of an image are, as parameters say it: a directory, or a program; null when they say nothing.</summary>
    /// <exception cref="CrException">It is not there.</exception>
    private protected RootOptions? FilesOf(CrRoot? root, string? program) =>
        root is not null ? ResolveRoot(root)
        : program is not null ? new RootOptions { HostProgram = ResolveProgram(program) }
        : null;

    private protected static bool InFileSystem(ProviderInfo provider) => string.Equals(provider.Name, "FileSystem", StringComparison.Ordinal);

    static CrException NotAFile(string path, ProviderInfo provider) =>
        new("NotAFileSystemPath", ErrorCategory.InvalidArgument, $"'{path}' belongs to the provider {provider.Name}: an image is a file.", "Give a path in the file system.");
}
