using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Translates a trace: finds whose flags anybody sees, has each instruction rewritten, and puts the code into its place.</summary>
internal sealed unsafe class TraceTranslator
{
    /// <summary>One in so many instructions may be left to the interpreter.</summary>
    const int MostRefused = 6;

    /// <summary>Instructions of the last trace.</summary>
    internal int Instructions => trace.Count;

    readonly Trace trace = new();
    readonly Emission emission = new();
    readonly Rewrite?[] rules = new Rewrite?[Trace.Most];
    readonly bool[] observed = new bool[Trace.Most + 1];
    /// <summary>General registers that each instruction changes, a bit each, and what it does to its memory operand.</summary>
    readonly int[] written = new int[Trace.Most];
    readonly OpAccess[] accesses = new OpAccess[Trace.Most];
    readonly InstructionEffects effects = new();
    RewriteUnits units;

    /// <summary>Translates what begins with a block of flat 32-bit code.</summary>
    /// <param name="memory">Where the code is.</param>
    /// <param name="cache">Its blocks.</param>
    /// <param name="block">The first one.</param>
    /// <param name="keep">Given what was translated, before it has its place; null where nobody wants it.</param>
    /// <param name="again">It is translated and runs much of the time: what follows it is taken in, also where that has been translated.</param>
    /// <returns>False when it is better interpreted, or when there is no room.</returns>
    internal bool Translate(AddressSpace memory, BlockCache cache, Block* block, Action<Emission, Trace>? keep = null, bool again = false)
    {
        bool window = cache.Translations!.UsesWindow;
        if (!trace.TryCollect(memory, cache, block, int.MaxValue, repeats: again, again) || !TryEmit(grouped: !window, window)) return false;
        keep?.Invoke(emission, trace);
        byte* code = cache.Translations.Place(emission);
        if (code == null) return false;
        cache.Translations.Own(trace.Blocks);
        if (again) cache.Translations.Replace(block, code);
        block->Code = code;
        return true;
    }

    /// <summary>Translates a block alone, with a check of every access.</summary>
    /// <returns>Its code; null when there is no room.</returns>
    internal byte* TranslatePlain(AddressSpace memory, BlockCache cache, Block* block) =>
        trace.TryCollect(memory, cache, block, 1, repeats: false, through: false) && TryEmit(grouped: false, window: false) ? cache.Translations!.Place(emission) : null;

    bool TryEmit(bool grouped, bool window)
    {
        int refused = FindRules();
        while (true)
        {
            if (refused * MostRefused > trace.Count && (grouped || window)) return false;
            if (grouped) emission.Groups.Plan(trace, rules, written, accesses);
            else emission.Groups.Clear();
            int failed = Emit(window);
            if (failed < 0) return true;
            rules[failed] = null;
            refused++;
        }
    }

    /// <returns>Instructions that are left to the interpreter, the last one not counted when it ends the block.</returns>
    int FindRules()
    {
        int refused = 0;
        units = RewriteUnits.None;
        for (int i = 0; i < trace.Count; i++)
        {
            var op = trace.Op(i);
            // What the model of processor does not have is #UD.
            rules[i] = Binder.IsUndefined(op) ? null : RewriteTable.Instance.Find(trace.Instructions[i].Code);
            if (rules[i] == null && (op->Traits & OpTraits.EndsBlock) == 0) refused++;
            written[i] = 0;
            accesses[i] = OpAccess.None;
            if (rules[i] is not { } rule) continue;
            units |= rule.Units;
            written[i] = effects.WrittenBy(trace.Instructions[i], out accesses[i]);
            if (accesses[i] != OpAccess.None && op->Special == OpSpecial.Segmented) units |= RewriteUnits.Gs;
        }
        return refused;
    }

    /// <returns>The instruction that cannot be rewritten, or -1.</returns>
    int Emit(bool window)
    {
        int count = trace.Count;
        observed[count] = true;
        for (int i = count - 1; i >= 0; i--) observed[i] = IsSeenAt(i);
        emission.Begin(trace, window, units);
        for (int i = 0; i < count; i++)
        {
            emission.Index = i;
            if (rules[i] is { } rule)
            {
                emission.IsObserved = observed[i + 1];
                emission.KeepsScratch = rule.KeepsScratch && !(trace.Instructions[i].Mnemonic == Mnemonic.Push && trace.Instructions[i].Op0Kind == OpKind.Memory);
                emission.BeforeWrite(trace.Instructions[i], written[i], observed[i + 1] && !SetsAll(i, rule));
                emission.BeforeStackUse(trace.Instructions[i]);
                emission.StartInstruction(accesses[i] is OpAccess.ReadWrite or OpAccess.ReadCondWrite);
                if (!rule.Emit(emission, trace.Instructions[i], trace.Op(i))) return i;
                emission.EndInstruction();
                continue;
            }
            int end = i + 1;
            while (end < count && rules[end] == null && trace.Owner(end) == trace.Owner(i)) end++;
            emission.InterpretRun(end - i, (trace.Op(end - 1)->Traits & OpTraits.EndsBlock) == 0);
            i = end - 1;
        }
        var last = trace.Op(count - 1);
        if ((last->Traits & OpTraits.EndsBlock) == 0) emission.JumpTo(last->Next, null);
        emission.Finish();
        return -1;
    }

    bool SetsAll(int index, Rewrite rule) => rule.Effect == FlagEffect.Full || (rule.Effect == FlagEffect.Partial && ShiftRewrites.SetsAll(trace.Instructions[index]));

    /// <summary>True when the flags in front of an instruction are seen: it reads them, or it may leave to the interpreter, or it leaves them to one that does.</summary>
    bool IsSeenAt(int index)
    {
        if (rules[index] is not { } rule) return true;
        ref readonly var instruction = ref trace.Instructions[index];
        if (instruction.RflagsRead != 0 || rule.MayLeave || MayLeave(index, instruction)) return true;
        return !SetsAll(index, rule) && observed[index + 1];
    }

    bool MayLeave(int index, in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Ret) return true;
        if (instruction.IsStackInstruction && emission.Groups.Stack(index).Group < 0) return true;
        if (instruction.Mnemonic is Mnemonic.Lea or Mnemonic.Nop or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Prefetchnta) return false;
        bool memory = instruction.OpCount > 0 && (instruction.Op0Kind == OpKind.Memory || (instruction.OpCount > 1 && instruction.Op1Kind == OpKind.Memory));
        return memory && emission.Groups.Operand(index).Group < 0;
    }
}
