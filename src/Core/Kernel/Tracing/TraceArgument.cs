namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>One argument of a traced call.</summary>
/// <param name="Name">The parameter, as the manual page names it.</param>
/// <param name="Kind">What it is: fd, path, buf, timespec and so on.</param>
/// <param name="Raw">The word in the register.</param>
/// <param name="Value">What it means: an int, a uint, a long, a string, bytes, or for a structure its text.</param>
/// <param name="Text">The same in strace's notation.</param>
public sealed record TraceArgument(string Name, string Kind, uint Raw, object? Value, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
