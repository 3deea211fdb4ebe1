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
        var files = task.Files!;
        int limit = (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, 1 << 20);
        if (files.Count + 2 > limit) return Errno.EMFILE;
        Pipe.Create(task.Machine.Tree, flags & ~OpenFlags.CloseOnExec, out var reader, out var writer);
        bool onExec = (flags & OpenFlags.CloseOnExec) != 0;
        int first = files.Add(reader, onExec, limit);
        int second = first < 0 ? -1 : files.Add(writer, onExec, limit);
        if (second < 0)
        {
            if (first >= 0) files.Close(first);
            else reader.Release();
            writer.Release();
            return Errno.EMFILE;
        }
        if (task.AddressSpace!.TryWrite(address, (ulong)(uint)second << 32 | (uint)first)) return 0;
        files.Close(first);
        files.Close(second);
        return Errno.EFAULT;
    }
}
