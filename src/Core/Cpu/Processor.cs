using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The one virtual processor of a machine: runs guest instructions on a task's registers and memory.</summary>
/// <remarks>Used by one thread at a time.</remarks>
public sealed unsafe partial class Processor : IDisposable
{
    readonly BlockBuilder builder = new();
    readonly SpareBlockCaches spareCaches = new();
    GCHandle self;

    /// <summary>Makes a processor.</summary>
    public Processor()
    {
        self = GCHandle.Alloc(this, GCHandleType.Weak);
        builder.KnownHeat = Math.Max(TranslateAfter - KnownAfter, 0);
    }

    /// <summary>What RDTSC reads; 0 when not set. Called with the instructions retired so far in this run in <see cref="RetiredInRun"/>.</summary>
    public Func<ulong>? TimeStampCounter { get; set; }

    /// <summary>Instructions retired in the running <see cref="Run"/> before the current one; exact inside <see cref="TimeStampCounter"/> and while a page is made present or writable.</summary>
    public ulong RetiredInRun => state == null ? 0 : (ulong)(startBudget - state->Budget - withheld - (Resolving == null || charging ? 1 : Uncounted(Resolving)));

    /// <summary>The instruction that waits for its page: what lies behind it in its block is charged and not run.</summary>
    internal Op* Resolving { get; set; }

    /// <summary>What it is: which instructions it has, and what CPUID tells.</summary>
    public CpuModel Model { get; init; } = CpuModel.Maximum;

    /// <summary>An EIP at which a run ends, before that instruction but behind at least one; null for none. What the guest sees does not depend on it.</summary>
    public uint? StopAddress { get; set; }

    /// <summary>More of these, for a debugger outside; null for none.</summary>
    internal StopPoints? Stops { get; set; }

    /// <summary>Memory whose accesses end a run, behind the instruction that makes one; null for none.</summary>
    internal DataWatches? Watches { get; set; }

    /// <summary>The memory of the running task.</summary>
    internal AddressSpace Memory { get; private set; } = null!;

    BlockCache cache = null!;
    CpuState* state;
    long startBudget;

    /// <summary>Instructions are charged one by one, not as a block.</summary>
    bool charging;

    /// <summary>Budget kept back so that one instruction, or one iteration, runs.</summary>
    long withheld;

    /// <summary>Runs until the budget is spent, a system call or an exception.</summary>
    /// <param name="registers">The task's registers.</param>
    /// <param name="memory">The task's memory.</param>
    /// <param name="budget">The most instructions to retire; each iteration of a rep string instruction is one.</param>
    /// <param name="retired">Instructions retired: exactly <paramref name="budget"/> when the trap's kind is None and neither a stop nor a watch was met.</param>
    public Trap Run(Registers registers, AddressSpace memory, ulong budget, out ulong retired)
    {
        var s = registers.State;
        Memory = memory;
        memory.HasNoExecute = Model.Has(CpuFeatures.NoExecute);
        cache = memory.CodeObserver as BlockCache ?? AttachCache(memory);
        ChooseWindow(memory);
        if (cache.Translations is { } translations && translations.UsesWindow != (memory.Window != null)) cache.BeginTranslations(TranslationLimit, memory.Window != null);
        s->Owner = GCHandle.ToIntPtr(self);
        s->ReadTable = memory.ReadTable;
        s->WriteTable = memory.WriteTable;
        s->Watched = (byte)(Watches != null ? 1 : 0);
        bool watching = Breakpoints.Watching(s), stopping = StopAddress != null || Stops != null;
        if (watching) Breakpoints.Hide(s);
        registers.BindDescriptors();
        long start = (long)Math.Min(budget, long.MaxValue);
        startBudget = start;
        state = s;
        tail = false;
        s->Budget = start;
        s->Event = CpuEvent.None;
        s->Mode = FindMode(s);
        Trap trap = default;
        while (s->Budget > 0)
        {
            bool more;
            try
            {
                more = MustStep(s) || (stopping && IsStop(s->Eip)) ? StepOnce(s, ref trap)
                    : watching ? RunTowards(s, ref trap)
                    : stopping ? RunUpTo(s, ref trap)
                    : RunBlocks(s, ref trap);
            }
            catch (GuestFault)
            {
                TakeFault(s, ref trap);
                more = false;
            }
            if (!more || (stopping && IsStop(s->Eip)) || Watches is { Hit: not null }) break;
        }
        s->Watched = 0;
        retired = (ulong)(start - s->Budget);
        cache.Retired += retired;
        state = null;
        return trap;
    }

