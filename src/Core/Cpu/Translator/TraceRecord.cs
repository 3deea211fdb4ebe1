namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>A translated trace that is not at any place yet: for address spaces that have the same blocks. Immutable.</summary>
internal sealed unsafe class TraceRecord
{
    readonly byte[] code;
    readonly HostAssembler.Fixup[] outside;
    readonly TranslationExit[] exits;
    readonly int[] sites;
    /// <summary>Which member each exit is in.</summary>
    readonly byte[] owners;
    /// <summary>Where it may fault, and which member each of that is in.</summary>
    readonly FaultPoint[] faults;
    readonly byte[] faultOwners;

    /// <summary>Keeps what was emitted, before it is given a place.</summary>
    internal TraceRecord(Emission emission, Trace trace, CodeRecord[] members)
    {
        Members = members;
        emission.Assembler.ResolveLabels();
        code = emission.Assembler.Bytes.ToArray();
        outside = emission.Assembler.Outside.ToArray();
        exits = emission.Exits.ToArray();
        sites = emission.Sites.ToArray();
        owners = new byte[exits.Length];
        for (int i = 0; i < exits.Length; i++)
        {
            owners[i] = OwnerOf(trace, exits[i].Block);
            exits[i] = exits[i] with { Block = null, Head = null };
        }
        UsesWindow = emission.UsesWindow;
        faults = emission.Faults.ToArray();
        faultOwners = new byte[faults.Length];
        for (int i = 0; i < faults.Length; i++)
        {
            faultOwners[i] = OwnerOf(trace, faults[i].Block);
            faults[i].Block = null;
        }
    }

    static byte OwnerOf(Trace trace, Block* block)
    {
        byte member = 0;
        while (trace.Member(member) != block) member++;
        return member;
    }

    /// <summary>It is for address spaces that have a window.</summary>
    internal bool UsesWindow { get; }

    /// <summary>Notes where the code may fault once it stands at a place.</summary>
    internal void AddFaults(FaultPoints points, byte* place, ReadOnlySpan<nint> blocks)
    {
        var added = points.Add(place, faults);
        for (int i = 0; i < added.Length; i++) added[i].Block = (Block*)blocks[faultOwners[i]];
    }

    /// <summary>Its blocks, the head first.</summary>
    internal CodeRecord[] Members { get; }

    internal ReadOnlySpan<byte> Code => code;

    internal int ExitCount => exits.Length;

    /// <summary>About what it takes of the heap, in bytes.</summary>
    internal long Size => 200 + code.Length + outside.Length * 16L + exits.Length * (sizeof(TranslationExit) + 5L) + faults.Length * (sizeof(FaultPoint) + 1L);

    /// <summary>An exit of the trace once it stands at a place.</summary>
    internal TranslationExit ExitAt(int index, byte* place, ReadOnlySpan<nint> blocks)
    {
        ref readonly var exit = ref exits[index];
        return exit with
        {
            Block = (Block*)blocks[owners[index]],
            Head = exit.Kind == ExitKind.Interpret ? (Block*)blocks[0] : null,
            Site = sites[index] < 0 ? null : place + sites[index],
            Stub = place + exit.StubOffset,
        };
    }

    /// <summary>Writes the code to its place.</summary>
    /// <param name="place">Where it will be executed.</param>
    /// <param name="first">The number of its first exit.</param>
    internal void Write(byte* place, int first)
    {
        HostCode.Write(place, code);
        byte* writable = place + HostCode.ToWritable;
        foreach (ref readonly var exit in exits.AsSpan()) *(int*)(writable + exit.NumberOffset) += first;
        foreach (ref readonly var jump in outside.AsSpan()) HostCode.WriteDistance(place + jump.Place, (byte*)jump.Target);
    }
}
