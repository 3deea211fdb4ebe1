using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <content>Windows: which address space gets one, and what is done where an access in one faulted.</content>
public sealed unsafe partial class Processor
{
    /// <summary>What <see cref="WindowAfter"/> means when it is null and nobody asked for windows.</summary>
    internal static ulong DefaultWindowAfter { get; set; } = 1_000_000;

    /// <summary>Why address spaces get no windows here; null when they do.</summary>
    public static string? WindowRefusal => HostFaults.Refusal ?? (FrameMemory.Descriptor < 0 ? "the host gives no shared memory" : null);

    readonly bool wantsWindows;

    /// <summary>Instructions of an address space after which it gets a window, twice as many each time it lost one to a fork; null for the usual
    /// number, or none where the engine was asked for by name.</summary>
    internal ulong? WindowAfter { get; init; }

    /// <summary>Opens a window for an address space that has run long enough, closes one that has no room.</summary>
    void ChooseWindow(AddressSpace memory)
    {
        if (engine != CpuEngine.Window) return;
        if (memory.Window is { } window)
        {
            if (window.IsStarved || (WindowAfter == null && !wantsWindows && FaultsTooOften())) CloseWindow(memory);
            return;
        }
        ulong after = Math.Max(WindowAfter ?? (wantsWindows ? 0 : DefaultWindowAfter), cache.WindowAfter);
        if (cache.Retired < after) return;
        HostFaults.Install();
        if (memory.OpenWindow()) cache.WindowAfter = after * 2;
        else cache.Retired = 0;
        cache.CountFaultsAnew();
    }

    void CloseWindow(AddressSpace memory)
    {
        memory.DropWindow();
        cache.Retired = 0;
        cache.CountFaultsAnew();
    }

    /// <summary>Every fault of the host's costs what a thousand look-ups in tables do: a program that makes them all the time, as one that rewrites its code, is better off without.</summary>
    bool FaultsTooOften()
    {
        // Faults that make up for their window's price are enough to tell; a program that maps and unmaps all the time has them within some thousand instructions.
        // A page comes for the first time once: that tells little, until a program does nothing else, which is cheaper before its window is there.
        const ulong Span = 2_000_000, Apart = 4000, Enough = 500, FirstOnes = 10;
        ulong run = cache.Retired - cache.HostFaultsFrom, faults = cache.HostFaults + cache.FirstFaults / FirstOnes;
        if (run < Span && faults < Enough) return false;
        bool often = faults > run / Apart;
        cache.CountFaultsAnew();
        return often;
    }

    /// <summary>Brings in the page whose access faulted, when that is all there is to do.</summary>
    /// <returns>True when the instruction can be tried again with everything as it was.</returns>
    bool TryFill(CpuState* s, TranslationContext* context, in FaultPoint point)
    {
        var window = Memory.Window!;
        ulong address = (ulong)(context->FaultAddress - window.Start);
        if ((context->FaultError & HostFaults.PageFault) == 0 || address > uint.MaxValue)
        {
            cache.HostFaults++;
            return false;
        }
        uint page = (uint)(address >> 12);
        bool write = point.Modifies || (context->FaultError & HostFaults.Write) != 0;
        if (window.HadBefore(page, write)) cache.HostFaults++;
        else cache.FirstFaults++;
        if (window.Fill(page, write)) return true;
        if (window.IsStarved || (Memory.GetPageState(page) & PageState.Code) != 0)
        {
            cache.HostFaults++;
            return false;
        }
        // What the page's source may ask for, as the time, counts the instructions in front of this one.
        var op = point.Block->First + point.Index;
        long charged = point.Refund - Uncounted(op);
        s->Budget += charged;
        Resolving = op;
        long distance = write ? Memory.ResolveWrite((uint)address) : Memory.ResolveRead((uint)address);
        Resolving = null;
        s->Budget -= charged;
        if (distance != 0 && window.Fill(page, write)) return true;
        cache.HostFaults++;
        return false;
    }

    /// <summary>Writes down the guest's state in front of an instruction that faulted, for the interpreter to run it.</summary>
    static TranslationExit LeaveAt(CpuState* s, TranslationContext* context, in FaultPoint point)
    {
        ref readonly var flags = ref point.Flags;
        if (flags.Source != FlagSource.Context) context->FlagKind = (FlagKind)flags.Kind;
        if (flags.Source == FlagSource.Deferred)
        {
            uint first = ValueOf(s, context, flags.First);
            uint second = flags.Second < 0 ? flags.Constant : Held(s, context, flags.Second);
            context->FlagA = first;
            context->FlagB = second;
        }
        if (point.X87Pointer is { } pointer) context->OperandPointer = ValueOf(s, context, pointer);
        s->Esp += (uint)point.Stack;
        if (point.HasX87)
        {
            context->X87Noted = 1;
            context->InstructionPointer = point.X87Instruction;
            if (point.X87Segment != 0) context->OperandSegment = point.X87Segment;
        }
        return new TranslationExit { Kind = ExitKind.Interpret, Block = point.Block, Index = point.Index, Refund = point.Refund };
    }

    static uint ValueOf(CpuState* s, TranslationContext* context, HostAddress address) =>
        (address.Base < 0 ? 0 : Held(s, context, address.Base)) + (address.Index < 0 ? 0 : Held(s, context, address.Index) << address.Scale) + (uint)address.Displacement;

    /// <summary>What a host register held that stands for one of the guest's, or for an operand of flags.</summary>
    static uint Held(CpuState* s, TranslationContext* context, int register) => register switch
    {
        HostAssembler.R10 => context->FlagA,
        HostAssembler.R11 => context->FlagB,
        HostAssembler.R15 => s->Esp,
        _ => s->Gpr[register],
    };
}
