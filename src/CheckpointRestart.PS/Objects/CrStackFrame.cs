using System.Globalization;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Objects;

/// <summary>One frame of a thread's stack.</summary>
public sealed class CrStackFrame
{
    readonly StackFrame frame;

    internal CrStackFrame(StackFrame frame, int processId, string name, string source, int? taskId) =>
        (this.frame, ProcessId, Name, Source, CrTaskId) = (frame, processId, name, source, taskId);

    /// <summary>0 for the innermost.</summary>
    public int Level => frame.Level;

    /// <summary>The instruction that runs next in it.</summary>
    public uint Address => frame.Address;

    /// <summary>The function; empty when no symbol tells.</summary>
    public string Symbol => frame.Symbol;

    /// <summary>Bytes from the function's start; 0 without a symbol.</summary>
    public uint Offset => frame.Offset;

    /// <summary>Guest path of the file that the code is of; empty when it is of none.</summary>
    public string Module => frame.Module;

    /// <summary>The address in that file's own numbering.</summary>
    public uint ModuleAddress => frame.ModuleAddress;

    /// <summary>The source file; empty when the program's file does not tell.</summary>
    public string SourceFile => frame.SourceFile;

    /// <summary>The line of the source file; 0 when there is none.</summary>
    public int Line => frame.Line;

    /// <summary>ESP in this frame.</summary>
    public uint StackPointer => frame.StackPointer;

    /// <summary>The way back from a signal's handler: the next frame is what the signal interrupted.</summary>
    public bool IsSignalFrame => frame.IsSignalFrame;

    /// <summary>How the next frame was found.</summary>
    public UnwindMethod CallerFoundBy => frame.CallerFoundBy;

    /// <summary>The thread's pid in the guest.</summary>
    public int ProcessId { get; }

    /// <summary>The thread's name (comm).</summary>
    public string Name { get; }

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <summary>The task's Id; null for an image.</summary>
    public int? CrTaskId { get; }

    /// <summary>The place in words: a signal's way back, a function, or a place in a file.</summary>
    public string Place => IsSignalFrame ? "<signal handler called>"
        : Symbol.Length > 0 ? (Offset == 0 ? Symbol : string.Create(CultureInfo.InvariantCulture, $"{Symbol}+0x{Offset:x}"))
        : Module.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Module[(Module.LastIndexOf('/') + 1)..]}+0x{ModuleAddress:x}")
        : "";

    /// <summary>The source file's name without its directory, and the line.</summary>
    public string SourceLine => Line == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{SourceFile[(SourceFile.LastIndexOf('/') + 1)..]}:{Line}");

    /// <summary>The thread, as the view groups by it.</summary>
    public string Thread => string.Create(CultureInfo.InvariantCulture, $"{ProcessId} ({GuestText.ForDisplay(Name)}) of {Source}");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Level} {Address:x8} {Place}{(Line == 0 ? "" : " at " + SourceLine)}");
}
