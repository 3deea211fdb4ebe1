using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel;

/// <summary>F_OWNER_* (asm-generic/fcntl.h).</summary>
internal enum FileOwnerKind
{
    Thread,
    Process,
    ProcessGroup,
}

/// <summary>The task, process or process group that gets the signals of an open file (Linux: fs/fcntl.c).</summary>
internal sealed partial class TaskFileOwner(Machine machine) : FileOwner
{
    const int SignalForInput = -5;

    /// <summary>The task of <see cref="Number"/>, so that a later one of that number is not taken for it; null for a process group.</summary>
    Task? target;

    /// <summary>What <see cref="Number"/> counts.</summary>
    public FileOwnerKind Kind { get; private set; }

    /// <summary>The id as it was set; 0 for nobody.</summary>
    public int Number { get; private set; }

    /// <summary>Who set it.</summary>
    public uint Uid { get; private set; }

    /// <summary>Who set it, effectively.</summary>
    public uint EffectiveUid { get; private set; }

    /// <summary>F_SETSIG; none for SIGIO.</summary>
    public Signal Chosen { get; set; }

    /// <inheritdoc/>
    public override bool HasSignal => Chosen != Signal.None;

    /// <summary>The id while it means somebody, else 0.</summary>
    public int Living => Kind == FileOwnerKind.ProcessGroup ? IsGroup(Number) ? Number : 0 : FindTarget() is { } task && (Kind == FileOwnerKind.Thread || ReferenceEquals(task.Group.Leader, task)) ? Number : 0;

    /// <summary>Names somebody. ESRCH when there is nobody of that id; nothing is changed then.</summary>
    public Errno Set(FileOwnerKind kind, int number, Credentials by)
    {
        var task = number > 0 ? machine.FindTask(number) : null;
        if (number != 0 && task == null && !(number > 0 && IsGroup(number))) return Errno.ESRCH;
        Kind = kind;
        Number = number;
        target = kind == FileOwnerKind.ProcessGroup ? null : task;
        if (number == 0) return Errno.None;
        Uid = by.Uid;
        EffectiveUid = by.EffectiveUid;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override void Send(IoReason reason, int descriptor)
    {
        if (Kind == FileOwnerKind.ProcessGroup)
        {
            if (Number != 0)
                foreach (var group in JobControl.Members(machine, Number)) Send(group.Leader, reason, descriptor);
        }
        else if (FindTarget() is { } task)
        {
            Send(task, reason, descriptor);
        }
    }

    /// <inheritdoc/>
    public override bool SendUrgent()
    {
        if (Number == 0) return false;
        if (Kind == FileOwnerKind.ProcessGroup)
            foreach (var group in JobControl.Members(machine, Number)) SendPlain(group.Leader, Signal.SIGURG);
        else if (FindTarget() is { } task)
            SendPlain(task, Signal.SIGURG);
        return true;
    }

    /// <inheritdoc/>
    public override void AddState(Action<long> add)
    {
        add((long)Kind | (long)Chosen << 8);
        add(Living);
        add(Uid | (long)EffectiveUid << 32);
    }

    void Send(Task task, IoReason reason, int descriptor)
    {
        if (!MaySend(task)) return;
        // When the queue is full, SIGIO tells that something was lost.
        if (Chosen != Signal.None && Send(task, new SignalInfo
        {
            Signal = Chosen,
            Code = Chosen is Signal.SIGILL or Signal.SIGFPE or Signal.SIGSEGV or Signal.SIGBUS or Signal.SIGTRAP or Signal.SIGCHLD or Signal.SIGSYS ? SignalForInput : (int)reason,
            Field0 = (uint)Band(reason),
            Field1 = (uint)descriptor,
        })) return;
        SendPlain(task, Signal.SIGIO);
    }

    void SendPlain(Task task, Signal signal)
    {
        if (MaySend(task)) Send(task, SignalInfo.FromKernel(signal));
    }

    bool Send(Task task, in SignalInfo info) => Kind == FileOwnerKind.Thread ? machine.SendSignal(task, info) : machine.SendSignal(task.Group, info);

    bool MaySend(Task task)
    {
        var to = task.Credentials;
        return EffectiveUid == 0 || EffectiveUid == to.SavedUid || EffectiveUid == to.Uid || Uid == to.SavedUid || Uid == to.Uid;
    }

    Task? FindTarget() => target is { } task && ReferenceEquals(machine.FindTask(Number), task) ? task : null;

    bool IsGroup(int number) => JobControl.Members(machine, number).Count > 0;

    static PollEvents Band(IoReason reason) => reason switch
    {
        IoReason.Input => PollEvents.In | PollEvents.ReadNormal,
        IoReason.Output => PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand,
        IoReason.Message => PollEvents.In | PollEvents.ReadNormal | (PollEvents)0x400,
        IoReason.Error => PollEvents.Error,
        IoReason.Priority => PollEvents.Priority | PollEvents.ReadBand,
        _ => PollEvents.HangUp | PollEvents.Error,
    };
}
