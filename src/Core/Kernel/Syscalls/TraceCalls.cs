using System.Buffers.Binary;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>ptrace(2): beginning and ending to trace, memory, stops. Registers are in <see cref="TraceRegisters"/>.</summary>
internal static class TraceCalls
{
    internal static readonly Syscall[] Table = [new(26, "ptrace", Trace, Support.Partial, "no PTRACE_SINGLEBLOCK, no PTRACE_SECCOMP_GET_FILTER")];

    enum Request : uint
    {
        TraceMe = 0, PeekText = 1, PeekData = 2, PeekUser = 3, PokeText = 4, PokeData = 5, PokeUser = 6, Continue = 7, Kill = 8, SingleStep = 9,
        GetRegisters = 12, SetRegisters = 13, GetFloat = 14, SetFloat = 15, Attach = 16, Detach = 17, GetExtendedFloat = 18, SetExtendedFloat = 19,
        OldSetOptions = 21, SystemCall = 24, GetThreadArea = 25, SetThreadArea = 26, Emulate = 31, EmulateStep = 32,
        SetOptions = 0x4200, GetEventMessage = 0x4201, GetInfo = 0x4202, SetInfo = 0x4203, GetSet = 0x4204, SetSet = 0x4205, Seize = 0x4206,
        Interrupt = 0x4207, Listen = 0x4208, PeekInfo = 0x4209, GetMask = 0x420A, SetMask = 0x420B, GetSystemCall = 0x420E,
    }

    static Result Trace(Task task, in CallArguments a)
    {
        var request = (Request)a[0];
        if (request == Request.TraceMe) return TraceMe(task);
        var target = task.Machine.FindTask((int)a[1]);
        if (target == null) return Errno.ESRCH;
        if (request is Request.Attach or Request.Seize) return Attach(task, target, request == Request.Seize, a[2], a[3]);
        if (target.Trace is not { } trace || !ReferenceEquals(trace.Tracer, task)) return Errno.ESRCH;
        bool anyState = request is Request.Kill or Request.Interrupt;
        if (!anyState && (target.State != TaskState.Traced || trace.IsListening)) return Errno.ESRCH;
        return Do(task, target, trace, request, a[2], a[3]);
    }

    static Result TraceMe(Task task)
    {
        if (task.Trace != null || task.Group.ParentThread is not { AddressSpace: not null } parent) return Errno.EPERM;
        Tracers.Link(task, parent, seize: false, PtraceOptions.None);
        return 0;
    }

    static Result Attach(Task task, Task target, bool seize, uint address, uint options)
    {
        if (seize && (address != 0 || (options & ~(uint)PtraceOptions.Known) != 0)) return Errno.EIO;
        if (ReferenceEquals(task.Group, target.Group) || ReferenceEquals(target, task.Machine.Init)) return Errno.EPERM;
        if (!TaskAccess.MayInspect(task, target, byRealIds: true)) return Errno.EPERM;
        if (target.HasExited || target.Trace != null) return Errno.EPERM;
        Tracers.Attach(target, task, seize, seize ? (PtraceOptions)options : PtraceOptions.None);
        return 0;
    }

    static Result Do(Task task, Task target, TraceState trace, Request request, uint address, uint data)
    {
        var memory = task.AddressSpace!;
        switch (request)
        {
            case Request.PeekText or Request.PeekData:
                Span<byte> word = stackalloc byte[4];
                if (target.AddressSpace!.Peek(address, word) != 4) return Errno.EIO;
                return memory.Write(data, word) ? 0 : Errno.EFAULT;
            case Request.PokeText or Request.PokeData:
                Span<byte> given = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32LittleEndian(given, data);
                return target.AddressSpace!.Poke(address, given) ? 0 : Errno.EIO;
            case Request.Continue: return Resume(target, TraceResume.Continue, data);
            case Request.SystemCall: return Resume(target, TraceResume.SystemCall, data);
            case Request.SingleStep: return Resume(target, TraceResume.Step, data);
            case Request.Emulate: return Resume(target, TraceResume.Emulate, data);
            case Request.EmulateStep: return Resume(target, TraceResume.EmulateStep, data);
            case Request.Kill:
                if (!target.HasExited) task.Machine.SendSignal(target, SignalInfo.FromTask(Signal.SIGKILL, SignalCode.User, task.Tgid, (int)task.Credentials.Uid));
                return 0;
            case Request.Detach:
                if (data > (uint)Signal.Last) return Errno.EIO;
                Tracers.Detach(target, (Signal)data);
                return 0;
            case Request.SetOptions or Request.OldSetOptions:
                if ((data & ~(uint)PtraceOptions.Known) != 0) return Errno.EINVAL;
                trace.Options = (PtraceOptions)data;
                return 0;
            case Request.GetEventMessage: return memory.TryWrite(data, trace.Message) ? 0 : Errno.EFAULT;
            case Request.Interrupt: return Interrupt(target, trace);
            case Request.Listen: return Listen(target, trace);
            case Request.GetInfo:
                if (trace.Info is not { } told) return Errno.EINVAL;
                return WriteInfo(task, data, told) ? 0 : Errno.EFAULT;
            case Request.SetInfo:
                Span<byte> bytes = stackalloc byte[SignalInfo.Size];
                if (!memory.Read(data, bytes)) return Errno.EFAULT;
                if (trace.Info == null) return Errno.EINVAL;
                trace.Info = SignalInfo.Read(bytes);
                return 0;
            case Request.PeekInfo: return PeekInfo(task, target, address, data);
            case Request.GetMask:
                if (address != 8) return Errno.EINVAL;
                return memory.TryWrite(data, (target.SavedMask ?? target.BlockedSignals).Bits) ? 0 : Errno.EFAULT;
            case Request.SetMask:
                if (address != 8) return Errno.EINVAL;
                if (!memory.TryRead(data, out ulong mask)) return Errno.EFAULT;
                target.SavedMask = null;
                target.SetMask(new(mask));
                return 0;
            case Request.GetSystemCall: return GetSystemCall(task, target, trace, address, data);
            case Request.PeekUser: return TraceRegisters.PeekUser(task, target, address, data);
            case Request.PokeUser: return TraceRegisters.PokeUser(target, address, data);
            case Request.GetRegisters: return TraceRegisters.Get(task, target, TraceRegisters.General, data, UserArea.RegistersSize);
            case Request.SetRegisters: return TraceRegisters.Set(task, target, TraceRegisters.General, data, UserArea.RegistersSize);
            case Request.GetFloat: return TraceRegisters.Get(task, target, TraceRegisters.Float, data, UserArea.FloatSize);
            case Request.SetFloat: return TraceRegisters.Set(task, target, TraceRegisters.Float, data, UserArea.FloatSize);
            case Request.GetExtendedFloat: return TraceRegisters.Get(task, target, TraceRegisters.ExtendedFloat, data, UserArea.ExtendedFloatSize);
            case Request.SetExtendedFloat: return TraceRegisters.Set(task, target, TraceRegisters.ExtendedFloat, data, UserArea.ExtendedFloatSize);
            case Request.GetSet or Request.SetSet: return TraceRegisters.ByVector(task, target, address, data, isSet: request == Request.SetSet);
            case Request.GetThreadArea: return SegmentCalls.GetTraced(task, target, address, data);
            case Request.SetThreadArea: return SegmentCalls.SetTraced(task, target, address, data);
            default: return Errno.EIO;
        }
    }

