using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.X87Stack;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP, FXCH and the constants.</summary>
internal static unsafe class X87Load
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Fld_m32fp, &LoadSingle);
        table.Add(Code.Fld_m64fp, &LoadDouble);
        table.Add(Code.Fld_m80fp, &LoadExtended);
        table.Add(Code.Fld_sti, &LoadRegister);
        table.Add(Code.Fild_m16int, &LoadInteger16);
        table.Add(Code.Fild_m32int, &LoadInteger32);
        table.Add(Code.Fild_m64int, &LoadInteger64);
        table.Add(Code.Fbld_m80bcd, &LoadDecimal);

        table.Add(Code.Fst_m32fp, &StoreSingle);
        table.Add(Code.Fstp_m32fp, &StoreSinglePop);
        table.Add(Code.Fst_m64fp, &StoreDouble);
        table.Add(Code.Fstp_m64fp, &StoreDoublePop);
        table.Add(Code.Fstp_m80fp, &StoreExtendedPop);
        table.Add(Code.Fst_sti, &StoreRegister);
        table.Add(Code.Fstp_sti, &StoreRegisterPop);
        table.Add(Code.Fstp_sti_DFD0, &StoreRegisterPop);
        table.Add(Code.Fstp_sti_DFD8, &StoreRegisterPop);
        table.Add(Code.Fstpnce_sti, &MoveRegisterPop);
        table.Add(Code.Fist_m16int, &StoreInteger16);
        table.Add(Code.Fistp_m16int, &StoreInteger16Pop);
        table.Add(Code.Fisttp_m16int, &TruncateInteger16Pop);
        table.Add(Code.Fist_m32int, &StoreInteger32);
        table.Add(Code.Fistp_m32int, &StoreInteger32Pop);
        table.Add(Code.Fisttp_m32int, &TruncateInteger32Pop);
        table.Add(Code.Fistp_m64int, &StoreInteger64Pop);
        table.Add(Code.Fisttp_m64int, &TruncateInteger64Pop);
        table.Add(Code.Fbstp_m80bcd, &StoreDecimalPop);

        table.Add(Code.Fxch_st0_sti, &Exchange);
        table.Add(Code.Fxch_st0_sti_DDC8, &Exchange);
        table.Add(Code.Fxch_st0_sti_DFC8, &Exchange);

        table.Add(Code.Fld1, &One);
        table.Add(Code.Fldz, &Zero);
        table.Add(Code.Fldl2t, &Log2Of10);
        table.Add(Code.Fldl2e, &Log2OfE);
        table.Add(Code.Fldpi, &Pi);
        table.Add(Code.Fldlg2, &Log10Of2);
        table.Add(Code.Fldln2, &LogEOf2);
    }

    private static void LoadSingle(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        uint bits = Guest.Read32(s, op, address);
        NoteOperand(s, op, address);
        if (Float80Fast.WidenSingle(bits, out ulong significand, out int exponent))
        {
            PushChecked(s, op, new Float80(significand, (ushort)exponent));
            return;
        }

        FloatEnvironment env = Environment(s);
        LoadNarrow(s, op, Float80Convert.WidenSingle(bits, ref env), ref env);
    }

    private static void LoadDouble(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        ulong bits = Guest.Read64(s, op, address);
        NoteOperand(s, op, address);
        if (Float80Fast.WidenDouble(bits, out ulong significand, out int exponent))
        {
            PushChecked(s, op, new Float80(significand, (ushort)exponent));
            return;
        }

        FloatEnvironment env = Environment(s);
        LoadNarrow(s, op, Float80Convert.WidenDouble(bits, ref env), ref env);
    }

    private static void LoadNarrow(CpuState* s, Op* op, Float80 widened, ref FloatEnvironment env)
    {
        if (!IsEmpty(s, -1))
        {
            if (Fault(s, op, overflow: true)) Push(s, Float80.Indefinite);
            return;
        }

        // A denormal is pushed also when that exception is unmasked.
        Float80 value = Float80Convert.Load(widened, ref env);
        Commit(s, op, env);
        if ((env.Flags & ~env.Masks & FloatFlags.Invalid) == 0) Push(s, value);
    }

    private static void LoadExtended(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        byte* bytes = stackalloc byte[10];
        Guest.ReadBytes(s, op, address, new Span<byte>(bytes, 10));
        NoteOperand(s, op, address);
        PushChecked(s, op, new Float80(*(ulong*)bytes, *(ushort*)(bytes + 8)));
    }

    private static void LoadRegister(CpuState* s, Op* op)
    {
        Begin(s, op);

        // Iced lists ST(0) as the implied destination of none of its load forms: the source is operand 0.
        if (IsEmpty(s, op->A))
        {
            if (Fault(s, op, overflow: false)) Push(s, Float80.Indefinite);
            return;
        }

        PushChecked(s, op, Get(s, op->A));
    }

    private static void LoadInteger16(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        LoadInteger(s, op, (short)Guest.Read16(s, op, address), address);
    }

    private static void LoadInteger32(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        LoadInteger(s, op, (int)Guest.Read32(s, op, address), address);
    }

    private static void LoadInteger64(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        LoadInteger(s, op, (long)Guest.Read64(s, op, address), address);
    }

    private static void LoadInteger(CpuState* s, Op* op, long value, uint address)
    {
        NoteOperand(s, op, address);
        PushChecked(s, op, Float80Convert.FromInteger(value));
    }

    private static void LoadDecimal(CpuState* s, Op* op)
    {
        uint address = BeginMemory(s, op);
        byte* bytes = stackalloc byte[10];
        Guest.ReadBytes(s, op, address, new Span<byte>(bytes, 10));
        NoteOperand(s, op, address);
        PushChecked(s, op, Float80Convert.FromDecimal(new ReadOnlySpan<byte>(bytes, 10)));
    }

    private static void PushChecked(CpuState* s, Op* op, Float80 value)
    {
        if (IsEmpty(s, -1))
        {
            ClearC1(s);
            Push(s, value);
        }
        else if (Fault(s, op, overflow: true))
        {
            Push(s, Float80.Indefinite);
        }
    }

    private static void StoreSingle(CpuState* s, Op* op) => StoreSingle(s, op, pop: false);

    private static void StoreSinglePop(CpuState* s, Op* op) => StoreSingle(s, op, pop: true);

    private static void StoreSingle(CpuState* s, Op* op, bool pop)
    {
        uint address = BeginStore(s, op);
        FloatEnvironment env = Environment(s);
        bool empty = IsEmpty(s, 0);
        uint result = empty ? 0xffc00000 : Float80Convert.ToSingle(Get(s, 0), ref env);
        if (Stores(env, empty)) Guest.Write32(s, op, address, result);
        FinishStore(s, op, address, env, empty, pop);
    }

    private static void StoreDouble(CpuState* s, Op* op) => StoreDouble(s, op, pop: false);

    private static void StoreDoublePop(CpuState* s, Op* op) => StoreDouble(s, op, pop: true);

    private static void StoreDouble(CpuState* s, Op* op, bool pop)
    {
        uint address = BeginStore(s, op);
        X87Register* top = Slot(s, 0);
        if ((s->Fcw & Float80Fast.ControlMask) == Float80Fast.Control && !IsEmpty(s, 0) && Float80Fast.ToDouble(top->Mantissa, top->SignExponent, out ulong narrowed, out int status))
        {
            Guest.Write64(s, op, address, narrowed);
            NoteOperand(s, op, address);
            s->Fsw = (ushort)((s->Fsw & ~C1) | status);
            if (pop) Pop(s);
            return;
        }

        FloatEnvironment env = Environment(s);
        bool empty = IsEmpty(s, 0);
        ulong result = empty ? 0xfff8000000000000 : Float80Convert.ToDouble(Get(s, 0), ref env);
        if (Stores(env, empty)) Guest.Write64(s, op, address, result);
        FinishStore(s, op, address, env, empty, pop);
    }

    private static void StoreExtendedPop(CpuState* s, Op* op)
    {
        uint address = BeginStore(s, op);
        FloatEnvironment env = Environment(s);
        bool empty = IsEmpty(s, 0);
        Float80 value = empty ? Float80.Indefinite : Get(s, 0);
        if (Stores(env, empty))
        {
            byte* bytes = stackalloc byte[10];
            *(ulong*)bytes = value.Significand;
            *(ushort*)(bytes + 8) = value.SignExponent;
            Guest.WriteBytes(s, op, address, new ReadOnlySpan<byte>(bytes, 10));
        }

        FinishStore(s, op, address, env, empty, pop: true);
    }

    private static void StoreInteger16(CpuState* s, Op* op) => StoreInteger(s, op, 16, truncate: false, pop: false);

    private static void StoreInteger16Pop(CpuState* s, Op* op) => StoreInteger(s, op, 16, truncate: false, pop: true);

    private static void TruncateInteger16Pop(CpuState* s, Op* op) => StoreInteger(s, op, 16, truncate: true, pop: true);

    private static void StoreInteger32(CpuState* s, Op* op) => StoreInteger(s, op, 32, truncate: false, pop: false);

    private static void StoreInteger32Pop(CpuState* s, Op* op) => StoreInteger(s, op, 32, truncate: false, pop: true);

    private static void TruncateInteger32Pop(CpuState* s, Op* op) => StoreInteger(s, op, 32, truncate: true, pop: true);

    private static void StoreInteger64Pop(CpuState* s, Op* op) => StoreInteger(s, op, 64, truncate: false, pop: true);

    private static void TruncateInteger64Pop(CpuState* s, Op* op) => StoreInteger(s, op, 64, truncate: true, pop: true);

    private static void StoreInteger(CpuState* s, Op* op, int bits, bool truncate, bool pop)
    {
        uint address = BeginStore(s, op);
        FloatEnvironment env = Environment(s);
        bool empty = IsEmpty(s, 0);
        long result = empty
            ? long.MinValue >> (64 - bits)
            : Float80Convert.ToInteger(Get(s, 0), bits, truncate ? Rounding.Zero : env.Rounding, ref env);
        if (Stores(env, empty))
        {
            if (bits == 16) Guest.Write16(s, op, address, (ushort)result);
            else if (bits == 32) Guest.Write32(s, op, address, (uint)result);
            else Guest.Write64(s, op, address, (ulong)result);
        }

        FinishStore(s, op, address, env, empty, pop);
    }

    private static void StoreDecimalPop(CpuState* s, Op* op)
    {
        uint address = BeginStore(s, op);
        FloatEnvironment env = Environment(s);
        bool empty = IsEmpty(s, 0);
        byte* bytes = stackalloc byte[10];
        var digits = new Span<byte>(bytes, 10);

        // An empty register stores what every other invalid operand stores.
        FloatEnvironment scratch = env;
        if (empty) Float80Convert.ToDecimal(Float80.Indefinite, digits, ref scratch);
        else Float80Convert.ToDecimal(Get(s, 0), digits, ref env);
        if (Stores(env, empty)) Guest.WriteBytes(s, op, address, digits);
        FinishStore(s, op, address, env, empty, pop: true);
    }

    private static uint BeginStore(CpuState* s, Op* op)
    {
        Wait(s, op);
        return Guest.WriteAddress(s, op);
    }

    /// <summary>True when memory is written: neither an unmasked exception before the result, nor an unmasked overflow or underflow.</summary>
    private static bool Stores(in FloatEnvironment env, bool empty) =>
        empty
            ? env.IsMasked(FloatFlags.Invalid)
            : (env.Flags & ~env.Masks & (FloatFlags.BeforeResult | FloatFlags.Overflow | FloatFlags.Underflow)) == 0;

    private static void FinishStore(CpuState* s, Op* op, uint address, in FloatEnvironment env, bool empty, bool pop)
    {
        // What is not stored for an exception must still be possible to store.
        if (!Stores(env, empty)) Guest.CheckWrite(s, op, address, op->Size);
        NoteOperand(s, op, address);
        if (empty)
        {
            if (Fault(s, op, overflow: false) && pop) Pop(s);
            return;
        }

        if (Stores(env, empty: false))
        {
            Commit(s, op, env);
            if (pop) Pop(s);
            return;
        }

        // Where nothing is stored nothing was rounded.
        FloatEnvironment refused = env;
        refused.Flags &= ~FloatFlags.Precision;
        refused.RoundedUp = false;
        Commit(s, op, refused);
    }

    private static void StoreRegister(CpuState* s, Op* op) => StoreRegister(s, op, pop: false);

    private static void StoreRegisterPop(CpuState* s, Op* op) => StoreRegister(s, op, pop: true);

    private static void StoreRegister(CpuState* s, Op* op, bool pop)
    {
        Begin(s, op);
        if (IsEmpty(s, 0))
        {
            if (!Fault(s, op, overflow: false)) return;
            Set(s, op->A, Float80.Indefinite);
        }
        else
        {
            ClearC1(s);
            Set(s, op->A, Get(s, 0));
        }

        if (pop) Pop(s);
    }

    /// <summary>FSTPNCE: an empty register raises nothing, and nothing is moved.</summary>
    private static void MoveRegisterPop(CpuState* s, Op* op)
    {
        Begin(s, op);
        ClearC1(s);
        if (!IsEmpty(s, 0)) Set(s, op->A, Get(s, 0));
        Pop(s);
    }

    private static void Exchange(CpuState* s, Op* op)
    {
        Begin(s, op);
        if (IsEmpty(s, 0) || IsEmpty(s, op->B))
        {
            if (!Fault(s, op, overflow: false)) return;
            if (IsEmpty(s, 0)) Set(s, 0, Float80.Indefinite);
            if (IsEmpty(s, op->B)) Set(s, op->B, Float80.Indefinite);
        }
        else
        {
            ClearC1(s);
        }

        Float80 other = Get(s, op->B);
        Set(s, op->B, Get(s, 0));
        Set(s, 0, other);
    }

    private static void One(CpuState* s, Op* op)
    {
        Begin(s, op);
        PushChecked(s, op, Float80.One);
    }

    private static void Zero(CpuState* s, Op* op)
    {
        Begin(s, op);
        PushChecked(s, op, default);
    }

    private static void Log2Of10(CpuState* s, Op* op) => Constant(s, op, 0xd49a784bcd1b8afe, 0x4000, nearestIsUp: false);

    private static void Log2OfE(CpuState* s, Op* op) => Constant(s, op, 0xb8aa3b295c17f0bb, 0x3fff, nearestIsUp: true);

    private static void Pi(CpuState* s, Op* op) => Constant(s, op, 0xc90fdaa22168c234, 0x4000, nearestIsUp: true);

    private static void Log10Of2(CpuState* s, Op* op) => Constant(s, op, 0x9a209a84fbcff798, 0x3ffd, nearestIsUp: true);

    private static void LogEOf2(CpuState* s, Op* op) => Constant(s, op, 0xb17217f7d1cf79ab, 0x3ffe, nearestIsUp: true);

    /// <summary>A constant by rounding control, given truncated.</summary>
    private static void Constant(CpuState* s, Op* op, ulong truncated, ushort exponent, bool nearestIsUp)
    {
        Begin(s, op);
        var rounding = (Rounding)((s->Fcw >> 10) & 3);
        bool up = rounding == Rounding.Up || (rounding == Rounding.Nearest && nearestIsUp);
        PushChecked(s, op, new Float80(truncated + (up ? 1UL : 0), exponent));
    }
}
