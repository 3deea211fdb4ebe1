using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The two system calls, with which a program takes and restarts checkpoints of itself (docs/checkpoint.md).</summary>
public static class CheckpointCalls
{
    /// <summary>checkpoint(pid, fd, flags).</summary>
    public const uint CheckpointNumber = 333;

    /// <summary>restart(crid, fd, flags).</summary>
    public const uint RestartNumber = 334;

    /// <summary>Gives a machine both calls. On its thread.</summary>
    internal static void Register(Machine machine)
    {
        machine.RegisterSyscall(CheckpointNumber, "checkpoint", Checkpoint);
        machine.RegisterSyscall(RestartNumber, "restart", Restart);
    }

    /// <summary>Linux has since given the numbers to preadv(2) and pwritev(2), whose second argument is an address. No descriptor is that large, and no
    /// program's memory begins that low.</summary>
    static bool IsAddress(uint argument) => argument is >= 0x10000 and not uint.MaxValue;

    static Result Checkpoint(Task task, in CallArguments args) =>
        IsAddress(args[1]) ? SyscallTable.Find(CheckpointNumber)!.Handler(task, args) : DoCheckpoint(task, args);

    static Result Restart(Task task, in CallArguments args) =>
        IsAddress(args[1]) ? SyscallTable.Find(RestartNumber)!.Handler(task, args) : DoRestart(task, args);

    /// <summary>checkpoint(2): acts on the caller. The identifier to the caller that goes on, 0 in the restarted task.</summary>
    static Result DoCheckpoint(Task task, in CallArguments args)
    {
        if (task.Call.Subject is ImageSender waiting) return waiting.Continue();
        if (ExtendedCheckpointCall.IsRestored(task)) return 0;
        if (args[2] != 0) return ExtendedCheckpointCall.Call(task, args);
        var file = task.Files![(int)args[1]];
        if (file == null || (file.Mode & FMode.Write) == 0) return Errno.EBADF;
        int identifier = task.Machine.GetService<CheckpointIdentifiers>().Take();
        var obstacles = V5Rules.FindObstacles(task, inCall: true);
        if (obstacles.Count > 0) return obstacles[0].Errno;
        using var image = WithOwnPosition(TaskCapture.Save(task, RegisterCapture.SaveInCheckpointCall(task, CheckpointNumber)), task, file);
        try
        {
            if (file.Writable == null)
            {
                using var stream = new OpenFileStream(file);
                ImageWriter.Write(image, stream);
                return identifier;
            }
            long length = ImageWriter.Measure(image);
            if (length > Array.MaxLength) return Errno.ENOMEM;
            byte[] bytes = new byte[length];
            using var whole = new MemoryStream(bytes);
            ImageWriter.Write(image, whole);
            var sender = new ImageSender(file, bytes, identifier);
            task.Call.Subject = sender;
            return sender.Continue();
        }
        catch (GuestFileException exception)
        {
            return exception.Errno;
        }
    }

    /// <summary>restart(2): the caller becomes the image's task, or lives on with an errno.</summary>
    static Result DoRestart(Task task, in CallArguments args)
    {
        if (task.Call.Subject is not TaskReceiver receiver)
        {
            if (args[2] != 0 || (int)args[1] == -1) return ExtendedRestartCall.Call(task, args);
            var file = task.Files![(int)args[1]];
            if (file == null || (file.Mode & FMode.Read) == 0) return Errno.EBADF;
            task.Machine.GetService<CheckpointIdentifiers>().Take();
            task.Call.Subject = receiver = new TaskReceiver(file);
        }
        if (receiver.Receive(task.Machine.Account) is { } unfinished) return unfinished;
        if (task.Group.Threads.Count > 1) return Errno.EBUSY;
        try
        {
            using var image = receiver.Parse();
            var version = task.Machine.Version;
            ImageRules.CheckKernelVersion(image.Head, version.Major, version.Minor, version.Patch);
            return BecomeTask(task, image, receiver.File.Inode);
        }
        catch (CheckpointImageException exception)
        {
            return exception.Errno;
        }
    }

    /// <summary>The caller, which is its process's only thread, becomes the task of an image, or lives on with an errno.</summary>
    internal static Result BecomeTask(Task task, CheckpointImage image, Inode? imageFile)
    {
        try
        {
            int limit = (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, int.MaxValue);
            Machine.Replace(task, TaskCapture.Restore(image, task.Machine, limit, imageFile));
            return Result.NoReturn;
        }
        catch (RestoreException exception)
        {
            return exception.Errno;
        }
    }

    /// <summary>The image's own descriptor is saved at the offset that its file has when the descriptor is written, as the original does.</summary>
    static CheckpointImage WithOwnPosition(CheckpointImage image, Task task, OpenFile file)
    {
        int number = task.Files!.Numbers.First(candidate => ReferenceEquals(task.Files[candidate], file));
        var own = image.Files.Descriptors.First(descriptor => descriptor.Number == number).File;
        long start = (file.Flags & OpenFlags.Append) != 0 ? file.Inode.Size : file.Position;
        long offset = RecordInspector.Enumerate(image)
            .First(record => record.Type == RecordType.FileData && record.Parent == own.ObjectReference).Offset;
        var moved = new SavedFile
        {
            ObjectReference = own.ObjectReference,
            Kind = own.Kind,
            Mode = own.Mode,
            Flags = own.Flags,
            Position = (ulong)(start + offset),
            Version = own.Version,
            Name = own.Name,
        };
        return new CheckpointImage(image)
        {
            Head = image.Head,
            ProcessId = image.ProcessId,
            Task = image.Task,
            Memory = image.Memory,
            Thread = image.Thread,
            Cpu = image.Cpu,
            Files = new SavedFiles
            {
                Descriptors = [.. image.Files.Descriptors.Select(descriptor => ReferenceEquals(descriptor.File, own) ? descriptor with { File = moved } : descriptor)],
            },
        };
    }
}
