using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>Looks whether images can be trusted: structure, checksums, objects, the files that they need, and with -Deep that they run.</summary>
[Cmdlet(VerbsDiagnostic.Test, "CrCheckpoint", DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpointTest))]
public sealed class TestCrCheckpointCommand : ImageMachineCommand, IJobCommand
{
    /// <summary>Compares the state hash, and runs the machine.</summary>
    [Parameter]
    public SwitchParameter Deep { get; set; }

    /// <summary>How many instructions -Deep runs.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long Instruction { get; set; } = 1_000_000;

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void ProcessFile(string path)
    {
        var result = new CrCheckpointTest { Source = path };
        try
        {
            using var checkpoint = OpenImage(path, Protection, TrustedSigner);
            Look(checkpoint, result);
        }
        catch (CheckpointImageException damage)
        {
            result.Found.Add(damage.Message);
        }
        Write(result);
    }

    protected override void Process(CrCheckpoint checkpoint)
    {
        var result = new CrCheckpointTest { Source = checkpoint.ToString() };
        try
        {
            Look(checkpoint.Checkpoint, result);
        }
        catch (CheckpointImageException damage)
        {
            result.Found.Add(damage.Message);
        }
        Write(result);
    }

    void Write(CrCheckpointTest result)
    {
        Tell($"{result.Source}: {result.PagesRead:n0} pages were read, {(result.Restores is null ? "no machine was made, since the files that it needs are not known" : $"a machine was made, which ran {result.Instructions:n0} instructions")}.");
        WriteObject(result);
    }

    void Look(Checkpoint checkpoint, CrCheckpointTest result)
    {
        result.Format = checkpoint.Format;
        result.SignatureStatus = checkpoint.Protection.Status;
        result.Structure = true;
        result.FilesNeeded = checkpoint.FilesNeeded.ToArray();
        ReadPages(checkpoint, result);
        try
        {
            var task = Restorer.Restore(checkpoint, Frozen);
            using var machine = task.Machine;
            result.Restores = true;
            if (Deep) Run(checkpoint, task, result);
        }
        catch (LostPagesException lost)
        {
            result.Found.Add(lost.Message);
        }
        catch (RestoreException missing) when (missing.FilesNeeded.Count > 0 && Root is null && FilePath is null)
        {
            if (Deep) result.Found.Add(missing.Message);
        }
        catch (Exception problem) when (problem is RestoreException or CheckpointImageException)
        {
            result.Restores = false;
            result.Found.Add(problem.Message);
        }
    }

    void ReadPages(Checkpoint checkpoint, CrCheckpointTest result)
    {
        Span<byte> page = stackalloc byte[4096];
        if (checkpoint.Extended is { } image)
        {
            for (int i = 0; i < image.Pages.Count; i++, result.PagesRead++)
            {
                Cancellation.ThrowIfCancellationRequested();
                image.Pages.CopyTo(i, page);
            }
            return;
        }
        foreach (var vma in checkpoint.Image.Memory.Vmas)
        {
            for (int i = 0; i < vma.Pages.Count; i++, result.PagesRead++)
            {
                Cancellation.ThrowIfCancellationRequested();
                vma.Pages.CopyPages(i, page);
            }
        }
    }

    void Run(Checkpoint checkpoint, Core.Kernel.Task task, CrCheckpointTest result)
    {
        var machine = task.Machine;
        if (checkpoint.StateHash is { } hash)
        {
            result.HashMatches = StateHash.Compute(machine, StateHashScope.Full) == hash;
            if (result.HashMatches == false) result.Found.Add("the machine that it makes has another state hash than the one that was saved");
        }
        ulong begun = machine.RetiredInstructions;
        // A machine whose tasks all wait gets nowhere: that is no fault of the image.
        machine.RunTo(begun + (ulong)Instruction, task, timeout: TimeSpan.FromSeconds(10), token: Cancellation);
        result.Instructions = machine.RetiredInstructions - begun;
        if (machine.Failure is { } failure) result.Found.Add($"the machine that it makes fails: {failure.Message}");
    }
}
