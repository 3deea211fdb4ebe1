using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The few routines that all translated code shares: the way in, the way out, flags, XMM registers. Made once a process.</summary>
/// <remarks>
/// In translated code the guest's registers are in the host's of the same number, but ESP is R15. R13 is the read table, the context lies in front
/// of it, the write table behind it. R12 is the budget, R10 and R11 are the operands of the flags, R8, R9 and R14 are free for each instruction.
/// </remarks>
internal static unsafe partial class HostStubs
{
    /// <summary>XMM8: no register of the guest's.</summary>
    const int Scratch = 8;

    /// <summary>What the x64 System V ABI lets nobody change.</summary>
    static readonly int[] Saved = [Rbx, Rbp, R12, R13, R14, R15];

    /// <summary>Free for each instruction.</summary>
    static readonly int[] Scratches = [R8, R9, R14];

    static readonly byte* enter, leave, loadVectors, loadX87, secondLook, miss, jumpThrough, fault, retry, remainder, nearestRemainder, rest;
    static readonly nint* flagTable;

    static HostStubs()
    {
        byte* chunk = HostCode.Take();
        var assembler = new HostAssembler();
        int inside = assembler.NewLabel(), outside = assembler.NewLabel(), vectors = assembler.NewLabel();
        assembler.Place(inside);
        WriteEnter(assembler);
        assembler.Place(outside);
        WriteLeave(assembler);
        assembler.Place(vectors);
        WriteLoadVectors(assembler);
        int x87 = assembler.NewLabel();
        assembler.Place(x87);
        WriteLoadX87(assembler);
        int again = assembler.NewLabel(), nowhere = assembler.NewLabel();
        assembler.Place(again);
        int found = assembler.NewLabel();
        foreach (int distance in (int[])[1, 2, 1])
        {
            assembler.AluImmediate(HostAlu.Xor, R8, distance * sizeof(JumpTarget), wide: true);
            assembler.AluMemory(HostAlu.Cmp, R14, R8, 0);
            assembler.JumpIf(HostCondition.Equal, found);
        }
        assembler.Place(nowhere);
        assembler.Store(R13, Context.ToTarget, R14);
        assembler.StoreImmediate(R13, Context.ToExit, MissExit);
        assembler.Jump(outside);
        assembler.Place(found);
        assembler.JumpMemory(R8, 8);
        int through = assembler.NewLabel();
        assembler.Place(through);
        WriteJumpThrough(assembler, again);
        int faulted = assembler.NewLabel(), retried = assembler.NewLabel();
        assembler.Place(faulted);
        WriteFault(assembler, outside);
        assembler.Place(retried);
        WriteRetry(assembler, vectors, x87);
        int truncated = assembler.NewLabel(), nearest = assembler.NewLabel();
        assembler.Place(truncated);
        WriteRemainder(assembler, Code.Fprem);
        assembler.Place(nearest);
        WriteRemainder(assembler, Code.Fprem1);
        int[] kinds = new int[(int)FlagKind.LastShift + 1];
        for (int i = 0; i < kinds.Length; i++)
        {
            kinds[i] = assembler.NewLabel();
            assembler.Place(kinds[i]);
            LoadFlags(assembler, (FlagKind)i);
            assembler.Return();
        }
        assembler.Finish(chunk);
        HostCode.Write(chunk, assembler.Bytes);
        rest = chunk + assembler.Length;
        enter = chunk + assembler.PlaceOf(inside);
        leave = chunk + assembler.PlaceOf(outside);
        loadVectors = chunk + assembler.PlaceOf(vectors);
        loadX87 = chunk + assembler.PlaceOf(x87);
        secondLook = chunk + assembler.PlaceOf(again);
        miss = chunk + assembler.PlaceOf(nowhere);
        jumpThrough = chunk + assembler.PlaceOf(through);
        fault = chunk + assembler.PlaceOf(faulted);
        retry = chunk + assembler.PlaceOf(retried);
        remainder = chunk + assembler.PlaceOf(truncated);
        nearestRemainder = chunk + assembler.PlaceOf(nearest);
        flagTable = (nint*)NativeMemory.Alloc((nuint)kinds.Length, (nuint)sizeof(nint));
        for (int i = 0; i < kinds.Length; i++) flagTable[i] = (nint)(chunk + assembler.PlaceOf(kinds[i]));
    }

