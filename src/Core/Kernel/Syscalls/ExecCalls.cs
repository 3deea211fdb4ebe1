using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>execve(2), execveat(2).</summary>
internal static class ExecCalls
{
    internal static readonly Syscall[] Table =
    [
        new(11, "execve", Execute, Support.Partial, "no capabilities of files"),
        new(358, "execveat", ExecuteAt, Support.Partial, "as execve"),
    ];

    static Result Execute(Task task, in CallArguments a) => Execute(task, GuestArguments.WorkingDirectory, a[0], a[1], a[2], 0);

    static Result ExecuteAt(Task task, in CallArguments a) => Execute(task, a[0], a[1], a[2], a[3], a[4]);

    static Result Execute(Task task, uint directory, uint pathAddress, uint argumentsAddress, uint environmentAddress, uint flags)
    {
        const uint noFollow = 0x100, emptyPath = 0x1000;
        // The tracer has seen the event of an exec that is done.
        if (task.Call.Scratch0 == Executed) return Result.NoReturn;
        var error = task.ReadPath(pathAddress, out string path);
        if (error != Errno.None) return error;
        if (path.Length == 0 && (flags & emptyPath) == 0) return Errno.ENOENT;
        if ((flags & ~(noFollow | emptyPath)) != 0) return Errno.EINVAL;
        error = task.StartAt(directory, path, out var start);
        if (error != Errno.None) return error;
        Dentry? given = null;
        bool isOutOfReach = false;
        if (path.Length == 0 || (flags & noFollow) != 0 || (directory != GuestArguments.WorkingDirectory && path[0] != '/'))
        {
            error = task.Machine.Tree.Walk(start, path, GuestArguments.WalkFlagsOf(flags), out var dentry);
            if (error != Errno.None) return error;
            if ((flags & noFollow) != 0 && dentry!.Inode.IsSymbolicLink) return Errno.ELOOP;
            given = dentry;
            if (directory != GuestArguments.WorkingDirectory && !path.StartsWith('/'))
            {
                isOutOfReach = task.Files!.GetCloseOnExec((int)directory);
                path = path.Length == 0 ? $"/dev/fd/{directory}" : $"/dev/fd/{directory}/{path}";
            }
        }
        int left = Program.MostBytes;
        error = ReadStrings(task, argumentsAddress, ref left, out var arguments);
        if (error != Errno.None) return error;
        error = ReadStrings(task, environmentAddress, ref left, out var environment);
        if (error != Errno.None) return error;
        int caller = task.Pid;
        error = Execution.Execute(task, start, path, arguments, environment, out _, given, isOutOfReach);
        if (error != Errno.None) return error;
        if (task.Trace == null) return Result.NoReturn;
        if (TraceStops.AtEvent(task, TraceEvent.Exec, (uint)caller))
        {
            task.Call.Scratch0 = Executed;
            return Result.Wait(null, Interruption.Killable);
        }
        // What a tracer gets that asked for no event.
        if (!task.Trace.IsSeized) task.Machine.SendSignal(task, SignalInfo.FromTask(Signal.SIGTRAP, SignalCode.User, task.Tgid, (int)task.Credentials.Uid));
        return Result.NoReturn;
    }

    /// <summary>In <see cref="SystemCallState.Scratch0"/>: the new program stands.</summary>
    const uint Executed = 1;

    static Errno ReadStrings(Task task, uint address, ref int left, out List<byte[]> texts)
    {
        texts = [];
        if (address == 0) return Errno.None;
        for (uint at = address; ; at += 4)
        {
            if (!task.AddressSpace!.TryRead(at, out uint pointer)) return Errno.EFAULT;
            if (pointer == 0) return Errno.None;
            var error = task.AddressSpace.ReadString(pointer, Math.Min(Program.LongestString, left), out var text);
            if (error != Errno.None) return error == Errno.ENAMETOOLONG ? Errno.E2BIG : error;
            left -= text.Length + 5;
            if (left <= 0) return Errno.E2BIG;
            texts.Add(text);
        }
    }
}
