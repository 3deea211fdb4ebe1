using System.Xml.Linq;

namespace CheckpointRestart.HelpBuilder;

/// <summary>Writes the help file that Get-Help reads. It takes the place of reflection there, so syntax and parameters are in it too.</summary>
/// <param name="problems">What is wrong with the pages.</param>
/// <param name="address">Where the pages are on the web, with a slash at the end; null when they are nowhere.</param>
sealed class MamlWriter(List<string> problems, string? address)
{
    static readonly XNamespace Help = "http://msh", Maml = "http://schemas.microsoft.com/maml/2004/10",
        Command = "http://schemas.microsoft.com/maml/dev/command/2004/10", Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public XDocument Write(IEnumerable<(CmdletInfo Cmdlet, HelpPage Page)> cmdlets) => new(
        new XElement(Help + "helpItems", new XAttribute("schema", "maml"), cmdlets.Select(item => Item(item.Cmdlet, item.Page)).ToArray()));

    XElement Item(CmdletInfo cmdlet, HelpPage page)
    {
        var texts = page.Parameters;
        var visible = cmdlet.Parameters.Where(parameter => !parameter.Hidden).ToArray();
        foreach (var parameter in visible)
            if (!texts.ContainsKey(parameter.Name)) problems.Add($"{cmdlet.Name}: the page does not describe -{parameter.Name}");
        foreach (string name in texts.Keys)
            if (visible.All(parameter => !parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) problems.Add($"{cmdlet.Name}: the page describes -{name}, which is no parameter");
        return new XElement(Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml), new XAttribute(XNamespace.Xmlns + "command", Command), new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(Command + "details",
                new XElement(Command + "name", cmdlet.Name),
                new XElement(Command + "verb", cmdlet.Verb),
                new XElement(Command + "noun", cmdlet.Noun),
                Text(Maml + "description", page.Synopsis)),
            Text(Maml + "description", page.Description),
            new XElement(Command + "syntax", cmdlet.Sets.Select(set => Syntax(cmdlet, set))),
            new XElement(Command + "parameters", visible.OrderBy(parameter => parameter.Name, StringComparer.Ordinal).Select(parameter => Parameter(parameter, First(parameter), texts)),
                cmdlet.ShouldProcess ? Common(detailed: true) : null),
            new XElement(Command + "inputTypes", page.Inputs.Select(part => Typed(Command + "inputType", part))),
            new XElement(Command + "returnValues", page.Outputs.Select(part => Typed(Command + "returnValue", part))),
            new XElement(Maml + "alertSet", page.Notes.Length == 0 ? null : Text(Maml + "alert", page.Notes)),
            new XElement(Command + "examples", page.Examples.Select((example, index) => Example(example, index + 1))),
            new XElement(Maml + "relatedLinks", address is null ? null : Link("Online Version:", address + cmdlet.Name + ".md"), page.Related.Append("about_CheckpointRestart").Select(static name => Link(name, null))));
    }

    static XElement Link(string text, string? uri) => new(Maml + "navigationLink", new XElement(Maml + "linkText", text), new XElement(Maml + "uri", uri));

    static XElement Syntax(CmdletInfo cmdlet, string set) => new(Command + "syntaxItem",
        new XElement(Maml + "name", cmdlet.Name),
        cmdlet.InSet(set).Select(item => Parameter(item.Parameter, item.Binding, null)),
        cmdlet.ShouldProcess ? Common(detailed: false) : null);

    static Binding First(ParameterInfo parameter) => parameter.Sets.Values.OrderBy(binding => binding.Mandatory ? 0 : 1).First();

    static XElement Parameter(ParameterInfo parameter, Binding binding, IReadOnlyDictionary<string, string>? texts) => new(Command + "parameter",
        new XAttribute("required", binding.Mandatory ? "true" : "false"),
        new XAttribute("variableLength", parameter.Type.IsArray ? "true" : "false"),
        new XAttribute("globbing", parameter.Wildcards ? "true" : "false"),
        new XAttribute("pipelineInput", binding.Pipeline),
        new XAttribute("position", binding.Position?.ToString() ?? "named"),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(Maml + "name", parameter.Name),
        texts is null ? null : Text(Maml + "description", texts.GetValueOrDefault(parameter.Name) ?? ""),
        texts is null && parameter.Type.IsEnum ? new XElement(Command + "parameterValueGroup", Values(parameter.Type)) : null,
        parameter.IsSwitch && texts is null ? null : Value(parameter),
        new XElement(Dev + "type", new XElement(Maml + "name", parameter.TypeName), new XElement(Maml + "uri")),
        new XElement(Dev + "defaultValue", parameter.IsSwitch ? "False" : "None"));

    /// <summary>Long lists of names are left to completion.</summary>
    static IEnumerable<XElement> Values(Type type) => Enum.GetNames(type) is { Length: <= 8 } names
        ? names.Select(name => new XElement(Command + "parameterValue", new XAttribute("required", "false"), new XAttribute("variableLength", "false"), name))
        : [];

    static XElement Value(ParameterInfo parameter) => new(Command + "parameterValue",
        new XAttribute("required", parameter.IsSwitch ? "false" : "true"), new XAttribute("variableLength", parameter.Type.IsArray ? "true" : "false"), parameter.TypeName);

    static IEnumerable<XElement> Common(bool detailed) =>
        new[] { ("Confirm", "cf", "Asks before anything is changed."), ("WhatIf", "wi", "Says what would be done, and does nothing.") }.Select(item => new XElement(Command + "parameter",
            new XAttribute("required", "false"), new XAttribute("variableLength", "false"), new XAttribute("globbing", "false"), new XAttribute("pipelineInput", "False"), new XAttribute("position", "named"), new XAttribute("aliases", item.Item2),
            new XElement(Maml + "name", item.Item1),
            detailed ? Text(Maml + "description", item.Item3) : null,
            detailed ? new XElement(Command + "parameterValue", new XAttribute("required", "false"), "SwitchParameter") : null,
            new XElement(Dev + "type", new XElement(Maml + "name", "SwitchParameter"), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", "False")));

    static XElement Typed(XName name, (string Title, string Text) part) => new(name,
        new XElement(Dev + "type", new XElement(Maml + "name", part.Title), new XElement(Maml + "uri")),
        Text(Maml + "description", part.Text));

    static XElement Example(HelpExample example, int number) => new(Command + "example",
        new XElement(Maml + "title", $"Example {number}: {example.Title}"),
        new XElement(Maml + "introduction", new XElement(Maml + "para", "PS> ")),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", (example.Output.Length == 0 ? [] : (string[])[example.Output]).Concat(HelpPage.Paragraphs(example.Remarks)).Select(text => new XElement(Maml + "para", text))));

    static XElement Text(XName name, string markdown) => new(name, HelpPage.Paragraphs(markdown).Select(text => new XElement(Maml + "para", text)));
}
