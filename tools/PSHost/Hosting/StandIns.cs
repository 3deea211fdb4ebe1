using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>
/// The cmdlets that a PowerShell user takes for granted and the engine package does not bring. They are entered as the engine enters its own, under
/// the names of the modules that have them elsewhere: scripts ask for Microsoft.PowerShell.Utility\Write-Output, and Pester looks for cmdlets by module.
/// </summary>
internal static class StandIns
{
    /// <summary>The words of Pester's language and the cmdlets that they stand for.</summary>
    internal static IEnumerable<(string Keyword, string Command)> Keywords() =>
        from type in typeof(StandIns).Assembly.GetTypes()
        let standIn = type.GetCustomAttribute<StandInAttribute>()
        where standIn?.Keyword is not null
        let cmdlet = type.GetCustomAttribute<CmdletAttribute>()
        select (standIn.Keyword, $"{standIn.Module}\\{cmdlet.VerbName}-{cmdlet.NounName}");

    internal static void Register(InitialSessionState state)
    {
        var modules = new Dictionary<string, PSSnapInInfo>(StringComparer.Ordinal);
        foreach (var type in typeof(StandIns).Assembly.GetTypes())
        {
            if (type.IsAbstract || type.GetCustomAttribute<CmdletAttribute>() is not { } cmdlet || type.GetCustomAttribute<StandInAttribute>() is not { } standIn) continue;
            var name = $"{cmdlet.VerbName}-{cmdlet.NounName}";
            if (!modules.TryGetValue(standIn.Module, out var module)) modules[standIn.Module] = module = EngineInternals.CreateModuleName(standIn.Module);
            var entry = new SessionStateCmdletEntry(name, type, helpFileName: null);
            EngineInternals.SetModuleName(entry, module);
            state.Commands.Add(entry);
        }
    }
}

/// <summary>Names the module that a stand-in belongs to.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StandInAttribute(string module) : Attribute
{
    public string Module { get; } = module;

    /// <summary>A word of Pester's language that stands for the cmdlet while tests run; at other times it is left to genuine Pester.</summary>
    public string? Keyword { get; init; }
}

/// <summary>The modules whose cmdlets are stood in for.</summary>
internal static class StandInModule
{
    internal const string UtilityModule = "Microsoft.PowerShell.Utility";
    internal const string ManagementModule = "Microsoft.PowerShell.Management";
    internal const string TestingModule = "PSHost.Testing";
}
