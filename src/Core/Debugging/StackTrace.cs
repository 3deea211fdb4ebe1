using CheckpointRestart.Core.Debugging.Unwinding;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging;

/// <summary>Stack traces of a target's threads, as it is at one moment. Used by one thread at a time.</summary>
public sealed class StackTrace : IDisposable
{
    /// <summary>The most frames of one trace.</summary>
    public const int MostFrames = 100_000;

    readonly DebugTarget target;
    readonly SymbolMap symbols;
    readonly ModuleMap modules;
    readonly Unwinder unwinder;

    /// <param name="target">A target that stands still; not disposed with this.</param>
    public StackTrace(DebugTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        this.target = target;
        symbols = target.Symbols;
        modules = new ModuleMap(target);
        unwinder = new Unwinder(target, modules, symbols);
    }

    /// <summary>The frames of a thread, the innermost first.</summary>
    /// <param name="thread">Its pid in the guest.</param>
    /// <param name="most">The most frames.</param>
    /// <returns>None when there is no such thread.</returns>
    public IEnumerable<StackFrame> Of(int thread, int most = MostFrames)
    {
        if (target.Registers(thread) is not { } registers) yield break;
        var frame = unwinder.Innermost(registers);
        for (int level = 0; level < Math.Min(most, MostFrames); level++)
        {
            var how = unwinder.Step(frame, out var caller);
            yield return Describe(level, frame) with { CallerFoundBy = how };
            if (how == UnwindMethod.None) yield break;
            frame = caller;
        }
    }

    StackFrame Describe(int level, in Unwinder.Frame frame)
    {
        bool isReturn = frame.Place is Unwinder.Place.SignalReturn or Unwinder.Place.InfoSignalReturn;
        // A return address behind a function's last call lies in front of the next function.
        uint inside = isReturn ? frame.Eip : frame.Inside;
        var module = modules.Find(inside);
        var described = new StackFrame(level, frame.Eip, frame.Registers[FrameRow.Esp])
        {
            Module = module?.Path ?? "",
            ModuleAddress = module == null ? 0 : frame.Eip - module.Bias,
            IsSignalFrame = isReturn,
        };
        if (symbols.Find(inside) is { } place) described = described with { Symbol = place.Name, Offset = frame.Eip - place.Start };
        if (module?.Lines?.Find(inside - module.Bias) is { } line) described = described with { SourceFile = line.File, Line = line.Line };
        return described;
    }

    /// <inheritdoc/>
    public void Dispose() => modules.Dispose();
}
