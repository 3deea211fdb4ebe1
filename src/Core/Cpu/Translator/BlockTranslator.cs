using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Translates one block: decodes it again, finds whose flags anybody sees, has each instruction rewritten, and puts the code into its place.</summary>
internal sealed unsafe class BlockTranslator
{
    const int Most = 80;

    readonly Emission emission = new();
    readonly Instruction[] instructions = new Instruction[Most];
    readonly Rewrite?[] rules = new Rewrite?[Most];
    readonly bool[] observed = new bool[Most + 1];

    /// <summary>The instruction is the first that needs registers of its unit, unless they are loaded already.</summary>
    readonly bool[] loads = new bool[Most];

    /// <summary>Translates a block of flat 32-bit code.</summary>
    /// <returns>False when it is better interpreted, or when there is no room.</returns>
    internal bool Translate(AddressSpace memory, TranslationCache cache, Block* block)
    {
        if (!TryDecode(memory, block)) return false;
        int refused = FindRules(block);
        if (refused * 6 > block->Count) return false;
        if (!TryEmit(block, refused, grouped: true)) return false;
        byte* code = cache.Place(emission);
        block->Code = code;
        return code != null;
    }

    /// <summary>Translates a block again, with a check of every access.</summary>
    /// <returns>Where its code goes on behind the charge; null when there is no room.</returns>
    internal byte* TranslatePlain(AddressSpace memory, TranslationCache cache, Block* block)
    {
        if (!TryDecode(memory, block)) return null;
        FindRules(block);
        if (!TryEmit(block, 0, grouped: false)) return null;
        byte* code = cache.Place(emission);
        return code == null ? null : code + emission.Charged;
    }

    bool TryEmit(Block* block, int refused, bool grouped)
    {
        while (true)
        {
            if (grouped) emission.Groups.Plan(instructions.AsSpan(0, block->Count), block->First, rules.AsSpan(0, block->Count));
            else emission.Groups.Clear();
            int failed = Emit(block);
            if (failed < 0) return true;
            rules[failed] = null;
            if (++refused * 6 > block->Count && grouped) return false;
        }
    }

    /// <returns>Instructions that are left to the interpreter, the last one not counted when it ends the block.</returns>
    int FindRules(Block* block)
    {
        int refused = 0;
        for (int i = 0; i < block->Count; i++)
        {
            // What the model of processor does not have is #UD.
            rules[i] = Binder.IsUndefined(block->First + i) ? null : RewriteTable.Instance.Find(instructions[i].Code);
            if (rules[i] == null && (block->First[i].Traits & OpTraits.EndsBlock) == 0) refused++;
        }
        return refused;
    }

    bool TryDecode(AddressSpace memory, Block* block)
    {
        byte[] bytes = new byte[block->Length];
        if (!BlockBuilder.CopyBytes(memory, block->CodeBase + block->Eip, bytes)) return false;
        var decoder = Decoder.Create(32, bytes, block->Eip, BlockBuilder.Options);
        for (int i = 0; i < block->Count; i++)
        {
            decoder.Decode(out instructions[i]);
            if (instructions[i].Code != block->First[i].Code) return false;
        }
        return true;
    }

    /// <returns>The instruction that cannot be rewritten, or -1.</returns>
    int Emit(Block* block)
    {
        int count = block->Count;
        FindLoads(count);
        observed[count] = true;
        for (int i = count - 1; i >= 0; i--) observed[i] = IsSeenAt(i, block->First + i);
        emission.Begin(block);
        for (int i = 0; i < count; i++)
        {
            emission.Index = i;
            if (rules[i] is { } rule)
            {
                emission.IsObserved = observed[i + 1];
                if (!rule.Emit(emission, instructions[i], block->First + i)) return i;
                continue;
            }
            int end = i + 1;
            while (end < count && rules[end] == null) end++;
            bool last = end == count && (block->First[count - 1].Traits & OpTraits.EndsBlock) != 0;
            emission.InterpretRun(end - i, !last);
            i = end - 1;
        }
        if ((block->First[count - 1].Traits & OpTraits.EndsBlock) == 0) emission.JumpTo(block->First[count - 1].Next, null);
        emission.Finish();
        return -1;
    }

    void FindLoads(int count)
    {
        bool vectors = false, x87 = false;
        for (int i = 0; i < count; i++)
        {
            var unit = rules[i]?.Unit;
            loads[i] = (unit == HostUnit.Vectors && !vectors) || (unit == HostUnit.X87 && !x87);
            // The interpreter finds them in the state.
            vectors = unit != null && (vectors || unit == HostUnit.Vectors);
            x87 = unit != null && (x87 || unit == HostUnit.X87);
        }
    }

    /// <summary>True when the flags in front of an instruction are seen: it reads them, or it may leave to the interpreter, or it leaves them to one that does.</summary>
    bool IsSeenAt(int index, Op* op)
    {
        if (rules[index] is not { } rule) return true;
        ref readonly var instruction = ref instructions[index];
        if (instruction.RflagsRead != 0 || MayLeave(index, instruction)) return true;
        bool all = rule.Effect == FlagEffect.Full || (rule.Effect == FlagEffect.Partial && ShiftRewrites.SetsAll(instruction));
        return !all && observed[index + 1];
    }

    bool MayLeave(int index, in Instruction instruction)
    {
        if (loads[index] || instruction.Mnemonic is Mnemonic.Div or Mnemonic.Idiv) return true;
        if (instruction.IsStackInstruction && emission.Groups.Stack(index).Group < 0) return true;
        if (instruction.Code is Code.Lea_r16_m or Code.Lea_r32_m or Code.Nop_rm16 or Code.Nop_rm32) return false;
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) >= OpKind.MemorySegSI) return true;
        bool memory = instruction.OpCount > 0 && (instruction.Op0Kind == OpKind.Memory || (instruction.OpCount > 1 && instruction.Op1Kind == OpKind.Memory));
        return memory && emission.Groups.Operand(index).Group < 0;
    }
}
