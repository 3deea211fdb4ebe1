using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>What a machine writes to its standard streams, in two files that hold each byte once however often the machine comes back: they are cut to
/// where they were when its image was taken.</summary>
public sealed class ScheduleOutput : IDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    readonly Lock access = new();
    readonly FileStream output, error;
    readonly Thread thread;
    Machine? machine;
    volatile bool stopping;

    /// <param name="outputPath">Made if it is not there.</param>
    /// <param name="errorPath">Made if it is not there.</param>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public ScheduleOutput(string outputPath, string errorPath)
    {
        output = Open(outputPath);
        try
        {
            error = Open(errorPath);
        }
        catch
        {
            output.Dispose();
            throw;
        }
        thread = new Thread(Run) { IsBackground = true, Name = "schedule output" };
        thread.Start();
    }

    /// <summary>Why something could not be written, the last time; the bytes are lost then.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>Cuts the files to what they had when an image was taken, and goes on with the machine that was made of it.</summary>
    public void Attach(Machine restored, ScheduleImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        lock (access)
        {
            machine = restored;
            Cut(output, image.Output);
            Cut(error, image.Error);
        }
    }

    /// <summary>Does something while nothing leaves the machine. On the machine's thread, so that nothing comes either.</summary>
    /// <param name="action">Gets how much has left it.</param>
    internal T Hold<T>(Func<long, long, T> action)
    {
        lock (access) return action(output.Length, error.Length);
    }

    /// <summary>Takes what there is, and sees that it is on the disk.</summary>
    public void Flush()
    {
        lock (access)
        {
            Take();
            output.Flush(flushToDisk: true);
            error.Flush(flushToDisk: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping = true;
        if (!ReferenceEquals(Thread.CurrentThread, thread)) thread.Join();
        output.Dispose();
        error.Dispose();
    }

    void Run()
    {
        while (!stopping)
        {
            try
            {
                lock (access) Take();
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                LastError = problem;
            }
            if (machine is { } now && now.Streams.WaitForOutput(StreamKind.Output, Pause, default)) continue;
            Thread.Sleep(machine == null || machine.HasEnded ? Pause : TimeSpan.FromMilliseconds(1));
        }
    }

    void Take()
    {
        if (machine == null) return;
        output.Write(machine.Streams.TakeAll(StreamKind.Output));
        error.Write(machine.Streams.TakeAll(StreamKind.Error));
    }

    static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        file.Seek(0, SeekOrigin.End);
        return file;
    }

    static void Cut(FileStream file, long? length)
    {
        if (length is not { } was || was >= file.Length) return;
        file.SetLength(was);
        file.Seek(0, SeekOrigin.End);
    }
}
