using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Events;

/// <summary>Signals by descriptor (signalfd(2)): a read takes those that wait for the task that reads, whoever made the descriptor.</summary>
public sealed partial class SignalFile : AnonymousFile
{
    readonly Machine machine;

    internal SignalFile(Machine machine, SignalSet mask, OpenFlags flags) : base(machine.Tree, "[signalfd]", flags | OpenFlags.ReadWrite)
    {
        this.machine = machine;
        Mask = mask;
    }

    /// <summary>The signals that it takes.</summary>
    public SignalSet Mask { get; private set; }

    /// <inheritdoc/>
    public override int WholeBytes => 1 << 16;

    /// <inheritdoc/>
    public override WaitQueue Readable => (Caller ?? machine.Init).Handlers.Arrivals;

    internal override bool HasOneQueue => false;

    /// <inheritdoc/>
    public override string Details => $"sigmask:\t{Mask.Bits:x16}\n";

    Task? Caller => machine.Scheduler.Current;

    /// <summary>Changes the signals that it takes.</summary>
    internal void SetMask(SignalSet mask)
    {
        Mask = mask;
        Readable.Wake();
    }

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        digest.Number((long)Mask.Bits);
    }

    /// <inheritdoc/>
    public override PollEvents Poll() => Caller is { } task && !(task.PendingSet & Mask).IsEmpty ? PollEvents.In : PollEvents.None;

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to)
    {
        if (to.Length < SignalInfo.Size) return Errno.EINVAL;
        if (Caller is not { } task) return Errno.EINVAL;
        int done = 0;
        while (done + SignalInfo.Size <= to.Length && (task.Pending.TryTake(Mask, out var info) || task.Group.Pending.TryTake(Mask, out info)))
        {
            Write(to.Slice(done, SignalInfo.Size), info);
            done += SignalInfo.Size;
        }
        return done > 0 ? IoResult.From(done) : IsNonBlocking ? Errno.EAGAIN : IoResult.Block(Readable);
    }

    /// <summary>signalfd_siginfo (linux/signalfd.h); which words of the union count, number and code tell (siginfo_layout).</summary>
    static void Write(Span<byte> to, in SignalInfo info)
    {
        to.Clear();
        Put(to, 0, (uint)info.Signal);
        Put(to, 4, (uint)info.ErrorNumber);
        Put(to, 8, (uint)info.Code);
        bool fromKernel = info.Code is > 0 and < SignalCode.Kernel;
        if (fromKernel && SignalSet.Synchronous.Contains(info.Signal) && info.Signal != Signal.SIGSYS)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(to[72..], info.Field0);
        }
        else if (fromKernel && info.Signal == Signal.SIGCHLD)
        {
            Put(to, 12, info.Field0);
            Put(to, 16, info.Field1);
            Put(to, 40, info.Field2);
            BinaryPrimitives.WriteUInt64LittleEndian(to[56..], info.Field3);
            BinaryPrimitives.WriteUInt64LittleEndian(to[64..], info.Field4);
        }
        else if (info.IsInput)
        {
            Put(to, 28, info.Field0);
            Put(to, 20, info.Field1);
        }
        else if (info.Code == SignalCode.Timer)
        {
            Put(to, 24, info.Field0);
            Put(to, 32, info.Field1);
            Put(to, 44, info.Field2);
            BinaryPrimitives.WriteUInt64LittleEndian(to[48..], info.Field2);
        }
        else
        {
            Put(to, 12, info.Field0);
            Put(to, 16, info.Field1);
            if (info.Code >= 0) return;
            Put(to, 44, info.Field2);
            BinaryPrimitives.WriteUInt64LittleEndian(to[48..], info.Field2);
        }
    }

    static void Put(Span<byte> to, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(to[at..], value);
}
