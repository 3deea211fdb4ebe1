namespace CheckpointRestart.Core.Kernel;

/// <summary>rseq(2): a thread's area in which the kernel keeps the processor's number, and whose critical section begins anew when the thread
/// loses the processor or gets a signal inside it (Linux: kernel/rseq.c).</summary>
/// <param name="Address">struct rseq; 0 when none is registered.</param>
/// <param name="Signature">What stands in front of every abort handler.</param>
public readonly record struct RestartableSequence(uint Address, uint Signature)
{
    /// <summary>Bytes of struct rseq, and its alignment.</summary>
    public const uint Size = 32;

    const uint ProcessorStart = 0, Processor = 4, CriticalSection = 8, Uninitialized = uint.MaxValue;

    /// <summary>Tells the number of the only processor.</summary>
    internal bool Begin(Memory.AddressSpace memory) => memory.TryWrite(Address + ProcessorStart, 0u) && memory.TryWrite(Address + Processor, 0u);

    /// <summary>Tells that nothing is kept there any more.</summary>
    internal bool End(Memory.AddressSpace memory) => memory.TryWrite(Address + ProcessorStart, 0u) && memory.TryWrite(Address + Processor, Uninitialized);

    /// <summary>True while a critical section is named.</summary>
    internal bool HasSection(Memory.AddressSpace memory) => Address != 0 && memory.TryRead(Address + CriticalSection, out ulong section) && section != 0;

    /// <summary>Before a handler's frame, or after a turn of others: leaves a critical section for its abort handler. SIGSEGV when it is not well made.</summary>
    internal static void Restart(Task task)
    {
        task.HasLostProcessor = false;
        if (task.Sequence.Address == 0 || task.Sequence.TryRestart(task)) return;
        Machine.Force(task, SignalInfo.FromKernel(Signal.SIGSEGV));
    }

    bool TryRestart(Task task)
    {
        var memory = task.AddressSpace!;
        var registers = task.Registers!;
        if (!memory.TryRead(Address + CriticalSection, out ulong section)) return false;
        if (section == 0) return true;
        if (section >= Memory.AddressSpace.UserEnd) return false;
        uint at = (uint)section;
        if (!memory.TryRead(at, out uint version) || !memory.TryRead(at + 4, out uint flags) || !memory.TryRead(at + 8, out ulong start)
            || !memory.TryRead(at + 16, out ulong length) || !memory.TryRead(at + 24, out ulong abort)) return false;
        const ulong end = Memory.AddressSpace.UserEnd;
        if (version != 0 || flags != 0 || start >= end || length >= end || start + length >= end || abort >= end || abort - start < length) return false;
        if (!memory.TryRead((uint)abort - 4, out uint signature) || signature != Signature) return false;
        if (!memory.TryWrite(Address + CriticalSection, 0ul)) return false;
        if (registers.Eip - start < length) registers.Eip = (uint)abort;
        return true;
    }
}
