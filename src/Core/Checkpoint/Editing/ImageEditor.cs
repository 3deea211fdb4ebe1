using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Makes checkpoints of others by changing them. The one that is changed stays as it is, and must stay open: pages are taken from it.</summary>
public static class ImageEditor
{
    /// <summary>Makes the changed checkpoint, in memory; <see cref="Checkpointer"/> writes it.</summary>
    /// <param name="checkpoint">What is changed.</param>
    /// <param name="changes">The changes, made one after the other.</param>
    /// <param name="root">Where the image's files come from; null for what the checkpoint knows itself.</param>
    /// <param name="allowChangedFiles">Takes files of the root as they are now, where a descriptor is changed.</param>
    /// <exception cref="ChangeRefusedException">A change cannot be made.</exception>
    /// <exception cref="RestoreException">ESRCH: there is no such task. Or a descriptor is changed and the machine cannot be made here.</exception>
    /// <exception cref="CheckpointImageException">The image breaks a rule of its format.</exception>
    public static Checkpoint Apply(Checkpoint checkpoint, IReadOnlyList<StateChange> changes, RootOptions? root = null, bool allowChangedFiles = false)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(changes);
        if (checkpoint.Extended == null) return EditV5(checkpoint, changes, root);
        var image = checkpoint.Extended;
        Checkpoint now = checkpoint;
        // Files are looked up by a machine; the rest needs none.
        var descriptors = changes.OfType<DescriptorChange>().ToArray();
        if (descriptors.Length > 0) now = ThroughMachine(checkpoint, descriptors, root, allowChangedFiles);
        using var editor = new ExtendedEditor(now, root ?? now.Machine?.Root);
        foreach (var change in changes)
            if (change is not DescriptorChange) editor.Apply(change);
        string identity = Convert.ToHexStringLower(image.Identity.Span);
        var edited = editor.Finish([.. EditsOf(checkpoint), .. changes.Select(change => new ImageEdit(change.Description, identity))]);
        return new Checkpoint(edited) { Machine = checkpoint.Machine };
    }

    /// <summary>The changes that an image says it was made by, the oldest first.</summary>
    public static IReadOnlyList<ImageEdit> EditsOf(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Extended?.OfKind(EditNote.Kind).FirstOrDefault() is { } note
            ? [.. note.Fields.Items("edits").Select(static edit => new ImageEdit(edit.Value("change") as string ?? "", edit.Value("identity") as string ?? ""))]
            : [];
    }

    static Checkpoint EditV5(Checkpoint checkpoint, IReadOnlyList<StateChange> changes, RootOptions? root)
    {
        root ??= checkpoint.Machine?.Root;
        using var files = root == null ? null : new CheckpointFiles(checkpoint, root);
        var editor = new V5Editor(checkpoint.Image, files);
        foreach (var change in changes)
        {
            if (change.Pid != checkpoint.ProcessId) throw new RestoreException(Errno.ESRCH, $"the image has task {checkpoint.ProcessId} and no task {change.Pid}");
            editor.Apply(change);
        }
        var edited = editor.Finish();
        ImageWriter.Measure(edited);
        return new Checkpoint(edited) { Machine = checkpoint.Machine, Files = checkpoint.Files };
    }

    static Checkpoint ThroughMachine(Checkpoint checkpoint, DescriptorChange[] changes, RootOptions? root, bool allowChangedFiles)
    {
        var image = checkpoint.Extended!;
        var task = Restorer.Restore(checkpoint, new RestoreOptions { Root = root, Suspended = true, LeaveUnbound = true, Eager = true, AllowChangedFiles = allowChangedFiles });
        using var machine = task.Machine;
        foreach (var change in changes)
        {
            var changed = machine.Tasks.FirstOrDefault(one => one.Pid == change.Pid && !one.HasExited) ?? throw new RestoreException(Errno.ESRCH, $"the image has no task {change.Pid} that lives");
            LiveEditor.Apply(changed, change);
        }
        var note = new CheckpointNote { Task = task, IsSubtree = image.OfKind("checkpoint").FirstOrDefault()?["subtree"] is 1UL };
        var captured = MachineImage.Complete(machine.Execute(m => MachineImage.CaptureHere(m, note)));
        return new Checkpoint(captured) { Machine = checkpoint.Machine };
    }
}
