using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.X87Stack;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>Control and status words, environments, the whole state: FLDCW to FXRSTOR. Most of these do not wait.</summary>
internal static unsafe class X87Control
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Wait, &WaitForPending);
        table.Add(Code.Fnop, &NoOperation);
        table.Add(Code.Fldcw_m2byte, &LoadControl);
        table.Add(Code.Fnstcw_m2byte, &StoreControl);
        table.Add(Code.Fnstsw_m2byte, &StoreStatus);
        table.Add(Code.Fnstsw_AX, &StoreStatusAx);
        table.Add(Code.Fnclex, &ClearExceptions);
        table.Add(Code.Fninit, &Initialise);
        table.Add(Code.Fneni, &Ignored);
        table.Add(Code.Fndisi, &Ignored);
        table.Add(Code.Fnsetpm, &Ignored);
        table.Add(Code.Fincstp, &Increment);
        table.Add(Code.Fdecstp, &Decrement);
        table.Add(Code.Ffree_sti, &Free);
        table.Add(Code.Ffreep_sti, &FreePop);
        table.Add(Code.Fnstenv_m14byte, &StoreEnvironment16);
        table.Add(Code.Fnstenv_m28byte, &StoreEnvironment32);
        table.Add(Code.Fldenv_m14byte, &LoadEnvironment16);
        table.Add(Code.Fldenv_m28byte, &LoadEnvironment32);
        table.Add(Code.Fnsave_m94byte, &Save16);
        table.Add(Code.Fnsave_m108byte, &Save32);
        table.Add(Code.Frstor_m94byte, &Restore16);
        table.Add(Code.Frstor_m108byte, &Restore32);
        table.Add(Code.Fxsave_m512byte, &SaveExtended);
        table.Add(Code.Fxrstor_m512byte, &RestoreExtended);
    }

    private static void WaitForPending(CpuState* s, Op* op) => Wait(s, op);

    private static void NoOperation(CpuState* s, Op* op) => Begin(s, op);

    private static void Ignored(CpuState* s, Op* op)
    {
    }

    private static void LoadControl(CpuState* s, Op* op)
    {
        ushort control = Guest.Read16(s, op, BeginMemory(s, op));
        s->Fcw = FxState.ValidControl(control);
        Summarise(s);
    }

    private static void StoreControl(CpuState* s, Op* op)
    {
        Guest.Write16(s, op, Guest.WriteAddress(s, op), s->Fcw);
    }

    private static void StoreStatus(CpuState* s, Op* op)
    {
        Guest.Write16(s, op, Guest.WriteAddress(s, op), FxState.Status(s));
    }

    private static void StoreStatusAx(CpuState* s, Op* op)
    {
        s->Eax = (s->Eax & 0xffff0000) | FxState.Status(s);
    }

    private static void ClearExceptions(CpuState* s, Op* op) => s->Fsw = (ushort)(s->Fsw & ~(Summary | StackFault | FloatFlags.All));

    private static void Initialise(CpuState* s, Op* op)
    {
        FxState.Initialise(s);
    }

    private static void Increment(CpuState* s, Op* op)
    {
        Begin(s, op);
        ClearC1(s);
        s->Top = (byte)((s->Top + 1) & 7);
    }

    private static void Decrement(CpuState* s, Op* op)
    {
        Begin(s, op);
        ClearC1(s);
        s->Top = (byte)((s->Top - 1) & 7);
    }

    private static void Free(CpuState* s, Op* op)
    {
        Begin(s, op);
        ClearC1(s);
        s->Tags &= (byte)~(1 << ((s->Top + op->A) & 7));
    }

    private static void FreePop(CpuState* s, Op* op)
    {
        Free(s, op);
        Pop(s);
    }

    private static void StoreEnvironment16(CpuState* s, Op* op) => StoreEnvironment(s, op, FxState.ShortEnvironmentSize);

    private static void StoreEnvironment32(CpuState* s, Op* op) => StoreEnvironment(s, op, FxState.EnvironmentSize);

    private static void StoreEnvironment(CpuState* s, Op* op, int size)
    {
        uint address = Guest.WriteAddress(s, op);
        Span<byte> image = stackalloc byte[size];
        FxState.SaveEnvironment(s, image);
        Guest.Probe(s, op, address, image.Length, HeadSize(image.Length), write: true);
        Guest.WriteBytes(s, op, address, image);
        s->Fcw |= FloatFlags.All;
        Summarise(s);
    }

    private static void LoadEnvironment16(CpuState* s, Op* op) => LoadEnvironment(s, op, FxState.ShortEnvironmentSize);

    private static void LoadEnvironment32(CpuState* s, Op* op) => LoadEnvironment(s, op, FxState.EnvironmentSize);

    private static void LoadEnvironment(CpuState* s, Op* op, int size)
    {
        uint address = BeginMemory(s, op);
        Span<byte> image = stackalloc byte[size];
        Guest.Probe(s, op, address, image.Length, HeadSize(image.Length), write: false);
        Guest.ReadBytes(s, op, address, image);
        FxState.RestoreEnvironment(s, image);
    }

    private static void Save16(CpuState* s, Op* op) => Save(s, op, FxState.ShortEnvironmentSize);

    private static void Save32(CpuState* s, Op* op) => Save(s, op, FxState.EnvironmentSize);

    private static void Save(CpuState* s, Op* op, int environment)
    {
        uint address = Guest.WriteAddress(s, op);
        Span<byte> image = stackalloc byte[environment + 80];
        FxState.SaveEnvironment(s, image[..environment]);
        FxState.SaveRegisters(s, image[environment..]);
        Guest.Probe(s, op, address, image.Length, HeadSize(image.Length), write: true);
        Guest.WriteBytes(s, op, address, image);
        FxState.Initialise(s);
    }

    private static void Restore16(CpuState* s, Op* op) => Restore(s, op, FxState.ShortEnvironmentSize);

    private static void Restore32(CpuState* s, Op* op) => Restore(s, op, FxState.EnvironmentSize);

    private static void Restore(CpuState* s, Op* op, int environment)
    {
        uint address = BeginMemory(s, op);
        Span<byte> image = stackalloc byte[environment + 80];
        Guest.Probe(s, op, address, image.Length, HeadSize(image.Length), write: false);
        Guest.ReadBytes(s, op, address, image);
        FxState.RestoreEnvironment(s, image[..environment]);
        FxState.RestoreRegisters(s, image[environment..]);
    }

    /// <summary>Bytes of an environment, or of a whole state, that are looked at before the rest: the control word, in its slot.</summary>
    private static int HeadSize(int length) => length is FxState.EnvironmentSize or FxState.FsaveSize ? 4 : 2;

    private static void SaveExtended(CpuState* s, Op* op)
    {
        uint address = Guest.WriteAddress(s, op);
        if ((address & 15) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        Span<byte> image = stackalloc byte[FxState.ExtendedSize];
        FxState.Save(s, image);

        // Outside 64-bit mode only eight XMM registers are written; what lies behind them stays.
        Guest.Probe(s, op, address, FxState.ExtendedSize, head: 0, write: true);
        Guest.WriteBytes(s, op, address, image[..FxState.ExtendedUsed]);
    }

    private static void RestoreExtended(CpuState* s, Op* op)
    {
        uint address = Guest.Address(s, op);
        if ((address & 15) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        Span<byte> image = stackalloc byte[FxState.ExtendedSize];
        Guest.Probe(s, op, address, FxState.ExtendedSize, head: 0, write: false);
        Guest.ReadBytes(s, op, address, image);
        if (!FxState.IsValid(image)) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        FxState.Restore(s, image);
    }
}
