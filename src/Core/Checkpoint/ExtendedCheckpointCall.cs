using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>checkpoint(2) with flags: of any process, a subtree or the machine, to a file or kept in memory.</summary>
internal static class ExtendedCheckpointCall
{
    const CheckpointCallFlags Known = CheckpointCallFlags.Subtree | CheckpointCallFlags.Extended | CheckpointCallFlags.Memory;

    /// <summary>What the call has as its word in an image: whoever goes on from there gets 0.</summary>
    const uint InImage = 0x63723030;

    /// <summary>True in the machine of an image, for a task that was in the call which made it.</summary>
    public static bool IsRestored(Task task) => task.Call is { IsActive: true, Number: CheckpointCalls.CheckpointNumber, Scratch0: InImage };

    public static Result Call(Task task, in CallArguments args)
    {
        var flags = (CheckpointCallFlags)args[2];
        int pid = (int)args[0], descriptor = (int)args[1];
        bool isExtended = (flags & CheckpointCallFlags.Extended) != 0, isSubtree = (flags & CheckpointCallFlags.Subtree) != 0, isKept = (flags & CheckpointCallFlags.Memory) != 0;
        if ((flags & ~Known) != 0 || (isSubtree && !isExtended) || (isKept && descriptor != -1)) return Errno.EINVAL;
        if (isExtended && (pid < 0 || (pid == 0 && isSubtree))) return Errno.EINVAL;
        OpenFile? file = null;
        if (!isKept)
        {
            file = task.Files![descriptor];
            if (file == null || (file.Mode & FMode.Write) == 0) return Errno.EBADF;
        }
        int identifier = task.Machine.GetService<CheckpointIdentifiers>().Take();
        var kept = task.Machine.GetService<KeptCheckpoints>();
        if (isKept && kept.IsFull) return Errno.ENOSPC;
        if (!isExtended) return KeepCaller(task, identifier, kept);

        ThreadGroup? target = null;
        var error = pid == 0 ? CallRights.MayCheckpointAll(task) ? Errno.None : Errno.EPERM : Find(task, pid, isSubtree, out target);
        if (error != Errno.None) return error;
        error = Capture(task, target, file == null ? null : descriptor, out var image);
        if (error != Errno.None) return error;
        if (!isKept) return Send(task, file!, image!, identifier);
        error = kept.Add(identifier, new KeptCheckpoint(task.Credentials.EffectiveUid, null, image), task.Machine);
        return error != Errno.None ? error : identifier;
    }

    static Result KeepCaller(Task task, int identifier, KeptCheckpoints kept)
    {
        var obstacles = V5Rules.FindObstacles(task, inCall: true);
        if (obstacles.Count > 0) return obstacles[0].Errno;
        var image = TaskCapture.Save(task, RegisterCapture.SaveInCheckpointCall(task, CheckpointCalls.CheckpointNumber));
        var error = kept.Add(identifier, new KeptCheckpoint(task.Credentials.EffectiveUid, image, null), task.Machine);
        return error != Errno.None ? error : identifier;
    }

    /// <summary>The process that is meant, which the caller may have an image of.</summary>
    static Errno Find(Task task, int pid, bool isSubtree, out ThreadGroup? target)
    {
        target = task.Machine.FindTask(pid)?.Group;
        if (target == null) return Errno.ESRCH;
        if (ReferenceEquals(target, task.Machine.Init.Group)) return Errno.EINVAL;
        if (target.IsZombie) return Errno.EAGAIN;
        if (!isSubtree && target.Children.Count > 0) return CallRights.MayCheckpoint(task, target) ? Errno.EBUSY : Errno.EPERM;
        foreach (var group in SubtreeImage.Inside(target))
            if (!CallRights.MayCheckpoint(task, group)) return Errno.EPERM;
        return Errno.None;
    }

    static Errno Capture(Task task, ThreadGroup? target, int? descriptor, out ExtendedImage? image)
    {
        image = null;
        int caller = task.Pid;
        task.Call.Scratch0 = InImage;
        try
        {
            var file = descriptor is { } number ? task.Files![number]!.Inode as RegularInode : null;
            if (target == null)
            {
                image = MachineImage.Complete(MachineImage.CaptureHere(task.Machine, new CheckpointNote { Into = file }));
                return Errno.None;
            }
            var note = new CheckpointNote { IsSubtree = true };
            image = SubtreeImage.Capture(target.Leader, note, out _, complete: copy => note.Into = file == null ? null : copy.FindTask(caller)?.Files?[descriptor!.Value]?.Inode as RegularInode);
            return Errno.None;
        }
        catch (CheckpointRefusedException exception)
        {
            return exception.Errno;
        }
        catch (RestoreException exception)
        {
            // The copy that the others are ended in.
            return exception.Errno;
        }
        finally
        {
            task.Call.Scratch0 = 0;
        }
    }

    static Result Send(Task task, OpenFile file, ExtendedImage image, int identifier)
    {
        using (image)
        {
            try
            {
                if (file.Writable == null)
                {
                    using var stream = new OpenFileStream(file);
                    ExtendedWriter.Write(image, stream);
                    return identifier;
                }
                if ((long)image.Pages.Count * Memory.Frame.Size > Array.MaxLength / 2) return Errno.ENOMEM;
                using var whole = new MemoryStream();
                ExtendedWriter.Write(image, whole);
                var sender = new ImageSender(file, whole.GetBuffer().AsMemory(0, (int)whole.Length), identifier);
                task.Call.Subject = sender;
                return sender.Continue();
            }
            catch (GuestFileException exception)
            {
                return exception.Errno;
            }
        }
    }
}
