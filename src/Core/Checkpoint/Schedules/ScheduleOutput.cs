using System.Runtime.InteropServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>What a machine writes to its standard streams, in two files that hold each byte once however often the machine comes back: they are cut to
/// where they were when its image was taken.</summary>
public sealed class ScheduleOutput : IDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    const int FileTooLarge = 27;

    readonly Lock access = new();
    readonly FileStream output, error;
    readonly Thread thread;
    /// <summary>What was taken out of the machine and is not in its file yet; nothing more is taken until it is, so that a machine that goes on writing waits.</summary>
    byte[] outputLeft = [], errorLeft = [];
    Machine? machine;
    bool isFailing;
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

    /// <summary>Told when something cannot be written, once until it can be again. It is kept meanwhile.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>Cuts the files to what they had when an image was taken, and goes on with the machine that was made of it.</summary>
    public void Attach(Machine restored, ScheduleImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        lock (access)
        {
            machine = restored;
            outputLeft = errorLeft = [];
            Cut(output, image.Output);
            Cut(error, image.Error);
        }
    }

    /// <summary>Does something while nothing leaves the machine. On the machine's thread, so that nothing comes either.</summary>
    /// <param name="action">Gets how much has left it.</param>
    internal T Hold<T>(Func<long, long, T> action)
    {
        lock (access) return action(output.Length + outputLeft.Length, error.Length + errorLeft.Length);
    }

    /// <summary>Takes what there is, and sees that it is on the disk.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush()
    {
        lock (access)
        {
            Try(() =>
            {
                Take();
                output.Flush(flushToDisk: true);
                error.Flush(flushToDisk: true);
            });
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
            bool isDone;
            lock (access) isDone = TryTake();
            if (isDone && machine is { } now && now.Streams.WaitForOutput(StreamKind.Output, Pause, default)) continue;
            Thread.Sleep(!isDone || machine == null || machine.HasEnded ? Pause : TimeSpan.FromMilliseconds(1));
        }
        lock (access) TryTake();
    }

    bool TryTake()
    {
        try
        {
            Try(Take);
            return true;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Writes. The first time that it fails is told, whoever of the two threads it happens to.</summary>
    void Try(Action write)
    {
        try
        {
            write();
            isFailing = false;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            if (!isFailing) Failed?.Invoke(problem.Message);
            isFailing = true;
            throw;
        }
    }

    void Take()
    {
        Write(output, ref outputLeft);
        Write(error, ref errorLeft);
        if (machine == null) return;
        outputLeft = machine.Streams.TakeAll(StreamKind.Output);
        errorLeft = machine.Streams.TakeAll(StreamKind.Error);
        Write(output, ref outputLeft);
        Write(error, ref errorLeft);
    }

    /// <summary>Writes all or nothing, as far as the file tells.</summary>
    static void Write(FileStream file, ref byte[] bytes)
    {
        if (bytes.Length == 0) return;
        long length = file.Length;
        try
        {
            file.Write(bytes);
            bytes = [];
        }
        // The second is how .NET reports EFBIG.
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            if (file.Length > length) file.SetLength(length);
            file.Seek(0, SeekOrigin.End);
            int code = problem is IOException ? problem.HResult : FileTooLarge;
            throw new IOException($"what the machine says cannot be written to '{file.Name}': {Marshal.GetPInvokeErrorMessage(code & 0xffff)}", problem) { HResult = code };
        }
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
