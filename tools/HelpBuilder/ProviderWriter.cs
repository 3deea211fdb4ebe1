using System.Xml.Linq;

namespace CheckpointRestart.HelpBuilder;

/// <summary>What Get-Help -Category Provider reads: it lies in the cmdlets' file.</summary>
static class ProviderWriter
{
    public static XElement Item(string name, HelpPage page) => new("providerHelp",
        new XElement("Name", name),
        new XElement("Drives", Paragraphs(name + ":")),
        new XElement("Synopsis", page.Synopsis),
        new XElement("DetailedDescription", Paragraphs(page.Description)),
        new XElement("Capabilities", Paragraphs("Filter, ShouldProcess")),
        new XElement("Tasks", page.Examples.Select(example => new XElement("Task",
            new XElement("Title", example.Title),
            new XElement("Description", Paragraphs(example.Remarks)),
            new XElement("Examples", new XElement("Example", new XElement("Title", example.Title), new XElement("Introduction", Paragraphs("PS> ")), new XElement("Code", example.Code), new XElement("Remarks", Paragraphs(example.Output))))))),
        new XElement("Notes", Paragraphs(page.Notes)),
        new XElement("RelatedLinks", page.Related.Select(link => new XElement("navigationLink", new XElement("linkText", link), new XElement("uri")))));

    static IEnumerable<XElement> Paragraphs(string markdown) => HelpPage.Paragraphs(markdown).Select(static text => new XElement("para", text));
}
