using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The translated blocks of one address space, and the table in which its indirect jumps look.</summary>
internal sealed unsafe class TranslationCache : IDisposable
{
    /// <summary>The limit of a processor that says nothing else.</summary>
    internal const long UsualLimit = 32 << 20;

    const int MostExitsKept = 8192;

    const int ExitBits = 8;

    readonly Growing<nint> chunks = new();
    /// <summary>Exits by their number, in pieces that stay where they are, and behind each the next one that is linked to the same block.</summary>
    readonly Growing<TranslationExit[]> exits = new();
    readonly NativeList<int> nextIncoming = new();
    readonly NativeList<Dependent> dependents = new();
    byte* next, end;
    /// <summary>Which entry of a group is lost next.</summary>
    uint victim;

    internal TranslationCache(long limit, bool window)
    {
        Limit = limit;
        UsesWindow = window;
        Targets = (JumpTarget*)HostChunks.Take(sizeof(JumpTarget) << JumpTarget.Bits, zeroed: true);
        ClearFirstTargets();
    }

    ~TranslationCache() => Free();

    /// <summary>The code is for an address space that has a window.</summary>
    internal bool UsesWindow { get; set; }

    /// <summary>Where code may fault.</summary>
    internal FaultPoints Faults { get; } = new();

    /// <summary>Bytes of code after which all is dropped.</summary>
    internal long Limit { get; }

    /// <summary>By <see cref="JumpTarget.IndexOf"/>.</summary>
    internal JumpTarget* Targets { get; private set; }

    /// <summary>Host memory that the code takes, in bytes.</summary>
    internal long Bytes => (long)chunks.Count * HostCode.ChunkBytes;

    /// <summary>True when what stays of it after <see cref="Clear"/> is not much.</summary>
    internal bool IsSmall => nextIncoming.Capacity <= MostExitsKept;

    internal ref readonly TranslationExit this[uint exit] => ref At((int)exit);

    /// <summary>Gives code its place.</summary>
    /// <returns>Its first byte; null when there is no room: then everything has to be dropped first.</returns>
    internal byte* Place(Emission emission)
    {
        var assembler = emission.Assembler;
        byte* code = FindPlace(assembler.Length);
        if (code == null) return null;
        int first = AddExits(emission.Exits.Count);
        for (int i = 0; i < emission.Exits.Count; i++)
        {
            var exit = emission.Exits[i];
            assembler.AddAt(exit.NumberOffset, first);
            At(first + i) = exit with { Site = emission.Sites[i] < 0 ? null : code + emission.Sites[i], Stub = code + exit.StubOffset };
        }
        assembler.Finish(code);
        HostCode.Write(code, assembler.Bytes);
        Faults.Add(code, emission.Faults);
        return code;
    }

    /// <summary>Gives code that was translated for another address space its place.</summary>
    /// <param name="record">The code.</param>
    /// <param name="blocks">What its members are here.</param>
    /// <returns>As for other code.</returns>
    internal byte* Place(TraceRecord record, ReadOnlySpan<nint> blocks)
    {
        byte* code = FindPlace(record.Code.Length);
        if (code == null) return null;
        int first = AddExits(record.ExitCount);
        for (int i = 0; i < record.ExitCount; i++) At(first + i) = record.ExitAt(i, code, blocks);
        record.Write(code, first);
        record.AddFaults(Faults, code, blocks);
        return code;
    }

    byte* FindPlace(int bytes)
    {
        int length = bytes + 15 & ~15;
        if (length > HostCode.ChunkBytes) return null;
        if (end - next < length)
        {
            if (Bytes >= Limit) return null;
            byte* chunk = HostCode.Take();
            if (chunk == null) return null;
            if (chunks.Count > 0) HostMemory.Populate(chunk + HostCode.ToWritable, HostCode.ChunkBytes);
            chunks.Add((nint)chunk);
            next = chunk;
            end = chunk + HostCode.ChunkBytes;
        }
        byte* code = next;
        next += length;
        return code;
    }

    /// <returns>The number of the first one.</returns>
    int AddExits(int count)
    {
        int first = nextIncoming.Count;
        nextIncoming.Add(count).Clear();
        while (exits.Count << ExitBits < first + count) exits.Add(new TranslationExit[1 << ExitBits]);
        return first;
    }

