using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <content>One instruction at a time: for the trap flag, breakpoints and budgets (Intel SDM 3, 17.2 and 17.3).</content>
public sealed unsafe partial class Processor
{
    /// <summary>DR6's bit for a single step.</summary>
    const uint SingleStep = 1 << 14;

    static bool MustStep(CpuState* s) => (s->SystemFlags & (Flags.Trap | Flags.Resume)) != 0 || s->Met != 0 || Breakpoints.AnyExecution(s);

    /// <summary>Runs one block, or what of it lies before the stop, and looks for breakpoints behind each instruction.</summary>
    bool RunTowards(CpuState* s, ref Trap trap)
    {
        var block = FindBlock(s);
        return block == null ? FetchFault(s, ref trap) : RunPart(s, block, ref trap, stopping: true);
    }

    /// <summary>Runs whole blocks, each looked for anew, up to one in which a stop lies, and of that what comes before it.</summary>
    bool RunUpTo(CpuState* s, ref Trap trap)
    {
        while (true)
        {
            var block = FindBlock(s);
            if (block == null) return FetchFault(s, ref trap);
            if (s->Budget < block->Count || IsStopIn(block)) return RunPart(s, block, ref trap, stopping: true);
            s->Budget -= block->Count;
            var op = block->First;
            do
            {
                op->Run(s, op);
                op++;
            }
            while (op->Run != null);
            if (op != block->Last) StopEarly(s, block, op);
            if (s->Event != 0) return HandleEvent(s, ref trap);
            if (s->Budget == 0 || IsStop(s->Eip)) return true;
        }
    }

    bool IsStopIn(Block* block) =>
        (StopAddress is { } stop && stop - block->Eip < (uint)block->Length) || Stops?.Any(block->Eip, (uint)block->Length) == true;

    /// <summary>Runs the first instructions of a block that the budget does not cover as a whole, or that shall end at an EIP or a breakpoint.</summary>
    bool RunPart(CpuState* s, Block* block, ref Trap trap, bool stopping = false)
    {
        var op = block->First;
        charging = true;
        while (s->Budget > 0 && op != block->End && op->Run != null)
        {
            s->Budget--;
            var run = op->Run;
            run(s, op);
            s->Eip = (op->Traits & OpTraits.EndsBlock) != 0 ? s->Eip : op->Next;
            if (s->Event != 0 || (op->Traits & OpTraits.EndsBlock) != 0 || (stopping && IsStop(s->Eip))) break;
            op++;
        }
        charging = false;
        if ((s->Event & CpuEvent.Breakpoint) != 0 && !LoadsStackSegment(op)) RaiseDebug(s, op, single: false);
        return s->Event == 0 || HandleEvent(s, ref trap);
    }

    /// <summary>Runs one instruction: while TF or RF is set or a breakpoint on execution is armed, and to leave the stop.</summary>
    bool StepOnce(CpuState* s, ref Trap trap)
    {
        if ((s->SystemFlags & Flags.Resume) == 0 && Breakpoints.MeetsInstruction(s, s->Cs.Base + s->Eip))
        {
            trap = new Trap(TrapKind.Exception, Vectors.Debug);
            return false;
        }
        var block = FindBlock(s);
        if (block == null) return FetchFault(s, ref trap);
        bool single = (s->SystemFlags & Flags.Trap) != 0;
        s->SystemFlags &= ~Flags.Resume;
        var op = block->First;
        withheld = s->Budget - 1;
        s->Budget = 0;
        charging = true;
        op->Run(s, op);
        charging = false;
        s->Budget += withheld;
        withheld = 0;
        if ((op->Traits & OpTraits.EndsBlock) == 0) s->Eip = op->Next;
        if ((s->Event & (CpuEvent.SystemCall | CpuEvent.SysEnter | CpuEvent.Trap)) != 0) s->Met = 0;
        else if ((single || s->Met != 0) && !LoadsStackSegment(op)) RaiseDebug(s, op, single);
        return s->Event == 0 || HandleEvent(s, ref trap);
    }

    /// <summary>The instruction ends with #DB. Between two iterations RF says that the instruction has begun.</summary>
    static void RaiseDebug(CpuState* s, Op* op, bool single)
    {
        s->Dr[6] = Breakpoints.StatusFixed | s->Met | (single ? SingleStep : 0);
        s->Met = 0;
        if (s->Eip == op->Start && HandlerTable.Instance.FindRepeated(op->Code) != null) s->SystemFlags |= Flags.Resume;
        s->FaultVector = Vectors.Debug;
        s->Event |= CpuEvent.Trap;
    }

    /// <summary>MOV SS and POP SS put a single step and data breakpoints off to behind the next instruction.</summary>
    static bool LoadsStackSegment(Op* op) => op->A == CpuState.SegmentOffset + 0x20
        && op->Code is Code.Mov_Sreg_rm16 or Code.Mov_Sreg_r32m16 or Code.Popw_SS or Code.Popd_SS;
}