    /// <summary>Runs translated code: read table, code; returns the number of the exit.</summary>
    internal static delegate* unmanaged<long*, byte*, uint> Enter => (delegate* unmanaged<long*, byte*, uint>)enter;

    /// <summary>Where translated code jumps to, once the number of the exit stands in the context.</summary>
    internal static byte* Leave => leave;

    /// <summary>Called by translated code before its first use of XMM registers.</summary>
    internal static byte* LoadVectors => loadVectors;

    /// <summary>Called by translated code before its first use of x87 registers.</summary>
    internal static byte* LoadX87 => loadX87;

    /// <summary>FPREM with every exception masked; R14 is 0 afterwards. It is not 0 where operands are no plain numbers or lie too far apart for one step: then nothing has changed.
    /// R8 and R9 are changed.</summary>
    internal static byte* Remainder => remainder;

    /// <summary>As <see cref="Remainder"/>, of FPREM1.</summary>
    internal static byte* NearestRemainder => nearestRemainder;

    /// <summary>Where an indirect jump goes on whose target, in R14, is not in the entry at R8: it may be in another of its group.</summary>
    internal static byte* SecondLook => secondLook;

    /// <summary>The number of the exit that <see cref="Miss"/> takes.</summary>
    internal const uint MissExit = uint.MaxValue;

    /// <summary>Where an indirect jump goes whose entry of the table is empty.</summary>
    internal static byte* Miss => miss;

    /// <summary>Jumps to where the guest address in R14 leads.</summary>
    internal static byte* JumpThrough => jumpThrough;

    /// <summary>Looks for the guest address in R14 and jumps to its code.</summary>
    internal static void WriteJumpThrough(HostAssembler assembler, int miss)
    {
        assembler.Multiply(R8, R14, JumpTarget.Factor);
        assembler.Shift(5, R8, 32 - JumpTarget.Bits);
        assembler.Shift(4, R8, 4, wide: true);
        assembler.AluMemory(HostAlu.Add, R8, R13, Context.ToTargets, wide: true);
        assembler.AluMemory(HostAlu.Cmp, R14, R8, 0);
        assembler.JumpIf(HostCondition.NotEqual, miss);
        assembler.JumpMemory(R8, 8);
    }

    /// <summary>The number of the exit that <see cref="Fault"/> takes.</summary>
    internal const uint FaultExit = uint.MaxValue - 1;

    /// <summary>Where the signal handler sends code whose access faulted: everything is kept, so that <see cref="Retry"/> can go on.</summary>
    internal static byte* Fault => fault;

    /// <summary>Goes on with the instruction that faulted, with everything as it was: read table; returns the number of the exit.</summary>
    internal static delegate* unmanaged<long*, uint> Retry => (delegate* unmanaged<long*, uint>)retry;

    /// <summary>What of the chunk is left, for other code that is made once a process.</summary>
    internal static byte* Rest => rest;

    internal static nint* FlagTable => flagTable;

