using System.Buffers;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
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
        if (kept.Of is { } image) return BecomeTask(task, image);
        // Everybody's state goes, not the owner's alone.
        return CallRights.MayCheckpointAll(task) ? BecomeMachine(task, kept.Machine!, (flags & RestartCallFlags.ChangedFiles) != 0, isKept: true) : Errno.EPERM;
    }

    /// <summary>As v5's restart: the caller becomes the task.</summary>
    static Result BecomeTask(Task task, CheckpointImage image)
    {
        if (task.Group.Threads.Count > 1) return Errno.EBUSY;
        try
        {
            int limit = (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, int.MaxValue);
            Machine.Replace(task, TaskCapture.Restore(image, task.Machine, limit, null));
            return Result.NoReturn;
        }
        catch (RestoreException exception)
        {
            return exception.Errno;
        }
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

    /// <summary>The machine becomes that of the image. It is made once to one side first, so that whatever is wrong is known while the caller still lives.</summary>
    static Result BecomeMachine(Task task, ExtendedImage image, bool allowChanged, bool isKept)
    {
        var machine = task.Machine;
        try
        {
            var (own, known) = (machine.Options, MachineImage.OptionsOf(image));
            ImageRules.CheckKernelVersion(image.Head, machine.Version.Major, machine.Version.Minor, machine.Version.Patch);
            if (known.Cpu.Name != own.Cpu.Name || known.Clock != own.Clock) return Errno.EINVAL;
            using (var trial = MachineImage.Restore(image, own.Root, made => own with { Files = null, Version = made.Version }, allowChanged, eager: true))
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

/// <summary>Reads an image of a machine from a file that may make it wait, to the file's end.</summary>
internal sealed class MachineReceiver(OpenFile file) : IImageTransfer
{
    const int Piece = 64 * 1024;

    /// <summary>Room for what is not pages.</summary>
    const int Records = 64 << 20;

    const int RevisionBytes = 32;

    readonly ArrayBufferWriter<byte> received = new();
    readonly byte[] piece = new byte[Piece];

    public long Moved => received.WrittenCount;

    /// <summary>Reads on. Null when all is there.</summary>
    public Result? Receive(MemoryAccount account)
    {
        while (true)
        {
            var result = file.Read(piece);
            if (result.WouldBlock) return Result.Wait(result.Wait, Interruption.Killable);
            if (result.Value < 0) return result.Errno;
            if (result.Value == 0) return null;
            if (received.WrittenCount + result.Value > Math.Min(account.Limit * (Frame.Size + sizeof(uint)) + Records, Array.MaxLength - Piece)) return Errno.ENOMEM;
            received.Write(piece.AsSpan(0, (int)result.Value));
        }
    }

    /// <exception cref="CheckpointImageException">The image breaks a rule, or ends too early.</exception>
    public ExtendedImage Parse()
    {
        MemoryMarshal.TryGetArray(received.WrittenMemory, out var bytes);
        // What is no image at all is told from one that is cut short.
        if (bytes.Count >= RevisionBytes && ExtendedReader.RevisionOf(bytes.AsSpan(0, RevisionBytes)) != ExtendedLimits.Revision)
            throw new CheckpointImageException(RecordType.Head, 0, "an image of a machine begins with its magic number and revision");
        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        return ExtendedReader.Read(stream);
    }
}
