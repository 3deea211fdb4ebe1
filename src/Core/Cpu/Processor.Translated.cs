using CheckpointRestart.Core.Cpu.Translator;

namespace CheckpointRestart.Core.Cpu;

/// <content>Translated code: when blocks are translated, and what is done where it comes back.</content>
public sealed unsafe partial class Processor
{
    /// <summary>Interpretations after which a block is translated that was translated before, elsewhere: that costs little.</summary>
    const int KnownAfter = 4;

    /// <summary>Interpretations after which a block is translated, unless a processor says otherwise.</summary>
    internal static int DefaultTranslateAfter { get; set; } = 30;

    /// <summary>What <see cref="CpuEngine.Auto"/> means; Auto for the fastest there is.</summary>
    internal static CpuEngine DefaultEngine { get; set; }

    readonly CpuEngine engine = BestEngine;

    /// <summary>What runs guest code: never Auto when read.</summary>
    /// <exception cref="PlatformNotSupportedException">Set to one that the host does not allow.</exception>
    public CpuEngine Engine
    {
        get => engine;
        init
        {
            wantsWindows = value == CpuEngine.Window;
            if (RefusalOf(value) is { } refusal) throw new PlatformNotSupportedException(refusal);
            engine = value == CpuEngine.Auto ? BestEngine : value;
        }
    }

    /// <summary>Why the host does not allow an engine; null when it does.</summary>
    public static string? RefusalOf(CpuEngine engine) => engine switch
    {
        CpuEngine.Window => WindowRefusal,
        CpuEngine.Tables => TranslationRefusal,
        _ => null,
    };

    /// <summary>Why code is not translated here; null when it can be.</summary>
    public static string? TranslationRefusal => HostCode.Refusal;

    static CpuEngine BestEngine => DefaultEngine != CpuEngine.Auto ? DefaultEngine : WindowRefusal == null ? CpuEngine.Window : HostCode.IsAvailable ? CpuEngine.Tables : CpuEngine.Interpreter;

    /// <summary>Interpretations after which a block is translated.</summary>
    internal int TranslateAfter
    {
        get;
        init
        {
            field = value;
            builder.KnownHeat = Math.Max(value - KnownAfter, 0);
        }
    } = DefaultTranslateAfter;

    /// <summary>Bytes of translated code of one address space after which all of it is dropped.</summary>
    internal long TranslationLimit { get; init; } = TranslationCache.UsualLimit;

    /// <summary>Slices that end in a translation before it is made again, with all that follows it.</summary>
    const int OftenSampled = 4;

    /// <summary>The masks of MXCSR's six exceptions.</summary>
    const uint VectorMasks = 0x1F80;

    /// <summary>The masks of x87's six exceptions, and the bits that tell of one that is pending.</summary>
    const uint X87Masks = 0x3F, X87Pending = 0x8080;

    static readonly TranslationExit Miss = new() { Kind = ExitKind.Indirect };

    /// <summary>Translated code came back because of the slice's end: what is left of it is interpreted.</summary>
    bool tail;

    TraceTranslator? translator;

    /// <summary>Translates a block that was run often.</summary>
    void Warm(Block* block)
    {
        // A link may still lead to a block whose code was changed: nothing would tell its translation of the next change.
        if (Engine == CpuEngine.Interpreter || block->Mode != 0 || block->Copy != null || block->First->Run == null) return;
        translator ??= new TraceTranslator();
        var translations = cache.BeginTranslations(TranslationLimit, Memory.Window != null);
        var record = builder.RecordOf(Memory, Model.Features, block);
        bool done = record?.TraceFor(translations.UsesWindow) is { } trace ? PlaceKnown(block, trace) || translator.Translate(Memory, cache, block)
            : translator.Translate(Memory, cache, block, record == null ? null : KeepTrace);
        if (!done && translations.Bytes >= translations.Limit) cache.DropTranslations();
    }

    /// <summary>Uses what was translated for the same code elsewhere.</summary>
    /// <returns>False when a block of it is not the same here, or when there is no room.</returns>
    bool PlaceKnown(Block* block, TraceRecord trace)
    {
        Span<nint> blocks = stackalloc nint[trace.Members.Length];
        blocks[0] = (nint)block;
        for (int i = 1; i < blocks.Length; i++)
            if ((blocks[i] = (nint)builder.FindPresent(Memory, cache, Model.Features, trace.Members[i])) == 0) return false;
        byte* code = cache.Translations!.Place(trace, blocks);
        if (code == null) return false;
        cache.Translations.Own(blocks);
        block->Code = code;
        placed++;
        return true;
    }

    long placed;

    /// <summary>Blocks decoded here, blocks and traces that were known.</summary>
    internal (long Decoded, long Adopted, long Placed) CodeCounts => (builder.Decoded, builder.Adopted, placed);

    /// <summary>Gives the library a trace all of whose blocks it has.</summary>
    void KeepTrace(Emission emission, Trace trace)
    {
        var members = new CodeRecord[trace.Members];
        for (int i = 0; i < members.Length; i++)
        {
            if (builder.RecordOf(Memory, Model.Features, trace.Member(i)) is not { } member) return;
            members[i] = member;
        }
        builder.Library!.Add(members[0], new TraceRecord(emission, trace, members));
    }

