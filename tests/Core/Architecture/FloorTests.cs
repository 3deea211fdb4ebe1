using ArchUnitNET.Loader;
using Xunit;

namespace CheckpointRestart.Core.Tests.Architecture;

/// <summary>A floor uses only the floors listed before it, Image none, and Core nothing of PowerShell.</summary>
public class FloorTests
{
    const string Root = "CheckpointRestart.Core";

    static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["State"] = [],
        ["Memory"] = ["State"],
        ["Cpu"] = ["State", "Memory"],
        ["Image"] = [],
        ["Files"] = ["State", "Memory"],
        ["Kernel"] = ["State", "Memory", "Cpu", "Files"],
        ["Checkpoint"] = ["State", "Memory", "Cpu", "Image", "Files", "Kernel"],
        ["Debugging"] = ["Memory", "Cpu", "Image", "Files", "Kernel", "Checkpoint"],
        ["Roots"] = ["Memory", "Cpu", "Image", "Files", "Kernel", "Checkpoint"],
    };

    static readonly ArchUnitNET.Domain.Architecture Core = new ArchLoader().LoadAssemblies(typeof(Errno).Assembly).Build();

    [Fact]
    public void NoTypeUsesAHigherFloor()
    {
        var wrong =
            from type in Core.Types
            let floor = FloorOf(type.Namespace?.FullName)
            where floor != null
            from used in type.Dependencies.Select(dependency => dependency.Target).Distinct()
            let target = FloorOf(used.Namespace?.FullName)
            where target != null && target != floor && !MayUse[floor].Contains(target)
            select $"{type.FullName} uses {used.FullName}";
        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public void EveryTypeStandsOnAFloorOrIsSharedVocabulary() =>
        Assert.Empty(Core.Types.Where(type => type.Namespace?.FullName.StartsWith(Root, StringComparison.Ordinal) == true
            && type.Namespace.FullName != Root && FloorOf(type.Namespace.FullName) == null).Select(type => type.FullName));

    [Fact]
    public void CoreKnowsNothingOfPowerShell() =>
        Assert.DoesNotContain(typeof(Errno).Assembly.GetReferencedAssemblies(), name => name.Name == "System.Management.Automation");

    static string? FloorOf(string? name)
    {
        if (name == null || !name.StartsWith(Root + ".", StringComparison.Ordinal)) return null;
        string floor = name[(Root.Length + 1)..].Split('.')[0];
        return MayUse.ContainsKey(floor) ? floor : null;
    }
}
