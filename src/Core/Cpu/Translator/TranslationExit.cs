namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Why translated code came back.</summary>
internal enum ExitKind : byte
{
    /// <summary>The budget does not cover the block; nothing of it was run or charged.</summary>
    Budget,
    /// <summary>The interpreter has to do some instructions.</summary>
    Interpret,
    /// <summary>A direct jump to a block that was not translated when the jump was.</summary>
    Link,
    /// <summary>An indirect jump whose target is not in the table.</summary>
    Indirect,
    /// <summary>Accesses of the block have to be checked one by one; nothing of it was run or charged.</summary>
    Plain,
}

/// <summary>One way out of translated code.</summary>
internal readonly unsafe struct TranslationExit
{
    public TranslationExit()
    {
    }

    internal ExitKind Kind { get; init; }

    /// <summary>Where it is.</summary>
    internal Block* Block { get; init; }

    /// <summary>The block whose code it is in.</summary>
    internal Block* Head { get; init; }

    /// <summary>Instructions that were charged and not run.</summary>
    internal int Refund { get; init; }

    /// <summary>The first instruction that was not run.</summary>
    internal int Index { get; init; }

    /// <summary>Instructions to interpret before translated code may go on.</summary>
    internal int Count { get; init; } = int.MaxValue;

    /// <summary>True when translated code goes on at <see cref="Site"/> behind them.</summary>
    internal bool Resumes { get; init; }

    /// <summary>Where a direct jump leads.</summary>
    internal uint Target { get; init; }

    /// <summary>Where the code goes on, or the distance of the jump that can be linked.</summary>
    internal byte* Site { get; init; }

    /// <summary>What an unlinked jump leads to.</summary>
    internal byte* Stub { get; init; }

    /// <summary>As <see cref="Stub"/>, from the start of the code, while that has no place.</summary>
    internal int StubOffset { get; init; }

    /// <summary>Where the exit's number stands in the code.</summary>
    internal int NumberOffset { get; init; }
}