    /// <summary>Runs translated code from a block on for as long as there is any.</summary>
    /// <returns>The block to interpret next, not yet charged; null when the run of blocks ends, <paramref name="more"/> as <see cref="RunBlocks"/> returns it.</returns>
    Block* RunTranslated(CpuState* s, Block* block, ref Trap trap, out bool more)
    {
        var translations = cache.Translations!;
        var context = (TranslationContext*)s->ReadTable - 1;
        Prepare(s, context, translations);
        byte* code = block->Code;
        TranslationExit fault = default;
        more = true;
        while (true)
        {
            context->FlagKind = FlagKind.Saved;
            context->Slot = Flags.GetStatus(s) | Flags.Fixed;
            context->VectorsRefused = (s->Mxcsr & VectorMasks) == VectorMasks ? 0u : 1;
            context->X87Refused = (s->Fcw & X87Masks) == X87Masks && (s->Fsw & X87Pending) == 0 ? 0u : 1;
            context->Backward = s->SystemFlags & Flags.Direction;
            if (Memory.Window is { } window) window.Settle();
            uint number = HostStubs.Enter(s->ReadTable, code);
            while (number == HostStubs.FaultExit && TryFill(s, context, translations.Faults[context->FaultPlace])) number = HostStubs.Retry(s->ReadTable);
            if (number == HostStubs.FaultExit) fault = LeaveAt(s, context, translations.Faults[context->FaultPlace]);
            TranslatedFlags.Settle(s, context);
            if (context->X87Noted != 0) SettleX87(s, context);
            ref readonly var exit = ref number == HostStubs.MissExit ? ref Miss : ref number == HostStubs.FaultExit ? ref fault : ref translations[number];
            if (exit.Kind == ExitKind.Budget)
            {
                s->Eip = exit.Block->Eip;
                if (++exit.Block->Samples == OftenSampled && exit.Block->Code != null) translator!.Translate(Memory, cache, exit.Block, again: true);
                tail = true;
                if (s->Budget == 0) return null;
                return exit.Block;
            }
            if (exit.Kind == ExitKind.Plain)
            {
                byte* plain = translator!.TranslatePlain(Memory, cache, exit.Block);
                if (plain == null)
                {
                    s->Eip = exit.Block->Eip;
                    return exit.Block;
                }
                translations.Link(number, plain);
                code = plain;
                continue;
            }
            if (exit.Kind == ExitKind.Interpret)
            {
                if (!InterpretPart(s, exit, ref trap, ref more)) return null;
                if (exit.Resumes && exit.Head->Code != null && exit.Block->First->Run != null)
                {
                    s->Budget -= exit.Refund - exit.Count;
                    code = exit.Site;
                    continue;
                }
                if (s->Budget == 0) return null;
            }
            else
            {
                s->Eip = exit.Kind == ExitKind.Link ? exit.Target : context->Target;
                if (s->Budget == 0) return null;
            }
            long flushes = cache.Flushes;
            block = FindBlock(s);
            if (block == null)
            {
                more = FetchFault(s, ref trap);
                return null;
            }
            if (flushes != cache.Flushes) return block;
            if (block->Code == null && ++block->Heat == TranslateAfter) Warm(block);
            if (block->Code == null) return block;
            if (exit.Kind == ExitKind.Link && exit.Block->Code != null) translations.Link(number, block);
            else if (exit.Kind == ExitKind.Indirect) translations.Note(block);
            code = block->Code;
        }
    }

    /// <summary>What the last x87 instruction leaves beside its result.</summary>
    static void SettleX87(CpuState* s, TranslationContext* context)
    {
        s->Fip = context->InstructionPointer;
        s->Fcs = s->Cs.Selector;
        if (context->OperandSegment != 0)
        {
            s->Fdp = context->OperandPointer;
            s->Fds = Segments.At(s, (int)context->OperandSegment)->Selector;
        }
        context->X87Noted = context->OperandSegment = 0;
    }

    void Prepare(CpuState* s, TranslationContext* context, TranslationCache translations)
    {
        const SegmentRights Plain = SegmentRights.Read | SegmentRights.Write;
        context->State = s;
        context->Window = Memory.Window == null ? null : Memory.Window.Start;
        context->Targets = translations.Targets;
        context->FlagTable = HostStubs.FlagTable;
        context->GsBase = s->Gs.Base;
        context->GsIsPlain = s->Gs.Lowest == 0 && s->Gs.Highest == uint.MaxValue && (s->Gs.Rights & Plain) == Plain ? 1u : 0;
        context->VectorsLoaded = context->X87Loaded = context->X87Noted = context->OperandSegment = 0;
    }

    /// <summary>Interprets what translated code left, in one block; what was charged and not run is given back first.</summary>
    /// <returns>False when the run of blocks ends.</returns>
    bool InterpretPart(CpuState* s, in TranslationExit exit, ref Trap trap, ref bool more)
    {
        var block = exit.Block;
        var op = block->First + exit.Index;
        var end = exit.Count < block->Count - exit.Index ? op + exit.Count : block->End;
        s->Budget += exit.Refund;
        charging = true;
        while (op != end && op->Run != null)
        {
            s->Budget--;
            op->Run(s, op);
            if ((op->Traits & OpTraits.EndsBlock) != 0) break;
            s->Eip = op->Next;
            if (s->Event != 0) break;
            op++;
        }
        charging = false;
        if (s->Event == 0) return true;
        more = HandleEvent(s, ref trap);
        return false;
    }
}
