using Microsoft.CodeAnalysis.Text;

namespace CheckpointRestart.Mutate;

/// <summary>One small change of meaning.</summary>
/// <param name="File">Full path of the source.</param>
/// <param name="Method">The member that it changes.</param>
/// <param name="Span">What is replaced.</param>
/// <param name="Old">The text there.</param>
/// <param name="New">What takes its place.</param>
internal sealed record Mutation(string File, string Method, TextSpan Span, string Old, string New);
