using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image.Protection;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.PS.Runtime;

/// <summary>The images that are written before the one that was asked for, each the parent of the next: beside it, with the next free numbers behind its name, since what is there may be
/// what an older image builds on. They go again unless they are kept.</summary>
/// <param name="path">The file of the image that was asked for.</param>
/// <param name="protection">How they are protected, as it is.</param>
sealed class PreCopyRounds(string? path, ImageProtection? protection) : IDisposable
{
    readonly List<Checkpoint> taken = [];
    int number;
    bool isKept;

    /// <summary>Takes and writes one more, while the machine runs.</summary>
    /// <param name="task">Any task of the machine.</param>
    /// <param name="options">As for the image itself.</param>
    /// <param name="parent">What it builds on; null for nothing.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <returns>The parent of the next.</returns>
    public Checkpoint Take(Task task, CaptureOptions options, Checkpoint? parent, CancellationToken cancellation)
    {
        var next = Checkpointer.Capture(task, options);
        try
        {
            string name;
            do name = string.Create(CultureInfo.InvariantCulture, $"{path}.{++number}");
            while (Path.Exists(name));
            Checkpointer.Write(next, name, new WriteOptions { Parent = parent, Protection = protection }, cancellation: cancellation);
        }
        catch
        {
            next.Dispose();
            throw;
        }
        taken.Add(next);
        return next;
    }

    /// <summary>The image that builds on them is written.</summary>
    public void Keep() => isKept = true;

    public void Dispose()
    {
        foreach (var one in taken)
        {
            one.Dispose();
            if (!isKept) File.Delete(one.Path!);
        }
    }
}