    /// <summary>Turns flags that come from a known simple operation, or but for OF and AF from a shift, into host flags. Changes R14 alone.</summary>
    internal static void LoadFlags(HostAssembler assembler, FlagKind kind)
    {
        if (kind == FlagKind.Saved)
        {
            assembler.PushMemory(R13, Context.ToSlot);
            assembler.PopFlags();
            return;
        }
        int width = ((int)kind - 1) % 3;
        Register a = Sized(R10, width), b = Sized(R11, width), scratch = Sized(R14, width);
        switch (kind - width)
        {
            case FlagKind.Add8:
                assembler.Move(R14, R10);
                Encode(assembler, Instruction.Create(Pick(width, Code.Add_r8_rm8, Code.Add_r16_rm16, Code.Add_r32_rm32), scratch, b));
                break;
            case FlagKind.Sub8:
                Encode(assembler, Instruction.Create(Pick(width, Code.Cmp_r8_rm8, Code.Cmp_r16_rm16, Code.Cmp_r32_rm32), a, b));
                break;
            case FlagKind.Logic8:
                Encode(assembler, Instruction.Create(Pick(width, Code.Test_rm8_r8, Code.Test_rm16_r16, Code.Test_rm32_r32), a, a));
                break;
            case FlagKind.Inc8:
                assembler.Lea(R14, R10, -1, 0, -1);
                Encode(assembler, Instruction.Create(Code.Bt_rm32_imm8, Register.R11D, 0));
                Encode(assembler, Instruction.Create(Pick(width, Code.Inc_rm8, Code.Inc_rm16, Code.Inc_rm32), scratch));
                break;
            case FlagKind.Dec8:
                assembler.Lea(R14, R10, -1, 0, 1);
                Encode(assembler, Instruction.Create(Code.Bt_rm32_imm8, Register.R11D, 0));
                Encode(assembler, Instruction.Create(Pick(width, Code.Dec_rm8, Code.Dec_rm16, Code.Dec_rm32), scratch));
                break;
            case FlagKind.Sum8 or FlagKind.Difference8:
                // What came in is what the result has too much or too little.
                bool sum = kind - width == FlagKind.Sum8;
                assembler.Load(R14, R13, Context.ToFlagC);
                assembler.Alu(HostAlu.Sub, R14, R10);
                assembler.Alu(sum ? HostAlu.Sub : HostAlu.Add, R14, R11);
                Encode(assembler, Instruction.Create(Code.Bt_rm32_imm8, Register.R14D, 0));
                assembler.Move(R14, R10);
                Encode(assembler, Instruction.Create(sum ? Pick(width, Code.Adc_r8_rm8, Code.Adc_r16_rm16, Code.Adc_r32_rm32) : Pick(width, Code.Sbb_r8_rm8, Code.Sbb_r16_rm16, Code.Sbb_r32_rm32), scratch, b));
                break;
            default:
                var exchange = Instruction.Create(Code.Xchg_rm32_r32, Register.ECX, Register.R11D);
                Encode(assembler, exchange);
                assembler.Move(R14, R10);
                Encode(assembler, Instruction.Create((kind - width) switch
                {
                    FlagKind.Shl8 => Pick(width, Code.Shl_rm8_CL, Code.Shl_rm16_CL, Code.Shl_rm32_CL),
                    FlagKind.Shr8 => Pick(width, Code.Shr_rm8_CL, Code.Shr_rm16_CL, Code.Shr_rm32_CL),
                    _ => Pick(width, Code.Sar_rm8_CL, Code.Sar_rm16_CL, Code.Sar_rm32_CL),
                }, scratch, Register.CL));
                Encode(assembler, exchange);
                break;
        }
    }

    /// <summary>A host register of 8, 16 or 32 bits (width 0, 1, 2).</summary>
    internal static Register Sized(int number, int width) =>
        (width == 0 ? number < 4 ? Register.AL : Register.SPL - 4 : width == 1 ? Register.AX : Register.EAX) + number;

    static Code Pick(int width, Code code8, Code code16, Code code32) => width == 0 ? code8 : width == 1 ? code16 : code32;

    static void Encode(HostAssembler assembler, in Instruction instruction)
    {
        if (!assembler.TryEncode(instruction)) throw new InvalidOperationException($"{instruction} has no encoding");
    }

    static void WriteEnter(HostAssembler assembler)
    {
        WriteHostState(assembler);
        assembler.Move64(R8, Rsi);
        WriteGuestState(assembler);
        assembler.JumpRegister(R8);
    }

    /// <summary>Keeps what the ABI asks for; the read table comes into R13, the window into GS.</summary>
    static void WriteHostState(HostAssembler assembler)
    {
        foreach (int register in Saved) assembler.Push(register);
        assembler.AluImmediate(HostAlu.Sub, Rsp, 8, wide: true);
        assembler.Move64(R13, Rdi);
        if (!HostFaults.HasGsBase) return;
        int without = assembler.NewLabel();
        assembler.Load64(Rax, R13, Context.ToWindow);
        assembler.Test64(Rax, Rax);
        assembler.JumpIf(HostCondition.Equal, without);
        Encode(assembler, Instruction.Create(Code.Wrgsbase_r64, Register.RAX));
        assembler.Place(without);
    }

    /// <summary>R13 is the read table; R9 is changed.</summary>
    static void WriteGuestState(HostAssembler assembler)
    {
        assembler.Load64(R9, R13, Context.ToState);
        assembler.Load64(R12, R9, 0x38);
        assembler.Load(R10, R13, Context.ToFlagA);
        assembler.Load(R11, R13, Context.ToFlagB);
        for (int i = 0; i < 8; i++) assembler.Load(i == Rsp ? R15 : i, R9, i * 4);
    }

