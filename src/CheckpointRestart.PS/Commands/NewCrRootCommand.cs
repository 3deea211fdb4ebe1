using System.Management.Automation;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Roots;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Makes a root for machines from a directory, a tar file or Debian packages.</summary>
[Cmdlet(VerbsCommon.New, "CrRoot", SupportsShouldProcess = true), OutputType(typeof(CrRoot))]
public sealed class NewCrRootCommand : CrCommand
{
    const int Activity = 335;

    readonly List<string> paths = [];

    /// <summary>Wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    [Parameter]
    public SwitchParameter Configure { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path!)
        {
            Try(path, () =>
            {
                string full = WildcardPattern.ContainsWildcardCharacters(path) ? "" : ResolveNew(path);
                if (Directory.Exists(full)) paths.Add(full);
                else paths.AddRange(ResolveExisting(path, literal: false, "Check the path: a root is made of a directory, a tar file or Debian packages."));
            });
        }
    }

    protected override void EndProcessing()
    {
        if (paths.Count == 0) return;
        string? destination = null;
        if (!Try(DestinationPath, () => destination = DestinationPath is null ? null : ResolveNew(DestinationPath))) return;
        if (!ShouldProcess(destination ?? "temporary file", $"Make root from {(paths.Count == 1 ? paths[0] : $"{paths.Count} files")}")) return;
        if (destination is not null && File.Exists(destination) && !Force)
        {
            Fail(new CrException("FileExists", ErrorCategory.ResourceExists, $"There is a file '{destination}'.", "-Force replaces it."), destination);
        }
        var options = new RootBuilderOptions
        {
            Destination = destination,
            Configure = Configure,
            Force = Force,
            Progress = new Reporter(this),
            Output = text =>
            {
                foreach (string line in text.Split('\n')) if (line.Length > 0) WriteVerbose(line);
            },
        };
        Try(destination ?? paths[0], () =>
        {
            var built = BuildFrom(options);
            foreach (string warning in built.Warnings) WriteWarning(warning);
            WriteObject(new CrRoot(built));
        });
    }

    BuiltRoot BuildFrom(RootBuilderOptions options)
    {
        try
        {
            return Build(options);
        }
        catch (TarException exception)
        {
            throw new CrException("InvalidTar", ErrorCategory.InvalidData, $"'{paths[0]}' is no tar file that can be read: {exception.Message}.", "A root is made of a directory, a tar file (also gzip, xz or zstd) or Debian packages.", exception);
        }
    }

    BuiltRoot Build(RootBuilderOptions options)
    {
        var packages = paths.Where(static path => !Directory.Exists(path) && IsPackage(path)).ToArray();
        if (packages.Length == paths.Count) return RootBuilder.FromPackages(packages, options, Cancellation);
        if (paths.Count > 1) throw new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "A root is made from one directory, from one tar file, or from Debian packages alone.", "Give one of them.");
        if (Configure) throw new CrException("ParameterConflict", ErrorCategory.InvalidArgument, "-Configure is for Debian packages.", "Leave it out.");
        return Directory.Exists(paths[0]) ? RootBuilder.FromDirectory(paths[0], options, Cancellation) : RootBuilder.FromTar(paths[0], options, Cancellation);
    }

    /// <summary>A .deb is an ar archive.</summary>
    static bool IsPackage(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[8];
        return file.ReadAtLeast(start, 8, throwOnEndOfStream: false) == 8 && start.SequenceEqual("!<arch>\n"u8);
    }

    sealed class Reporter(Cmdlet cmdlet) : IProgress<(string What, int Done, int Of)>
    {
        public void Report((string What, int Done, int Of) value)
        {
            var (what, done, of) = value;
            cmdlet.WriteProgress(new ProgressRecord(Activity, "Making a root", what)
            {
                PercentComplete = done * 100 / Math.Max(1, of),
                RecordType = done + 1 == of ? ProgressRecordType.Completed : ProgressRecordType.Processing,
            });
        }

    }
}
