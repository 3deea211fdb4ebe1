using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Sockets: socket(2), socketpair(2), and socketcall(2), which multiplexes them.</summary>
internal static class SocketCalls
{
    const string PairsOnly = "pairs of connected UNIX stream sockets only, by read and write; EAFNOSUPPORT for all else";
    const uint UnixFamily = 1, StreamType = 1, TypeMask = 0xF;
    const uint SocketPairCall = 8;

    internal static readonly Syscall[] Table =
    [
        new(102, "socketcall", Multiplexed, Support.Partial, PairsOnly),
        new(359, "socket", NoSockets, Support.Refused, "EAFNOSUPPORT: no sockets yet"),
        new(360, "socketpair", Pair, Support.Partial, PairsOnly),
    ];

    static Result NoSockets(Task task, in CallArguments a) => Errno.EAFNOSUPPORT;

    static Result Multiplexed(Task task, in CallArguments a)
    {
        if (a[0] != SocketPairCall) return Errno.EAFNOSUPPORT;
        CallArguments inner = default;
        for (int index = 0; index < 4; index++)
        {
            if (!task.AddressSpace!.TryRead(a[1] + (uint)index * 4, out uint value)) return Errno.EFAULT;
            inner[index] = value;
        }
        return Pair(task, inner);
    }

    static Result Pair(Task task, in CallArguments a)
    {
        var flags = (OpenFlags)(a[1] & ~TypeMask);
        if ((flags & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock)) != 0) return Errno.EINVAL;
        if (a[0] != UnixFamily) return Errno.EAFNOSUPPORT;
        if ((a[1] & TypeMask) != StreamType) return Errno.ESOCKTNOSUPPORT;
        if (a[2] > 1) return Errno.EPROTONOSUPPORT;
        SocketPair.Create(task.Machine.Tree, flags & OpenFlags.NonBlock, out var first, out var second);
        return PipeCalls.AddPair(task, a[3], first, second, (flags & OpenFlags.CloseOnExec) != 0);
    }
}
