namespace CheckpointRestart.PSHost.Testing.Mocking;

/// <summary>Modules that have a scope to run scripts in.</summary>
internal static class ModuleScope
{
    internal static PSModuleInfo Require(PSCmdlet cmdlet, string name)
    {
        var found = cmdlet.InvokeCommand.InvokeScript("param($n) Get-Module -Name $n", name).Select(static m => (PSModuleInfo)m.BaseObject).ToList();
        if (found.Count == 0) throw new PSArgumentException($"No modules named '{name}' are currently loaded.");
        return found.Find(static m => m.SessionState is not null && m.ModuleType != ModuleType.Binary)
            ?? throw new PSArgumentException($"Module '{name}' has no scope of its own: it is a {found[0].ModuleType} module, not a script module.");
    }
}

/// <summary>InModuleScope: a script block in the scope of a script module.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "InModuleScope"), StandIn(TestingModule, Keyword = "InModuleScope")]
public sealed class InModuleScopeCommand : PSCmdlet
{
    private static readonly ScriptBlock s_run = ScriptBlock.Create("param($__script, $__parameters, $__arguments) foreach ($__entry in $__parameters.GetEnumerator()) { Set-Variable -Name $__entry.Key -Value $__entry.Value }; . $__script @__parameters @__arguments");

    [Parameter(Mandatory = true, Position = 0)] public string ModuleName { get; set; } = "";
    [Parameter(Mandatory = true, Position = 1)] public ScriptBlock ScriptBlock { get; set; } = ScriptBlock.Create("");
    [Parameter] public IDictionary Parameters { get; set; } = new Hashtable();
    [Parameter] public object?[] ArgumentList { get; set; } = [];

    protected override void EndProcessing()
    {
        var module = Mocking.ModuleScope.Require(this, ModuleName);
        var known = ((System.Management.Automation.Language.ScriptBlockAst)ScriptBlock.Ast).ParamBlock?.Parameters.Select(static p => p.Name.VariablePath.UserPath).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        var run = known.Count > 0 ? s_run : ScriptBlock.Create(s_run.ToString().Replace("@__parameters ", "", StringComparison.Ordinal));
        WriteObject(module.Invoke(run, module.NewBoundScriptBlock(ScriptBlock), Parameters, ArgumentList), enumerateCollection: true);
    }
}
