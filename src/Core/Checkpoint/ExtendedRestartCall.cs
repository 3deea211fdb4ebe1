using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>restart(2) with flags, or without a descriptor: of a checkpoint in memory, and of images of machines.</summary>
internal static class ExtendedRestartCall
{
    const RestartCallFlags Known = RestartCallFlags.Extended | RestartCallFlags.Forget | RestartCallFlags.ChangedFiles;

    public static Result Call(Task task, in CallArguments args)
    {
        var flags = (RestartCallFlags)args[2];
        bool allowChanged = (flags & RestartCallFlags.ChangedFiles) != 0;
        if (task.Call.Subject is MachineReceiver receiver) return Continue(task, receiver, allowChanged);
        if ((flags & ~Known) != 0) return Errno.EINVAL;
        if ((int)args[1] == -1) return FromMemory(task, (int)args[0], flags);
        if ((flags & ~RestartCallFlags.ChangedFiles) != RestartCallFlags.Extended) return Errno.EINVAL;
        var file = task.Files![(int)args[1]];
        if (file == null || (file.Mode & FMode.Read) == 0) return Errno.EBADF;
        if (!CallRights.MayCheckpointAll(task)) return Errno.EPERM;
        task.Machine.GetService<CheckpointIdentifiers>().Take();
        task.Call.Subject = receiver = new MachineReceiver(file);
        return Continue(task, receiver, allowChanged);
    }

    static Result FromMemory(Task task, int identifier, RestartCallFlags flags)
    {
        if ((flags & RestartCallFlags.Extended) != 0 || (flags & (RestartCallFlags.Forget | RestartCallFlags.ChangedFiles)) == (RestartCallFlags.Forget | RestartCallFlags.ChangedFiles)) return Errno.EINVAL;
        var all = task.Machine.GetService<KeptCheckpoints>();
        if (all.Find(identifier) is not { } kept) return Errno.ESRCH;
        if (!KeptCheckpoints.MayUse(task, kept)) return Errno.EPERM;
        if ((flags & RestartCallFlags.Forget) != 0)
        {
            all.Forget(identifier);
            return 0;
        }
        task.Machine.GetService<CheckpointIdentifiers>().Take();
        if (kept.Of is { } image) return task.Group.Threads.Count > 1 ? Errno.EBUSY : CheckpointCalls.BecomeTask(task, image, null);
        // Everybody's state goes, not the owner's alone.
        return CallRights.MayCheckpointAll(task) ? BecomeMachine(task, kept.Machine!, (flags & RestartCallFlags.ChangedFiles) != 0, isKept: true) : Errno.EPERM;
    }

    static Result Continue(Task task, MachineReceiver receiver, bool allowChanged)
    {
        if (receiver.Receive(task.Machine.Account) is { } unfinished) return unfinished;
        ExtendedImage image;
        try
        {
            image = receiver.Parse();
        }
        catch (CheckpointImageException exception)
        {
            return exception.Errno;
        }
        var result = BecomeMachine(task, image, allowChanged, isKept: false);
        if (!result.IsPause) image.Dispose();
        return result;
    }

    /// <summary>The machine becomes that of the image. It is made once to one side first, without its pages, which are here and were checked: so whatever is wrong is known while
    /// the caller still lives.</summary>
    static Result BecomeMachine(Task task, ExtendedImage image, bool allowChanged, bool isKept)
    {
        var machine = task.Machine;
        image.Pages.LetWait();
        try
        {
            var (own, known) = (machine.Options, MachineImage.OptionsOf(image));
            ImageRules.CheckKernelVersion(image.Head, machine.Version.Major, machine.Version.Minor, machine.Version.Patch);
            if (known.Cpu.Name != own.Cpu.Name || known.Clock != own.Clock) return Errno.EINVAL;
            using (var trial = MachineImage.Restore(image, own.Root, made => own with { Files = null, Version = made.Version }, allowChanged))
            {
                // What led out of it would never be heard of again.
                if (trial.Execute(External.ExternalBinding.Names).Count > 0) return Errno.ENOTCONN;
            }
            int taken = machine.GetService<CheckpointIdentifiers>().Last;
            machine.GoBackTo(emptied =>
            {
                emptied.Version = Restorer.VersionOf(image.Head) with { Machine = own.Cpu.MachineName };
                MachineImage.Fill(emptied, image, allowChanged, eager: true, null, CancellationToken.None);
                emptied.GetService<CheckpointIdentifiers>().Last = taken;
                if (!isKept) image.Dispose();
            });
            return Result.Pause(Interruption.Killable);
        }
        catch (CheckpointImageException exception)
        {
            return exception.Errno;
        }
        catch (RestoreException exception)
        {
            return exception.Errno;
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
    }
}
