using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Other tasks' memory: process_vm_readv(2), process_vm_writev(2), process_madvise(2).</summary>
internal static class ProcessMemoryCalls
{
    internal static readonly Syscall[] Table =
    [
        new(347, "process_vm_readv", ReadOther, Support.Full),
        new(348, "process_vm_writev", WriteOther, Support.Full),
        new(440, "process_madvise", AdviseOther, Support.Full),
    ];

    const uint MostVectors = 1024;

    /// <summary>Bytes that one call moves at most; it may always move less than was asked for.</summary>
    const long MostBytes = 256 << 20;

    static Result ReadOther(Task task, in CallArguments a) => Transfer(task, a, isWrite: false);

    static Result WriteOther(Task task, in CallArguments a) => Transfer(task, a, isWrite: true);

    static Result Transfer(Task task, in CallArguments a, bool isWrite)
    {
        if (a[5] != 0) return Errno.EINVAL;
        var error = ReadVectors(task, a[1], a[2], out var local);
        if (error != Errno.None) return error;
        if (local.All(static vector => vector.Length == 0)) return 0;
        error = ReadVectors(task, a[3], a[4], out var remote);
        if (error != Errno.None) return error;
        if (remote.All(static vector => vector.Length == 0)) return 0;
        var target = task.Machine.FindTask((int)a[0]);
        if (target == null) return Errno.ESRCH;
        if (!MayAccess(task, target)) return Errno.EPERM;
        if (target.AddressSpace is not { } other) return Errno.ESRCH;
        return Copy(task.AddressSpace!, local, other, remote, isWrite);
    }

    static Result Copy(AddressSpace own, (uint Address, uint Length)[] local, AddressSpace other, (uint Address, uint Length)[] remote, bool isWrite)
    {
        long moved = 0;
        int l = 0, r = 0;
        uint lDone = 0, rDone = 0;
        while (moved < MostBytes)
        {
            while (l < local.Length && lDone == local[l].Length) (l, lDone) = (l + 1, 0);
            while (r < remote.Length && rDone == remote[r].Length) (r, rDone) = (r + 1, 0);
            if (l == local.Length || r == remote.Length) break;
            uint here = local[l].Address + lDone, there = remote[r].Address + rDone;
            uint length = Math.Min(Math.Min(local[l].Length - lDone, remote[r].Length - rDone), 4096 - (there & 0xFFF));
            if (isWrite)
            {
                var to = other.WritableSpan(there, length);
                if (to.IsEmpty || !own.Read(here, to)) break;
            }
            else
            {
                var from = other.ReadableSpan(there, length);
                if (from.IsEmpty || !own.Write(here, from)) break;
            }
            moved += length;
            lDone += length;
            rDone += length;
        }
        return moved > 0 ? (int)moved : l < local.Length && r < remote.Length ? Errno.EFAULT : 0;
    }

    /// <summary>Only advice that changes nothing that the other could see.</summary>
    static Result AdviseOther(Task task, in CallArguments a)
    {
        const uint willNeed = 3, cold = 20, pageOut = 21, collapse = 25;
        if (a[4] != 0) return Errno.EINVAL;
        var error = ReadVectors(task, a[1], a[2], out var ranges);
        if (error != Errno.None) return error;
        if (task.Files![(int)a[0]] is not PidFile file) return Errno.EBADF;
        if (a[3] is not (willNeed or cold or pageOut or collapse)) return Errno.EINVAL;
        var target = file.Process.Threads.Count > 0 ? file.Process.Threads[0] : null;
        if (target?.AddressSpace is not { } memory) return Errno.ESRCH;
        if (!TaskAccess.MayInspect(task, target, byRealIds: false) || !task.Credentials.Has(Capability.Nice)) return Errno.EPERM;
        uint done = 0;
        foreach (var (address, length) in ranges)
        {
            error = MemoryAdviceCalls.Advise(memory, address, length, a[3]);
            if (error != Errno.None) return done > 0 ? done : error;
            done += length;
        }
        return done;
    }

    static Errno ReadVectors(Task task, uint address, uint count, out (uint Address, uint Length)[] vectors)
    {
        vectors = [];
        if (count > MostVectors) return Errno.EINVAL;
        vectors = new (uint, uint)[count];
        for (uint i = 0; i < count; i++)
        {
            if (!task.AddressSpace!.TryRead(address + i * 8, out uint start) || !task.AddressSpace.TryRead(address + i * 8 + 4, out int length)) return Errno.EFAULT;
            if (length < 0) return Errno.EINVAL;
            vectors[i] = (start, (uint)length);
        }
        return Errno.None;
    }

    /// <summary>The right to attach, by real ids (__ptrace_may_access).</summary>
    internal static bool MayAccess(Task task, Task target)
    {
        if (ReferenceEquals(task.Group, target.Group)) return true;
        Credentials mine = task.Credentials, its = target.Credentials;
        if (mine.IsPrivileged) return true;
        bool isSame = mine.Uid == its.Uid && mine.Uid == its.EffectiveUid && mine.Uid == its.SavedUid && mine.Gid == its.Gid && mine.Gid == its.EffectiveGid && mine.Gid == its.SavedGid;
        return isSame && target.Group.Dumpable == 1;
    }
}
