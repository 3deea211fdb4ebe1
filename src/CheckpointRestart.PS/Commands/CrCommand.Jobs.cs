using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using CheckpointRestart.PS.Objects;
using Microsoft.PowerShell.Commands;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet whose work can go on as a job.</summary>
interface IJobCommand
{
    /// <summary>Gives a job at once, in which the work goes on.</summary>
    SwitchParameter AsJob { get; }
}

/// <content>Work as a job: what the cmdlet was given is kept, and given to the same cmdlet in a runspace of the job's own.</content>
public abstract partial class CrCommand
{
    /// <summary>What means something only where the cmdlet was called.</summary>
    static readonly string[] NotForJobs =
        [nameof(IJobCommand.AsJob), "WhatIf", "Confirm", "OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable", "OutBuffer"];

    /// <summary>What names the things that a cmdlet works on.</summary>
    static readonly string[] Subjects = ["Task", "Id", "Name", "TaskName", "Checkpoint", "Path", "LiteralPath", "Stream"];

    List<PSObject>? jobInput;
    bool jobAsked;

    /// <summary>Called for each record: true when it is kept for a job, and nothing is to be done with it here.</summary>
    private protected bool GoesToJob()
    {
        if (this is not IJobCommand { AsJob.IsPresent: true }) return false;
        jobAsked = true;
        if (!MyInvocation.ExpectingInput) return true;
        jobInput ??= [];
        var byName = new PSObject();
        foreach (var (name, binding) in PipelineParameters())
        {
            object value = MyInvocation.BoundParameters[name];
            if (!binding.ValueFromPipeline) byName.Properties.Add(new PSNoteProperty(name, value));
            else if (value is Array many) jobInput.AddRange(many.Cast<object>().Select(PSObject.AsPSObject));
            else jobInput.Add(PSObject.AsPSObject(value));
        }
        if (byName.Properties.Any()) jobInput.Add(byName);
        return true;
    }

    /// <summary>Starts the job that was asked for, and gives it.</summary>
    protected override void EndProcessing()
    {
        if (!jobAsked || !MayChange()) return;
        var fromPipeline = jobInput is null ? [] : PipelineParameters().Select(static parameter => parameter.Name).ToArray();
        var parameters = MyInvocation.BoundParameters.Where(bound => !NotForJobs.Contains(bound.Key) && !fromPipeline.Contains(bound.Key)).ToDictionary(static bound => bound.Key, static bound => (object?)bound.Value);
        var job = new CrCommandJob(OpenForJob(), MyInvocation.MyCommand.Name, parameters, jobInput, MyInvocation.Line.Trim());
        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }

    /// <summary>A job has nobody to ask: that is done here, for all of it.</summary>
    bool MayChange() => GetType().GetCustomAttribute<CmdletAttribute>() is not { SupportsShouldProcess: true }
        || ShouldProcess(string.Join(", ", jobInput ?? Subjects.Where(Has).SelectMany(name => LanguagePrimitives.ConvertTo<PSObject[]>(MyInvocation.BoundParameters[name]))), $"{MyInvocation.MyCommand.Name}, as a job");

    /// <summary>The parameters that this record has of the pipeline.</summary>
    IEnumerable<(string Name, ParameterAttribute Binding)> PipelineParameters() =>
        from property in GetType().GetProperties()
        where Has(property.Name)
        from binding in property.GetCustomAttributes<ParameterAttribute>(inherit: false)
        where (binding.ValueFromPipeline || binding.ValueFromPipelineByPropertyName) && (binding.ParameterSetName == ParameterSetName || binding.ParameterSetName == ParameterAttribute.AllParameterSets)
        select (property.Name, binding);

    /// <summary>A runspace that has this cmdlet, and the drives and the location of this one: paths mean there what they mean here.</summary>
    Runspace OpenForJob()
    {
        var state = InitialSessionState.Create();
        state.LanguageMode = SessionState.LanguageMode;
        state.Commands.Add(new SessionStateCmdletEntry(MyInvocation.MyCommand.Name, GetType(), null));
        // By its full name as well, which PSPath has.
        state.Providers.Add(InitialSessionState.CreateDefault2().Providers[FileSystemProvider.ProviderName]);
        var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        var there = runspace.SessionStateProxy;
        var known = there.Drive.GetAll().Select(static drive => drive.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var provider = there.Drive.GetAll().Select(static drive => drive.Provider).First();
        foreach (var drive in SessionState.Drive.GetAllForProvider(FileSystemProvider.ProviderName).Where(drive => !known.Contains(drive.Name)))
            there.Drive.New(new PSDriveInfo(drive.Name, provider, drive.Root, drive.Description, null), null);
        there.Path.SetLocation(SessionState.Path.CurrentFileSystemLocation.Path);
        return runspace;
    }
}
