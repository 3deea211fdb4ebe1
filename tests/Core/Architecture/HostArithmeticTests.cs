using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CheckpointRestart.Core.Cpu;
using Xunit;

namespace CheckpointRestart.Core.Tests.Architecture;

/// <summary>
/// What a guest computes may not depend on the host: of the host's mathematics only what IEEE 754 or integer arithmetic fixes to the last bit is ever called. Sines and
/// logarithms differ between runtimes, estimates between processors, and fused operations round once where the guest rounds twice.
/// </summary>
public class HostArithmeticTests
{
    private static readonly HashSet<string> Exact = new(StringComparer.Ordinal) { "Abs", "BigMul", "Clamp", "DivRem", "Max", "Min", "Sqrt" };

    [Fact]
    public void OnlyExactOperationsOfTheHostAreCalled()
    {
        using var file = new PEReader(File.OpenRead(typeof(Processor).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        var calls = new List<string>();
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
                calls.Add(metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name) + "." + metadata.GetString(member.Name));
        }

        Assert.Contains("Math.BigMul", calls);
        Assert.DoesNotContain(calls, IsInexact);
    }

    [Theory]
    [InlineData("Math.Sin", true)]
    [InlineData("MathF.Pow", true)]
    [InlineData("Math.FusedMultiplyAdd", true)]
    [InlineData("Double.Exp", true)]
    [InlineData("Fma.MultiplyAdd", true)]
    [InlineData("Vector128.MultiplyAddEstimate", true)]
    [InlineData("Sse.ReciprocalSqrt", true)]
    [InlineData("Vector128.FusedMultiplyAdd", true)]
    [InlineData("Math.Sqrt", false)]
    [InlineData("Vector128.Add", false)]
    public void InexactOperationsAreKnown(string call, bool inexact) => Assert.Equal(inexact, IsInexact(call));

    private static bool IsInexact(string call)
    {
        string[] parts = call.Split('.', 2);
        return parts[0] switch
        {
            "Math" or "MathF" => !Exact.Contains(parts[1]),
            "Double" or "Single" => parts[1] is not ("IsNaN" or "IsFinite" or "IsInfinity" or "ToString" or "TryFormat" or "CompareTo" or "Equals" or "GetHashCode"),
            "Fma" => true,
            _ => parts[1].Contains("Estimate", StringComparison.Ordinal) || parts[1].Contains("Fused", StringComparison.Ordinal) || parts[1].StartsWith("Reciprocal", StringComparison.Ordinal),
        };
    }
}