    bool IsStop(uint eip) => eip == StopAddress || Stops?.Contains(eip) == true;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (self.IsAllocated) self.Free();
        builder.Library = null;
        spareCaches.Close();
    }

    BlockCache AttachCache(AddressSpace memory)
    {
        var made = spareCaches.Take();
        memory.CodeObserver = made;
        return made;
    }

    static uint FindMode(CpuState* s)
    {
        // A flat code segment in DS or ES is for reading only.
        var data = s->Ss.Rights & s->Ds.Rights & s->Es.Rights & (SegmentRights.Flat | SegmentRights.Write);
        bool flat = data == (SegmentRights.Flat | SegmentRights.Write) && (s->Cs.Rights & SegmentRights.Flat) != 0;
        return (flat ? 0 : CpuMode.Segmented)
            | ((s->Cs.Rights & SegmentRights.Big) != 0 ? 0 : CpuMode.Code16)
            | ((s->SystemFlags & Flags.AlignmentCheck) != 0 ? CpuMode.Aligned : 0);
    }

    Block* FindBlock(CpuState* s)
    {
        var block = cache.Find(s->Eip, s->Mode, s->Cs.Base);
        if (block == null) return builder.Build(s, Memory, cache, Model.Features);
        if (block->Copy == null || BlockBuilder.IsCurrent(Memory, block)) return block;
        cache.Kill(block);
        return builder.Build(s, Memory, cache, Model.Features);
    }

    /// <summary>Runs whole blocks while the budget covers them.</summary>
    /// <returns>True to go on, false when <paramref name="trap"/> ends the run.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    bool RunBlocks(CpuState* s, ref Trap trap)
    {
        var block = FindBlock(s);
        if (block == null) return FetchFault(s, ref trap);
        while (true)
        {
            if (block->Code == null && ++block->Heat == TranslateAfter) Warm(block);
            if (block->Code != null && !(tail && s->Budget < Trace.Most))
            {
                block = RunTranslated(s, block, ref trap, out bool more);
                if (block == null) return more;
            }
            if ((s->Budget -= block->Count) < 0)
            {
                s->Budget += block->Count;
                return s->Budget == 0 || RunPart(s, block, ref trap);
            }
            var op = block->First;
            var run = op->Run;
            if (run == null)
            {
                s->Budget += block->Count;
                block = FindBlock(s);
                if (block == null) return FetchFault(s, ref trap);
                continue;
            }
            do
            {
                run(s, op);
                op++;
                run = op->Run;
            }
            while (run != null);
            if (op != block->Last) StopEarly(s, block, op);
            if (s->Event != 0) return HandleEvent(s, ref trap);
            uint eip = s->Eip;
            if (block->LinkEip0 == eip && block->Link0 != null) block = block->Link0;
            else if (block->LinkEip1 == eip && block->Link1 != null) block = block->Link1;
            else
            {
                if (s->Budget == 0) return true;
                var from = block;
                // Of a jump with many targets the links would change all the time.
                if (from->Link1 != null && cache.FindLate(eip, s->Mode, s->Cs.Base) is var late && late != null)
                {
                    block = late;
                    continue;
                }
                long flushes = cache.Flushes;
                block = FindBlock(s);
                if (block == null) return FetchFault(s, ref trap);
                if (flushes == cache.Flushes && from->First->Run != null && block->Copy == null) Link(from, block);
            }
        }
    }

    static void Link(Block* from, Block* to)
    {
        if (from->Link0 == null)
        {
            from->LinkEip0 = to->Eip;
            from->Link0 = to;
        }
        else
        {
            from->LinkEip1 = to->Eip;
            from->Link1 = to;
        }
    }

    /// <summary>The block was changed under the running instruction: it ends behind that.</summary>
    static void StopEarly(CpuState* s, Block* block, Op* next)
    {
        s->Budget += block->End - next;
        if (((next - 1)->Traits & OpTraits.EndsBlock) == 0) s->Eip = (next - 1)->Next;
    }

    static bool FetchFault(CpuState* s, ref Trap trap)
    {
        s->SystemFlags |= Flags.Resume;
        trap = new Trap(TrapKind.Exception, s->FaultVector, s->FaultCode, s->FaultAddress, s->FaultKind);
        return false;
    }

    /// <summary>Acts on what the last instruction left in <see cref="CpuState.Event"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool HandleEvent(CpuState* s, ref Trap trap)
    {
        var happened = s->Event;
        s->Event = CpuEvent.None;
        if ((happened & CpuEvent.Mode) != 0) s->Mode = FindMode(s);
        if ((happened & CpuEvent.SystemCall) != 0) trap = new Trap(TrapKind.SystemCall, Trap.Interrupt80);
        else if ((happened & CpuEvent.SysEnter) != 0) trap = new Trap(TrapKind.SystemCall, Trap.SysEnter);
        else if ((happened & CpuEvent.Trap) != 0) trap = new Trap(TrapKind.Exception, s->FaultVector);
        else return true;
        return false;
    }

    /// <summary>An instruction threw: gives back what the budget was charged for it and those behind it.</summary>
    void TakeFault(CpuState* s, ref Trap trap)
    {
        s->Event = CpuEvent.None;
        s->Met = 0;
        Watches?.Forget();
        s->SystemFlags |= Flags.Resume;
        s->Eip = s->FaultOp->Start;
        s->Budget += withheld + (charging ? 1 : Uncounted(s->FaultOp));
        charging = false;
        withheld = 0;
        trap = new Trap(TrapKind.Exception, s->FaultVector, s->FaultCode, s->FaultAddress, s->FaultKind);
    }

    /// <summary>Instructions from <paramref name="op"/> to the end of its block.</summary>
    static long Uncounted(Op* op)
    {
        long count = 0;
        for (; (op->Traits & OpTraits.Continue) == 0; op++) count++;
        return count;
    }
}