    static void WriteFault(HostAssembler assembler, int leaving)
    {
        assembler.PushFlags();
        assembler.PopMemory(R13, Context.ToFaultFlags);
        for (int i = 0; i < Scratches.Length; i++) assembler.Store64(R13, Context.ToFaultScratch + i * 8, Scratches[i]);
        assembler.Load(R8, R13, Context.ToX87Loaded);
        assembler.Shift(4, R8, 8);
        assembler.AluMemory(HostAlu.Or, R8, R13, Context.ToVectorsLoaded);
        assembler.Store(R13, Context.ToFaultUnits, R8);
        assembler.StoreImmediate(R13, Context.ToExit, FaultExit);
        assembler.Jump(leaving);
    }

    static void WriteRetry(HostAssembler assembler, int vectors, int x87)
    {
        int withoutVectors = assembler.NewLabel(), withoutX87 = assembler.NewLabel();
        WriteHostState(assembler);
        assembler.TestMemory(R13, Context.ToFaultUnits, 1);
        assembler.JumpIf(HostCondition.Equal, withoutVectors);
        assembler.Call(vectors);
        assembler.Place(withoutVectors);
        assembler.TestMemory(R13, Context.ToFaultUnits, 0x100);
        assembler.JumpIf(HostCondition.Equal, withoutX87);
        assembler.Call(x87);
        assembler.Place(withoutX87);
        WriteGuestState(assembler);
        for (int i = 0; i < Scratches.Length; i++) assembler.Load64(Scratches[i], R13, Context.ToFaultScratch + i * 8);
        assembler.PushMemory(R13, Context.ToFaultFlags);
        assembler.PopFlags();
        assembler.JumpMemory(R13, Context.ToFaultPlace);
    }

    static void WriteLeave(HostAssembler assembler)
    {
        int vectors = assembler.NewLabel(), withoutX87 = assembler.NewLabel(), done = assembler.NewLabel();
        assembler.Load64(R9, R13, Context.ToState);
        for (int i = 0; i < 8; i++) assembler.Store(R9, i * 4, i == Rsp ? R15 : i);
        assembler.Store64(R9, 0x38, R12);
        assembler.Store(R13, Context.ToFlagA, R10);
        assembler.Store(R13, Context.ToFlagB, R11);
        assembler.CompareMemory(R13, Context.ToX87Loaded, 0);
        assembler.JumpIf(HostCondition.Equal, withoutX87);
        WriteSaveX87(assembler);
        assembler.Place(withoutX87);
        assembler.CompareMemory(R13, Context.ToVectorsLoaded, 0);
        assembler.JumpIf(HostCondition.NotEqual, vectors);
        assembler.Place(done);
        assembler.Load(Rax, R13, Context.ToExit);
        assembler.AluImmediate(HostAlu.Add, Rsp, 8, wide: true);
        for (int i = Saved.Length - 1; i >= 0; i--) assembler.Pop(Saved[i]);
        assembler.Return();

        assembler.Place(vectors);
        for (int i = 0; i < 8; i++) assembler.Memory(0x0F29, i, R9, -1, 0, CpuState.XmmOffset + i * 16);
        assembler.Memory(0x0FAE, 3, R9, -1, 0, CpuState.MxcsrOffset);
        assembler.Memory(0x0FAE, 2, R13, -1, 0, Context.ToHostControl);
        assembler.StoreImmediate(R13, Context.ToVectorsLoaded, 0);
        assembler.Jump(done);
    }

    static void WriteLoadVectors(HostAssembler assembler)
    {
        // Upper halves that were left behind would slow down every SSE instruction.
        if (Avx.IsSupported) Encode(assembler, Instruction.Create(Code.VEX_Vzeroupper));
        assembler.Load64(R9, R13, Context.ToState);
        for (int i = 0; i < 8; i++) assembler.Memory(0x0F28, i, R9, -1, 0, CpuState.XmmOffset + i * 16);
        assembler.Memory(0x0FAE, 3, R13, -1, 0, Context.ToHostControl);
        assembler.Memory(0x0FAE, 2, R9, -1, 0, CpuState.MxcsrOffset);
        assembler.StoreImmediate(R13, Context.ToVectorsLoaded, 1);
        assembler.Return();
    }
}
