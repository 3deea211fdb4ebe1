using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Gives a restored task other files as its standard streams.</summary>
public static class StreamBinding
{
    const OpenFlags Output = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.LargeFile;

    /// <summary>Puts guest files in the place of descriptors 0, 1 and 2, and of those that share an open file with them. Any thread.</summary>
    /// <param name="task">The task, best still frozen.</param>
    /// <param name="inputPath">Guest path; null leaves the descriptor as it is, as with the others.</param>
    /// <param name="outputPath">Created, or emptied.</param>
    /// <param name="errorPath">Created, or emptied; the same as <paramref name="outputPath"/> makes both descriptors share it.</param>
    /// <exception cref="RestoreException">A file cannot be opened; the descriptors before it are replaced already.</exception>
    public static void Apply(Task task, string? inputPath, string? outputPath, string? errorPath)
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Machine.Execute(_ =>
        {
            if (inputPath != null) Put(task, 0, Open(task, 0, inputPath, OpenFlags.ReadOnly | OpenFlags.LargeFile));
            var output = outputPath == null ? null : Open(task, 1, outputPath, Output);
            if (output != null) Put(task, 1, output);
            if (errorPath == null) return;
            if (output != null && errorPath == outputPath) output.AddReference();
            else output = Open(task, 2, errorPath, Output);
            Put(task, 2, output);
        });
    }

    static OpenFile Open(Task task, int number, string path, OpenFlags flags)
    {
        var root = task.FileSystem!.Root;
        var result = task.Machine.Tree.Open(new PathStart(root, root), path, flags, 0x1A4, out var file);
        if (!result.IsError && !result.WouldBlock && file != null) return file;
        var errno = result.IsError ? result.Errno : Errno.EAGAIN;
        throw new RestoreException(errno, $"{path} cannot be opened as descriptor {number}") { Path = path, Descriptor = number };
    }

    /// <summary>Takes over the caller's reference.</summary>
    static void Put(Task task, int number, OpenFile file)
    {
        var files = task.Files!;
        var old = files[number];
        int[] places = [number, .. files.Numbers.Where(other => other != number && old != null && ReferenceEquals(files[other], old))];
        for (int i = 1; i < places.Length; i++) file.AddReference();
        foreach (int place in places) files.Set(place, file, files.GetCloseOnExec(place));
    }
}
