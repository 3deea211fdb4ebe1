namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>ipc(2), the one number through which i386 makes all calls of System V (Linux: ipc/syscall.c).</summary>
internal static class IpcCalls
{
    internal static readonly Syscall[] Table = [new(117, "ipc", Dispatch, Support.Partial, "structures of the *ctl calls with IPC_64 only")];

    static Result Dispatch(Task task, in CallArguments a)
    {
        uint call = a[0] & 0xFFFF, version = a[0] >> 16, first = a[1], second = a[2], third = a[3], pointer = a[4], fifth = a[5];
        var memory = task.AddressSpace!;
        switch (call)
        {
            case 1: return SemaphoreCalls.Operate(task, (int)first, pointer, second, 0, default);
            case 2: return SemaphoreCalls.Get(task, Arguments(first, second, third));
            case 3:
                if (pointer == 0) return Errno.EINVAL;
                return memory.TryRead(pointer, out uint argument) ? SemaphoreCalls.Control(task, (int)first, (int)second, third, argument) : Errno.EFAULT;
            case 4: return SemaphoreCalls.Operate(task, (int)first, pointer, second, fifth, RemainderKind.Timespec32);
            case 11: return MessageQueueCalls.Send(task, Arguments(first, pointer, second, third));
            case 12 when version == 0:
                if (pointer == 0) return Errno.EINVAL;
                if (!memory.TryRead(pointer, out uint message) || !memory.TryRead(pointer + 4, out uint type)) return Errno.EFAULT;
                return MessageQueueCalls.Receive(task, Arguments(first, message, second, type, third));
            case 12: return MessageQueueCalls.Receive(task, Arguments(first, pointer, second, fifth, third));
            case 13: return MessageQueueCalls.Get(task, Arguments(first, second));
            case 14: return MessageQueueCalls.Control(task, (int)first, second, pointer);
            case 21 when version == 1: return Errno.EINVAL;
            case 21:
                var error = SharedSegmentCalls.Attach(task, (int)first, pointer, second, out uint mapped);
                return error != Errno.None ? error : memory.TryWrite(third, mapped) ? 0 : Errno.EFAULT;
            case 22: return SharedSegmentCalls.Detach(task, pointer);
            case 23: return SharedSegmentCalls.Get(task, Arguments(first, second, third));
            case 24: return SharedSegmentCalls.Control(task, (int)first, second, pointer);
            default: return Errno.ENOSYS;
        }
    }

    static CallArguments Arguments(uint first, uint second, uint third = 0, uint fourth = 0, uint fifth = 0)
    {
        CallArguments made = default;
        made[0] = first;
        made[1] = second;
        made[2] = third;
        made[3] = fourth;
        made[4] = fifth;
        return made;
    }
}
