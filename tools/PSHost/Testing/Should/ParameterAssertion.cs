using System.Management.Automation.Language;

namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Should -HaveParameter: a command's parameter, its type, aliases, sets, default and completer.</summary>
internal static class ParameterAssertion
{
    internal static readonly Assertion[] Table = [new("HaveParameter", Check)];

    private static Outcome Check(ShouldCommand should, object? actual)
    {
        if (Comparison.Plain(actual) is not CommandInfo command) throw new PSArgumentException("Input value must be a non-null CommandInfo object. You can get one by calling Get-Command.");
        while (command is AliasInfo { ResolvedCommand: { } target }) command = target;
        var name = should.ExpectedValue?.ToString() ?? "";
        var wrong = new List<string>();
        if (!command.Parameters.TryGetValue(name, out var parameter)) wrong.Add("the parameter is missing");
        else
        {
            var sets = parameter.ParameterSets.Where(s => should.InParameterSet is null || s.Key.Equals(should.InParameterSet, StringComparison.OrdinalIgnoreCase)).ToList();
            if (sets.Count == 0) wrong.Add($"it is not in the parameter set '{should.InParameterSet}'");
            if (should.Type is { } wanted && !IsType(parameter.ParameterType, wanted)) wrong.Add($"it is of type [{parameter.ParameterType}] and not {Comparison.Show(wanted)}");
            if (should.Mandatory && !sets.Exists(static s => s.Value.IsMandatory)) wrong.Add("it is not mandatory");
            foreach (var alias in should.Alias)
                if (!parameter.Aliases.Contains(alias, StringComparer.OrdinalIgnoreCase)) wrong.Add($"it has no alias '{alias}'");
            if (should.HasArgumentCompleter && !parameter.Attributes.Any(static a => a is ArgumentCompleterAttribute or ArgumentCompletionsAttribute or IArgumentCompleterFactory)) wrong.Add("it has no argument completer");
            if (should.HasDefaultValue && DefaultOf(command, name) is var found && !string.Equals(found, should.DefaultValue?.ToString() ?? "", StringComparison.OrdinalIgnoreCase)) wrong.Add($"its default is '{found}' and not '{should.DefaultValue}'");
        }

        return new Outcome(wrong.Count == 0, $"Expected command {command.Name} to have a parameter {name},{{because}} but {string.Join(" and ", wrong)}.", $"Expected command {command.Name} to not have such a parameter {name},{{because}} but it has one.");
    }

    private static bool IsType(Type actual, object wanted) =>
        Comparison.Plain(wanted) is Type type ? actual == type : LanguagePrimitives.TryConvertTo(wanted.ToString()!.Trim('[', ']'), out Type named) && named == actual;

    private static string DefaultOf(CommandInfo command, string parameter)
    {
        var script = command switch { FunctionInfo f => f.ScriptBlock, ExternalScriptInfo s => s.ScriptBlock, _ => null };
        var declared = script?.Ast.Find(a => a is ParameterAst { Name.VariablePath.UserPath: var n } && n.Equals(parameter, StringComparison.OrdinalIgnoreCase), searchNestedScriptBlocks: false) as ParameterAst;
        return declared?.DefaultValue switch { null => "", StringConstantExpressionAst text => text.Value, var other => other.Extent.Text };
    }
}
