using System.Diagnostics;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Takes checkpoints of tasks, and writes them.</summary>
public static class Checkpointer
{
    /// <summary>Takes a checkpoint in memory, at an instruction boundary: running tasks stand still only for the snapshot. The task is unchanged.</summary>
    /// <exception cref="CheckpointRefusedException">The task has something that the format cannot carry; with <see cref="CaptureOptions.Strict"/>, or leaves out.</exception>
    /// <exception cref="ObjectDisposedException">The task's machine has ended.</exception>
    public static Checkpoint Capture(Task task, CaptureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        options ??= new CaptureOptions();
        if (task.Machine.HasEnded) throw new CheckpointRefusedException([Obstacle.Ended($"task {task}")]);
        if (options.Format == CheckpointFormat.Extended) return CaptureMachine(task.Machine, task, options);
        return task.Machine.Execute(machine =>
        {
            machine.RequireMemory();
            long began = Stopwatch.GetTimestamp();
            var obstacles = V5Rules.FindObstacles(task, inCall: false);
            if (obstacles.Count > 0) throw new CheckpointRefusedException(obstacles);
            var notCarried = V5Rules.FindNotCarried(task, inCall: false);
            if (options.Strict && notCarried.Count > 0)
                throw new CheckpointRefusedException([.. notCarried.Select(item => new Obstacle(Errno.EBUSY, $"task {task}", $"has what v5 leaves out: {item.Text}"))]);
            var image = TaskCapture.Save(task, RegisterCapture.Save(task));
            return new Checkpoint(image)
            {
                NotCarried = notCarried,
                Machine = machine.Options with { Version = machine.Version },
                Files = machine.Tree.Snapshot(),
                Pause = Stopwatch.GetElapsedTime(began),
            };
        });
    }

    /// <summary>Takes an Extended checkpoint of a whole machine in memory, at an instruction boundary. The machine is unchanged.</summary>
    /// <exception cref="CheckpointRefusedException">The machine has something that no image carries.</exception>
    /// <exception cref="ObjectDisposedException">The machine was taken away.</exception>
    public static Checkpoint Capture(Machine machine, CaptureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return CaptureMachine(machine, null, (options ?? new CaptureOptions()) with { Format = CheckpointFormat.Extended });
    }

    static Checkpoint CaptureMachine(Machine machine, Task? task, CaptureOptions options)
    {
        if (options.Subtree && task != null)
        {
            RequireLife(task);
            var subtree = SubtreeImage.Capture(task, new CheckpointNote { IsSubtree = true }, out var pause, options.AllowExternal);
            return new Checkpoint(subtree) { Source = machine, Machine = machine.Options with { Version = machine.Version }, Pause = pause };
        }
        var image = machine.Execute(_ =>
        {
            RequireLife(task);
            return MachineImage.CaptureHere(machine, new CheckpointNote { Task = task }, options.RecordHash);
        });
        MachineImage.Complete(image);
        return new Checkpoint(image) { Source = machine, Machine = machine.Options with { Version = machine.Version }, Pause = image.Pause };
    }

    static void RequireLife(Task? task)
    {
        if (task is { HasExited: true }) throw new CheckpointRefusedException([Obstacle.Ended($"task {task}")]);
    }