    /// <summary>Makes a jump lead to code of its own block.</summary>
    internal void Link(uint exit, byte* code) => HostCode.WriteDistance(At((int)exit).Site, code);

    /// <summary>Makes a direct jump lead to its target's code, until the target is forgotten.</summary>
    internal void Link(uint exit, Block* target)
    {
        HostCode.WriteDistance(At((int)exit).Site, target->Code);
        nextIncoming[(int)exit] = target->Incoming;
        target->Incoming = (int)exit + 1;
    }

    /// <summary>Notes that a trace is good for as long as all its blocks are.</summary>
    /// <param name="members">Its blocks, the head first.</param>
    internal void Own(ReadOnlySpan<nint> members)
    {
        foreach (nint member in members[1..])
        {
            dependents.Add(new Dependent { Head = (Block*)members[0], Next = ((Block*)member)->Dependents });
            ((Block*)member)->Dependents = dependents.Count;
        }
    }

    /// <summary>Lets indirect jumps find a block.</summary>
    internal void Note(Block* target)
    {
        uint index = JumpTarget.IndexOf(target->Eip);
        if (Targets[index].Eip != target->Eip) Targets[index ^ (1 + victim++ % (JumpTarget.Group - 1))] = Targets[index];
        Targets[index].Eip = target->Eip;
        Targets[index].Code = target->Code;
    }

    /// <summary>What leads to a block's code leads to other code of it.</summary>
    internal void Replace(Block* block, byte* code)
    {
        uint index = JumpTarget.IndexOf(block->Eip);
        for (uint i = 0; i < JumpTarget.Group; i++)
            if (Targets[index ^ i].Code == block->Code) Targets[index ^ i].Code = code;
        for (int exit = block->Incoming; exit != 0; exit = nextIncoming[exit - 1]) HostCode.WriteDistance(At(exit - 1).Site, code);
    }

    /// <summary>No way leads to a block any more.</summary>
    internal void Forget(Block* block)
    {
        int dependent = block->Dependents;
        block->Dependents = 0;
        for (; dependent != 0; dependent = dependents[dependent - 1].Next) Forget(dependents[dependent - 1].Head);
        if (block->Code == null) return;
        block->Heat = block->Samples = 0;
        uint index = JumpTarget.IndexOf(block->Eip);
        for (uint i = 0; i < JumpTarget.Group; i++)
            if (Targets[index ^ i].Code == block->Code) Targets[index ^ i] = Nowhere;
        for (int exit = block->Incoming; exit != 0; exit = nextIncoming[exit - 1]) HostCode.WriteDistance(At(exit - 1).Site, At(exit - 1).Stub);
        block->Incoming = 0;
        block->Code = null;
    }

    /// <summary>Drops everything; blocks still say what they were. After <see cref="Dispose"/> or the finalizer, which may come before that of whoever owns this, there is nothing to drop.</summary>
    internal void Clear()
    {
        if (Targets == null) return;
        for (int i = 0; i < chunks.Count; i++) HostCode.PutBack((byte*)chunks[i]);
        chunks.Clear();
        exits.Clear();
        nextIncoming.Clear();
        Faults.Clear();
        dependents.Clear();
        next = end = null;
        ClearTargets();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (Targets == null) return;
        Clear();
        Faults.Dispose();
        nextIncoming.Dispose();
        dependents.Dispose();
        HostChunks.PutBack((byte*)Targets, sizeof(JumpTarget) << JumpTarget.Bits);
        Targets = null;
    }

    struct Dependent
    {
        public Block* Head;
        public int Next;
    }

    ref TranslationExit At(int exit) => ref exits[exit >> ExitBits][exit & ((1 << ExitBits) - 1)];

    /// <summary>No guest can jump there: nothing can be executed at the last address and behind it.</summary>
    static JumpTarget Nowhere => new() { Eip = uint.MaxValue, Code = HostStubs.Miss };

    void ClearTargets()
    {
        new Span<JumpTarget>(Targets, 1 << JumpTarget.Bits).Clear();
        ClearFirstTargets();
    }

    /// <summary>An entry of zeros is that of address 0, which is looked for in the first group alone.</summary>
    void ClearFirstTargets() => new Span<JumpTarget>(Targets, JumpTarget.Group).Fill(Nowhere);
}
