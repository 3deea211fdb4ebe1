using System.Globalization;
using System.Text;

namespace CheckpointRestart.HelpBuilder;

/// <summary>Writes the page that shows all cmdlets side by side, as reflection and their code show them.</summary>
static class CmdletTable
{
    public static string Write(IReadOnlyList<CmdletInfo> cmdlets, ErrorScan errors)
    {
        var text = new StringBuilder();
        void Line(string line = "") => text.Append(line).Append('\n');
        Line("# The cmdlets side by side");
        Line();
        Line("The build makes this page of the cmdlets themselves, as `artifacts/cmdlets.md`; a test fails when the page under docs is another. What a cmdlet does stands on its page.");
        Line();
        Line("Pipeline: V binds objects by value, N by a property's name. `CrTaskId` is a parameter that only objects with such a property meet.");
        Line();
        Line("| Cmdlet | Pipeline | `-WhatIf` | `-PassThru` | `-AsJob` | Gives |");
        Line("|---|---|---|---|---|---|");
        foreach (var cmdlet in cmdlets)
        {
            var piped = cmdlet.Parameters.Where(static parameter => parameter.Sets.Values.Any(static binding => binding.ByValue || binding.ByPropertyName)).ToArray();
            Line($"| [{cmdlet.Name}](cmdlets/{cmdlet.Name}.md) | {string.Join(", ", piped.Select(static parameter => $"{parameter.Name} {Flow(parameter.Sets.Values)}"))} | {(cmdlet.ShouldProcess ? cmdlet.Impact : "")} | {Mark(cmdlet, "PassThru")} | {Mark(cmdlet, "AsJob")} | {string.Join(", ", cmdlet.Outputs.Select(ParameterInfo.ShortName))} |");
        }
        foreach (var cmdlet in cmdlets)
        {
            Line();
            Line($"## {cmdlet.Name}");
            Line();
            Line("| Parameter | Type | Sets | Position | Pipeline | Also |");
            Line("|---|---|---|---|---|---|");
            foreach (var parameter in cmdlet.Parameters.OrderBy(static parameter => parameter.Sets.Values.Min(static binding => binding.Position ?? int.MaxValue)).ThenBy(static parameter => parameter.Name, StringComparer.Ordinal))
                Line($"| {parameter.Name} | {parameter.TypeName} | {Sets(parameter)} | {Position(parameter)} | {Flow(parameter.Sets.Values)} | {Also(parameter)} |");
            Line();
            string names = string.Join(", ", errors.Of(cmdlet.Type).Select(static error => $"`{error.Id}`"));
            Line(names.Length == 0 ? "No errors of its own." : $"Errors: {names}");
        }
        Line();
        Line("## Errors");
        Line();
        Line("The id is the first half of FullyQualifiedErrorId, the cmdlet's class the second. Where advice depends on the case, the record has it.");
        Line();
        Line("| Id | Category | What to do |");
        Line("|---|---|---|");
        foreach (var error in ErrorScan.Merge(cmdlets.SelectMany(cmdlet => errors.Of(cmdlet.Type)).Concat(errors.Shared)))
            Line($"| `{error.Id}` | {(error.Categories.Count == 0 ? "by case" : string.Join(", ", error.Categories))} | {(error.Actions.Count == 0 ? "by case" : string.Join("<br>", error.Actions)).Replace("|", "\\|", StringComparison.Ordinal)} |");
        return text.ToString();
    }

    static string Mark(CmdletInfo cmdlet, string parameter) => cmdlet.Parameters.Any(item => item.Name == parameter) ? "yes" : "";

    static string Flow(IEnumerable<Binding> bindings)
    {
        var all = bindings.ToArray();
        return (all.Any(static binding => binding.ByValue) ? "V" : "") + (all.Any(static binding => binding.ByPropertyName) ? "N" : "");
    }

    /// <summary>Where it may be given; in bold where it must.</summary>
    static string Sets(ParameterInfo parameter) => string.Join(", ", parameter.Sets.OrderBy(static set => set.Key, StringComparer.Ordinal)
        .Select(static set => (Name: set.Key.StartsWith("__", StringComparison.Ordinal) ? "all" : set.Key, set.Value.Mandatory)).Select(static set => set.Mandatory ? $"**{set.Name}**" : set.Name));

    static string Position(ParameterInfo parameter) => string.Join(", ", parameter.Sets.Values.Select(static binding => binding.Position).OfType<int>().Distinct().Select(static position => position.ToString(CultureInfo.InvariantCulture)));

    static string Also(ParameterInfo parameter) => string.Join(", ", parameter.Aliases.Select(static alias => $"alias {alias}").Concat(parameter.Wildcards ? ["wildcards"] : []).Concat(parameter.Completed ? ["completion"] : []).Concat(parameter.Hidden ? ["not shown"] : []));
}