    static Result Resume(Task target, TraceResume how, uint signal)
    {
        if (signal > (uint)Signal.Last) return Errno.EIO;
        TraceStops.Resume(target, how, (Signal)signal);
        return 0;
    }

    static Result Interrupt(Task target, TraceState trace)
    {
        if (!trace.IsSeized) return Errno.EIO;
        if (target.HasExited) return Errno.ESRCH;
        if (trace.IsListening) TraceStops.AtGroupStop(target);
        else trace.IsTrapPending = true;
        if (target.State == TaskState.Sleeping && target.Call.Interruption != Interruption.Killable) target.Wake();
        return 0;
    }

    static Result Listen(Task target, TraceState trace)
    {
        if (!trace.IsSeized || trace.Info is not { } info || (TraceEvent)(info.Code >> 8) != TraceEvent.Stop) return Errno.EIO;
        trace.IsListening = true;
        // Something has changed since the stop.
        if (trace.IsTrapPending) TraceStops.AtGroupStop(target);
        return 0;
    }

    static bool WriteInfo(Task task, uint address, in SignalInfo info)
    {
        Span<byte> bytes = stackalloc byte[SignalInfo.Size];
        info.Write(bytes);
        return task.AddressSpace!.Write(address, bytes);
    }

    /// <summary>What waits in a queue, from a place in it on, without taking it.</summary>
    static Result PeekInfo(Task task, Task target, uint arguments, uint to)
    {
        const uint shared = 1;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(arguments, out ulong offset) || !memory.TryRead(arguments + 8, out uint flags) || !memory.TryRead(arguments + 12, out int count)) return Errno.EFAULT;
        if ((flags & ~shared) != 0 || count < 0) return Errno.EINVAL;
        var queue = ((flags & shared) != 0 ? target.Group.Pending : target.Pending).Queue;
        int copied = 0;
        while (copied < count && offset + (ulong)copied < (ulong)queue.Count)
        {
            if (!WriteInfo(task, to + (uint)copied * SignalInfo.Size, queue[(int)offset + copied])) return copied > 0 ? copied : Errno.EFAULT;
            copied++;
        }
        return copied;
    }

    /// <summary>struct ptrace_syscall_info: which edge of which call; nothing beyond the header at other stops.</summary>
    static Result GetSystemCall(Task task, Task target, TraceState trace, uint size, uint to)
    {
        const int whole = 88, header = 24, entrySize = 80, exitSize = 33;
        const uint architecture = 0x40000003;
        const int marked = (int)Signal.SIGTRAP | 0x80;
        var registers = target.Registers!;
        Span<byte> info = stackalloc byte[whole];
        info.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(info[4..], architecture);
        BinaryPrimitives.WriteUInt64LittleEndian(info[8..], registers.Eip);
        BinaryPrimitives.WriteUInt64LittleEndian(info[16..], registers.Esp);
        int length = header;
        if (trace.Info is { Code: marked } && trace.Message == TraceStops.EntryMessage)
        {
            info[0] = (byte)TraceStops.EntryMessage;
            length = entrySize;
            ReadOnlySpan<uint> words = [target.OrigEax, registers.Ebx, registers.Ecx, registers.Edx, registers.Esi, registers.Edi, registers.Ebp];
            for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(info[(header + i * 8)..], words[i]);
        }
        else if (trace.Info is { Code: marked } && trace.Message == TraceStops.ExitMessage)
        {
            info[0] = (byte)TraceStops.ExitMessage;
            length = exitSize;
            int result = (int)registers.Eax;
            BinaryPrimitives.WriteInt64LittleEndian(info[header..], result);
            info[32] = (byte)(result is < 0 and >= -4095 ? 1 : 0);
        }
        return task.AddressSpace!.Write(to, info[..(int)Math.Min(size, (uint)length)]) ? length : Errno.EFAULT;
    }
}
