namespace CheckpointRestart.Core.Debugging;

/// <summary>How a frame's caller was found.</summary>
public enum UnwindMethod
{
    /// <summary>It was not: the trace ends here.</summary>
    None,
    /// <summary>By the file's call frame information.</summary>
    CallFrames,
    /// <summary>By the function's own code.</summary>
    Code,
    /// <summary>By the chain of frame pointers in EBP.</summary>
    FramePointer,
    /// <summary>By the frame that a signal's delivery left on the stack.</summary>
    Signal,
}

/// <summary>One frame of a thread's stack.</summary>
/// <param name="Level">0 for the innermost.</param>
/// <param name="Address">The instruction that runs next in it.</param>
/// <param name="StackPointer">ESP in this frame.</param>
public sealed record StackFrame(int Level, uint Address, uint StackPointer)
{
    /// <summary>The function's name; empty when no symbol tells.</summary>
    public string Symbol { get; init; } = "";

    /// <summary>Bytes from the function's start; 0 without a symbol.</summary>
    public uint Offset { get; init; }

    /// <summary>Guest path of the file that the code is of; empty when it is of none.</summary>
    public string Module { get; init; } = "";

    /// <summary>The address in the file's own numbering, without its load bias.</summary>
    public uint ModuleAddress { get; init; }

    /// <summary>The source file, as the program's line table names it; empty when there is none.</summary>
    public string SourceFile { get; init; } = "";

    /// <summary>The line; 0 when there is none.</summary>
    public int Line { get; init; }

    /// <summary>The frame is the kernel's way back from a signal's handler: the next one is what the signal interrupted.</summary>
    public bool IsSignalFrame { get; init; }

    /// <summary>How the next frame was found.</summary>
    public UnwindMethod CallerFoundBy { get; init; }
}
