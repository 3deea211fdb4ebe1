using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Pipes: pipe(2), pipe2(2).</summary>
internal static class PipeCalls
{
    internal static readonly Syscall[] Table =
    [
        new(42, "pipe", Make, Support.Full),
        new(331, "pipe2", MakeFlagged, Support.Full),
    ];

    static Result Make(Task task, in CallArguments a) => Make(task, a[0], 0);

    static Result MakeFlagged(Task task, in CallArguments a) =>
        ((OpenFlags)a[1] & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock | OpenFlags.Direct)) != 0 ? Errno.EINVAL : Make(task, a[0], (OpenFlags)a[1]);

    static Result Make(Task task, uint address, OpenFlags flags)
    {
        Pipe.Create(task.Machine.Tree, flags & ~OpenFlags.CloseOnExec, out var reader, out var writer);
        return AddPair(task, address, reader, writer, (flags & OpenFlags.CloseOnExec) != 0);
    }

    /// <summary>Gives two new files numbers and writes these to the caller's array; on failure both are closed.</summary>
    internal static Result AddPair(Task task, uint address, OpenFile first, OpenFile second, bool onExec)
    {
        var files = task.Files!;
        var given = task.AddFile(first, onExec);
        if (given.Value < 0)
        {
            second.Release();
            return given;
        }
        int low = given.Value;
        given = task.AddFile(second, onExec);
        if (given.Value < 0)
        {
            files.Close(low);
            return given;
        }
        int high = given.Value;
        if (task.AddressSpace!.TryWrite(address, (ulong)(uint)high << 32 | (uint)low)) return 0;
        files.Close(low);
        files.Close(high);
        return Errno.EFAULT;
    }
}
