using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The translation of one trace under way.</summary>
internal sealed unsafe partial class Emission
{
    Trace trace = null!;

    internal HostAssembler Assembler { get; } = new();

    /// <summary>The instruction's place in its trace.</summary>
    internal int Index { get; set; }

    /// <summary>The trace's entry.</summary>
    internal int Entry { get; private set; }

    /// <summary>XMM registers have been loaded in this trace.</summary>
    internal bool HasVectors { get; private set; }

    /// <summary>x87 registers have been loaded in this trace.</summary>
    internal bool HasX87 { get; private set; }

    /// <summary>The trace goes on behind this instruction.</summary>
    internal bool Continues => trace.Continues(Index);

    /// <summary>Where it goes on.</summary>
    internal uint NextEip => trace.NextEip(Index);

    /// <summary>The code is for an address space that has a window.</summary>
    internal bool UsesWindow { get; private set; }

    /// <summary>Begins a trace: charges all of it.</summary>
    /// <param name="started">What is translated.</param>
    /// <param name="window">For an address space that has a window.</param>
    /// <param name="units">What of the processor it uses.</param>
    internal void Begin(Trace started, bool window, RewriteUnits units)
    {
        trace = started;
        UsesWindow = window;
        Assembler.Clear();
        stubs.Clear();
        Exits.Clear();
        Sites.Clear();
        faults.Clear();
        Index = 0;
        Array.Fill(interpretLabels, -1);
        HostFlags = 0;
        Known = stored = null;
        deferred = default;
        HasVectors = HasX87 = holdsGroup = false;
        stackDelta = 0;
        note = default;
        int budget = Assembler.NewLabel();
        Assembler.Place(Entry = Assembler.NewLabel());
        Assembler.AluImmediate(HostAlu.Sub, R12, started.Count, wide: true);
        Assembler.JumpIf(HostCondition.Sign, budget);
        stubs.Add(new Stub { Kind = StubKind.Budget, Label = budget });
        CheckGroups();
        if (!window) return;
        // Here nobody needs the host's flags, which a check changes.
        if ((units & RewriteUnits.Vectors) != 0) UseVectors();
        if ((units & RewriteUnits.X87) != 0) UseX87();
        if ((units & RewriteUnits.Gs) == 0) return;
        Assembler.CompareMemory(R13, Context.ToGsIsPlain, 0);
        Assembler.JumpIf(HostCondition.Equal, InterpretHere());
    }

    /// <summary>The host's register for a guest register.</summary>
    internal static int HostOf(Register register)
    {
        int number = register.GetNumber();
        return number == 4 && !IsHigh(register) ? R15 : number;
    }

    internal static bool IsHigh(Register register) => register is >= Register.AH and <= Register.BH;

    /// <summary>The same register as the host names it.</summary>
    internal static Register Rename(Register register) => register switch
    {
        Register.ESP => Register.R15D,
        Register.SP => Register.R15W,
        _ => register,
    };

    /// <summary>Encodes an instruction for the host.</summary>
    internal bool TryEncode(in Instruction instruction) => Assembler.TryEncode(instruction);

    /// <summary>Makes sure that XMM registers are in the host's.</summary>
    internal void UseVectors()
    {
        if (HasVectors) return;
        HasVectors = true;
        Use(StubKind.Vectors, Context.ToVectorsLoaded);
    }

    /// <summary>Makes sure that x87 registers are in the host's.</summary>
    internal void UseX87()
    {
        if (HasX87) return;
        HasX87 = true;
        holdsGroup = false;
        Use(StubKind.X87, Context.ToX87Loaded);
    }

    void Use(StubKind kind, int loaded)
    {
        HostFlags = 0;
        int cold = Assembler.NewLabel(), back = Assembler.NewLabel();
        Assembler.CompareMemory(R13, loaded, 0);
        Assembler.JumpIf(HostCondition.Equal, cold);
        Assembler.Place(back);
        stubs.Add(new Stub { Kind = kind, Label = cold, Back = back, Index = Index, Value = InterpretHere() });
    }
}
