using Microsoft.CodeAnalysis.Text;

namespace CheckpointRestart.Mutate;

/// <summary>One small change of meaning.</summary>
/// <param name="Member">What it changes.</param>
/// <param name="Span">What is replaced.</param>
/// <param name="Old">The text there.</param>
/// <param name="New">What takes its place.</param>
/// <param name="Line">Number of the line where it begins.</param>
/// <param name="Text">That line.</param>
internal sealed record Mutation(Member Member, TextSpan Span, string Old, string New, int Line, string Text);

/// <summary>A method, property, operator or field.</summary>
/// <param name="File">Full path of the source.</param>
/// <param name="Name">With the type's name before it.</param>
/// <param name="Start">Where its declaration begins: overloads have the same name.</param>
internal sealed record Member(string File, string Name, int Start);
