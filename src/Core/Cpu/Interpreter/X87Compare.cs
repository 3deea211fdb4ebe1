using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.X87Stack;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>FCOM, FUCOM, FICOM, FTST, FXAM, FCOMI, FUCOMI and FCMOVcc.</summary>
internal static unsafe class X87Compare
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Fcom_m32fp, &Single);
        table.Add(Code.Fcomp_m32fp, &SinglePop);
        table.Add(Code.Fcom_m64fp, &Double);
        table.Add(Code.Fcomp_m64fp, &DoublePop);
        table.Add(Code.Ficom_m16int, &Integer16);
        table.Add(Code.Ficomp_m16int, &Integer16Pop);
        table.Add(Code.Ficom_m32int, &Integer32);
        table.Add(Code.Ficomp_m32int, &Integer32Pop);
        table.Add(Code.Fcom_st0_sti, &Ordered);
        table.Add(Code.Fcom_st0_sti_DCD0, &Ordered);
        table.Add(Code.Fcomp_st0_sti, &OrderedPop);
        table.Add(Code.Fcomp_st0_sti_DCD8, &OrderedPop);
        table.Add(Code.Fcomp_st0_sti_DED0, &OrderedPop);
        table.Add(Code.Fucom_st0_sti, &Quiet);
        table.Add(Code.Fucomp_st0_sti, &QuietPop);
        table.Add(Code.Fcompp, &OrderedPopTwo);
        table.Add(Code.Fucompp, &QuietPopTwo);
        table.Add(Code.Ftst, &Test);
        table.Add(Code.Fxam, &Examine);
        table.Add(Code.Fcomi_st0_sti, &FlagsOrdered);
        table.Add(Code.Fcomip_st0_sti, &FlagsOrderedPop);
        table.Add(Code.Fucomi_st0_sti, &FlagsQuiet);
        table.Add(Code.Fucomip_st0_sti, &FlagsQuietPop);
        table.Add(Code.Fcmovb_st0_sti, &MoveBelow);
        table.Add(Code.Fcmove_st0_sti, &MoveEqual);
        table.Add(Code.Fcmovbe_st0_sti, &MoveBelowOrEqual);
        table.Add(Code.Fcmovu_st0_sti, &MoveUnordered);
        table.Add(Code.Fcmovnb_st0_sti, &MoveNotBelow);
        table.Add(Code.Fcmovne_st0_sti, &MoveNotEqual);
        table.Add(Code.Fcmovnbe_st0_sti, &MoveNotBelowOrEqual);
        table.Add(Code.Fcmovnu_st0_sti, &MoveNotUnordered);
    }

    private static void Single(CpuState* s, Op* op) => Single(s, op, 0);

    private static void SinglePop(CpuState* s, Op* op) => Single(s, op, 1);

    private static void Double(CpuState* s, Op* op) => Double(s, op, 0);

    private static void DoublePop(CpuState* s, Op* op) => Double(s, op, 1);

    private static void Integer16(CpuState* s, Op* op) => Integer16(s, op, 0);

    private static void Integer16Pop(CpuState* s, Op* op) => Integer16(s, op, 1);

    private static void Integer32(CpuState* s, Op* op) => Integer32(s, op, 0);

    private static void Integer32Pop(CpuState* s, Op* op) => Integer32(s, op, 1);

    private static void Single(CpuState* s, Op* op, int pops)
    {
        uint address = BeginMemory(s, op);
        uint bits = Guest.Read32(s, op, address);
        NoteOperand(s, op, address);
        FloatEnvironment env = Environment(s);
        With(s, op, Float80Convert.WidenSingle(bits, ref env), pops, ref env);
    }

    private static void Double(CpuState* s, Op* op, int pops)
    {
        uint address = BeginMemory(s, op);
        ulong bits = Guest.Read64(s, op, address);
        NoteOperand(s, op, address);
        FloatEnvironment env = Environment(s);
        With(s, op, Float80Convert.WidenDouble(bits, ref env), pops, ref env);
    }

    private static void Integer16(CpuState* s, Op* op, int pops)
    {
        uint address = BeginMemory(s, op);
        Integer(s, op, (short)Guest.Read16(s, op, address), address, pops);
    }

    private static void Integer32(CpuState* s, Op* op, int pops)
    {
        uint address = BeginMemory(s, op);
        Integer(s, op, (int)Guest.Read32(s, op, address), address, pops);
    }

    private static void Integer(CpuState* s, Op* op, int value, uint address, int pops)
    {
        NoteOperand(s, op, address);
        FloatEnvironment env = Environment(s);
        With(s, op, Float80Convert.FromInteger(value), pops, ref env);
    }

    private static void Ordered(CpuState* s, Op* op) => Registers(s, op, quiet: false, 0);

    private static void OrderedPop(CpuState* s, Op* op) => Registers(s, op, quiet: false, 1);

    private static void OrderedPopTwo(CpuState* s, Op* op) => Registers(s, op, quiet: false, 2);

    private static void Quiet(CpuState* s, Op* op) => Registers(s, op, quiet: true, 0);

    private static void QuietPop(CpuState* s, Op* op) => Registers(s, op, quiet: true, 1);

    private static void QuietPopTwo(CpuState* s, Op* op) => Registers(s, op, quiet: true, 2);

    private static void Registers(CpuState* s, Op* op, bool quiet, int pops)
    {
        Begin(s, op);

        // FCOMPP and FUCOMPP name no register and compare with ST(1).
        int other = pops == 2 ? 1 : op->B;
        if (IsEmpty(s, 0) || IsEmpty(s, other))
        {
            Underflow(s, op, pops);
            return;
        }

        FloatEnvironment env = Environment(s);
        FloatOrder order = Float80Compare.Compare(Get(s, 0), Get(s, other), quiet, ref env);
        Finish(s, op, order, pops, env);
    }

    private static void With(CpuState* s, Op* op, Float80 source, int pops, ref FloatEnvironment env)
    {
        if (IsEmpty(s, 0))
        {
            Underflow(s, op, pops);
            return;
        }

        FloatOrder order = Float80Compare.Compare(Get(s, 0), source, quiet: false, ref env);
        Finish(s, op, order, pops, env);
    }

    private static void Underflow(CpuState* s, Op* op, int pops)
    {
        bool masked = Fault(s, op, overflow: false);
        SetConditions(s, FloatOrder.Unordered);
        if (!masked) return;
        for (; pops > 0; pops--) Pop(s);
    }

    private static void Finish(CpuState* s, Op* op, FloatOrder order, int pops, in FloatEnvironment env)
    {
        bool proceed = Commit(s, op, env);
        SetConditions(s, order);
        if (!proceed) return;
        for (; pops > 0; pops--) Pop(s);
    }

    private static void SetConditions(CpuState* s, FloatOrder order)
    {
        int conditions = order switch
        {
            FloatOrder.Greater => 0,
            FloatOrder.Less => C0,
            FloatOrder.Equal => C3,
            _ => C0 | C2 | C3,
        };
        s->Fsw = (ushort)((s->Fsw & ~(C0 | C2 | C3)) | conditions);
    }

    private static void Test(CpuState* s, Op* op)
    {
        Begin(s, op);
        FloatEnvironment env = Environment(s);
        With(s, op, default, 0, ref env);
    }

    private static void Examine(CpuState* s, Op* op)
    {
        Begin(s, op);
        Float80 value = Get(s, 0);
        int conditions = value.Class switch
        {
            FloatClass.Unsupported => 0,
            FloatClass.QuietNaN or FloatClass.SignallingNaN => C0,
            FloatClass.Normal => C2,
            FloatClass.Infinity => C2 | C0,
            FloatClass.Zero => C3,
            _ => C3 | C2,
        };
        if (IsEmpty(s, 0)) conditions = C3 | C0;
        if (value.IsNegative) conditions |= C1;
        s->Fsw = (ushort)((s->Fsw & ~(C0 | C1 | C2 | C3)) | conditions);
    }

    private static void FlagsOrdered(CpuState* s, Op* op) => SetFlags(s, op, quiet: false, pop: false);

    private static void FlagsOrderedPop(CpuState* s, Op* op) => SetFlags(s, op, quiet: false, pop: true);

    private static void FlagsQuiet(CpuState* s, Op* op) => SetFlags(s, op, quiet: true, pop: false);

    private static void FlagsQuietPop(CpuState* s, Op* op) => SetFlags(s, op, quiet: true, pop: true);

    private static void SetFlags(CpuState* s, Op* op, bool quiet, bool pop)
    {
        Begin(s, op);
        bool proceed;
        FloatOrder order = FloatOrder.Unordered;
        if (IsEmpty(s, 0) || IsEmpty(s, op->B))
        {
            proceed = Fault(s, op, overflow: false);
        }
        else
        {
            FloatEnvironment env = Environment(s);
            order = Float80Compare.Compare(Get(s, 0), Get(s, op->B), quiet, ref env);

            // Only a stack fault touches C1.
            env.RoundedUp = (s->Fsw & C1) != 0;
            proceed = Commit(s, op, env);
        }

        SetOrder(s, order);
        if (proceed && pop) Pop(s);
    }

    /// <summary>ZF, PF and CF as FCOMI and COMISD set them; OF, SF and AF are cleared.</summary>
    internal static void SetOrder(CpuState* s, FloatOrder order) => Flags.SetStatus(s, order switch
    {
        FloatOrder.Greater => 0u,
        FloatOrder.Less => Flags.Carry,
        FloatOrder.Equal => Flags.Zero,
        _ => Flags.Zero | Flags.Parity | Flags.Carry,
    });

    private static void MoveBelow(CpuState* s, Op* op) => Move(s, op, Flags.Carry, whenSet: true);

    private static void MoveEqual(CpuState* s, Op* op) => Move(s, op, Flags.Zero, whenSet: true);

    private static void MoveBelowOrEqual(CpuState* s, Op* op) => Move(s, op, Flags.Carry | Flags.Zero, whenSet: true);

    private static void MoveUnordered(CpuState* s, Op* op) => Move(s, op, Flags.Parity, whenSet: true);

    private static void MoveNotBelow(CpuState* s, Op* op) => Move(s, op, Flags.Carry, whenSet: false);

    private static void MoveNotEqual(CpuState* s, Op* op) => Move(s, op, Flags.Zero, whenSet: false);

    private static void MoveNotBelowOrEqual(CpuState* s, Op* op) => Move(s, op, Flags.Carry | Flags.Zero, whenSet: false);

    private static void MoveNotUnordered(CpuState* s, Op* op) => Move(s, op, Flags.Parity, whenSet: false);

    private static void Move(CpuState* s, Op* op, uint flags, bool whenSet)
    {
        Begin(s, op);
        if (IsEmpty(s, 0) || IsEmpty(s, op->B))
        {
            if (Fault(s, op, overflow: false)) Set(s, 0, Float80.Indefinite);
            return;
        }

        if (((Flags.GetStatus(s) & flags) != 0) == whenSet) Set(s, 0, Get(s, op->B));
    }
}