    /// <summary>Writes a checkpoint to a file: under a temporary name first, so that an old file is replaced by a complete one or not at all.</summary>
    /// <param name="checkpoint">The checkpoint; it remembers the path.</param>
    /// <param name="path">Host path.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="progress">Bytes written so far.</param>
    /// <param name="cancellation">Ends the writing; nothing is left of it.</param>
    /// <exception cref="IOException">The file exists or cannot be written; nothing is left of the attempt.</exception>
    public static void Write(Checkpoint checkpoint, string path, bool overwrite = false, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Write(checkpoint, path, new WriteOptions { Overwrite = overwrite }, progress, cancellation);

    /// <summary>As <see cref="Write(Checkpoint, string, bool, IProgress{long}?, CancellationToken)"/>, in another manner.</summary>
    /// <exception cref="CheckpointRefusedException">The parent cannot be one.</exception>
    /// <exception cref="CheckpointImageException">The parent's file is missing (ENOENT), broken, or another image than it was (ESTALE).</exception>
    /// <exception cref="ProtectionException">A key cannot be used; nothing was written.</exception>
    /// <exception cref="IOException">The file exists or cannot be written; nothing is left of the attempt.</exception>
    public static void Write(Checkpoint checkpoint, string path, WriteOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        long began = Stopwatch.GetTimestamp();
        var inherited = options.Parent == null ? null : Increment.Plan(checkpoint, options.Parent, AtomicFile.TargetOf(path), cancellation);
        if (checkpoint.Extended is { } machine)
        {
            var manner = new ExtendedWriterOptions { Parent = inherited };
            AtomicFile.Write(path, options.Overwrite, options.Protection, stream => ExtendedWriter.Write(machine, stream, manner, progress, cancellation));
            if (machine.Pages is FramePages pages) checkpoint.Source?.KeepImage(new LastImage(machine.Identity, pages, isHeld: inherited != null));
        }
        else
        {
            ImageFile.Save(checkpoint.Image, path, options.Overwrite, options.Protection, progress, cancellation);
        }
        checkpoint.WriteTime = Stopwatch.GetElapsedTime(began);
        checkpoint.Path = Path.GetFullPath(path);
        checkpoint.Bytes = new FileInfo(path).Length;
        Protect(checkpoint, options.Protection);
    }

    /// <summary>Writes a checkpoint of which all pages are in one file, whatever it builds on, encrypted as it is itself.</summary>
    /// <param name="checkpoint">An Extended checkpoint; it stays what it is.</param>
    /// <param name="path">Host path; may be that of the checkpoint itself.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="progress">Bytes written so far.</param>
    /// <param name="cancellation">Ends the writing; nothing is left of it.</param>
    /// <returns>The new image, opened.</returns>
    /// <exception cref="CheckpointRefusedException">A v5 image has nothing to merge.</exception>
    /// <exception cref="CheckpointImageException">A page of the chain is damaged.</exception>
    /// <exception cref="IOException">The file exists or cannot be written; nothing is left of the attempt.</exception>
    public static Checkpoint Merge(Checkpoint checkpoint, string path, bool overwrite = false, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Extended is not { } image) throw new CheckpointRefusedException([new Obstacle(Errno.EINVAL, $"the image {checkpoint.Path}", "is a v5 image, which builds on no other")]);
        long began = Stopwatch.GetTimestamp();
        AtomicFile.Write(path, overwrite, checkpoint.LikeProtection, stream => ExtendedWriter.Write(image, stream, progress, cancellation));
        var merged = Checkpoint.Open(path, checkpoint.Access, cancellation);
        merged.WriteTime = Stopwatch.GetElapsedTime(began);
        return merged;
    }

    /// <summary>Writes a checkpoint to a stream, which need not seek.</summary>
    /// <returns>Bytes written.</returns>
    public static long Write(Checkpoint checkpoint, Stream stream, IProgress<long>? progress = null, CancellationToken cancellation = default) => Write(checkpoint, stream, null, progress, cancellation);

    /// <summary>As <see cref="Write(Checkpoint, Stream, IProgress{long}?, CancellationToken)"/>, protected.</summary>
    /// <exception cref="ProtectionException">A key cannot be used; nothing was written.</exception>
    public static long Write(Checkpoint checkpoint, Stream stream, ImageProtection? protection, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(stream);
        long began = Stopwatch.GetTimestamp(), bytes;
        if (protection is { Flags: not ProtectionFlags.None })
        {
            using var protectedStream = new ProtectingStream(stream, protection);
            Put(protectedStream);
            protectedStream.Complete();
            bytes = protectedStream.BytesOut;
        }
        else
        {
            bytes = Put(stream);
            stream.Flush();
        }
        checkpoint.WriteTime = Stopwatch.GetElapsedTime(began);
        checkpoint.Bytes = bytes;
        return bytes;

        long Put(Stream to) => checkpoint.Extended is { } machine ? ExtendedWriter.Write(machine, to, progress, cancellation) : ImageWriter.Write(checkpoint.Image, to, progress, cancellation);
    }

    /// <summary>Notes how a checkpoint's file was protected, and keeps what opens it again.</summary>
    static void Protect(Checkpoint checkpoint, ImageProtection? protection)
    {
        checkpoint.Protection = protection == null ? ProtectionState.None : new ProtectionState(protection.Flags, protection.Signer == null ? SignatureStatus.NotSigned : SignatureStatus.Valid, protection.Signer);
        checkpoint.Access = protection == null ? null : new ImageAccess { Keys = protection.Keys };
    }
}
