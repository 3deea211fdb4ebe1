using System.Runtime.InteropServices;

namespace CheckpointRestart.ImageHost;

/// <summary>RLIMIT_FSIZE of this process: a write beyond it fails like one to a full disk, or kills. See setrlimit(2).</summary>
internal static partial class FileSizeLimit
{
    const int Resource = 1, Signal = 25;

    /// <summary>Sets the limit for files written from now on.</summary>
    /// <param name="bytes">The length that no file passes.</param>
    /// <param name="kills">True: who would pass it is killed by SIGXFSZ. False: the write fails with EFBIG.</param>
    public static void Set(ulong bytes, bool kills)
    {
        if (SetSignal(Signal, kills ? 0 : 1) == -1) throw new InvalidOperationException("signal(2) failed");
        ulong[] limit = [bytes, ulong.MaxValue];
        if (SetLimit(Resource, limit) != 0) throw new InvalidOperationException("setrlimit(2) failed");
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int number, nint action);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ulong[] limit);
}
