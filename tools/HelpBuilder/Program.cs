using System.Xml.Linq;
using CheckpointRestart.HelpBuilder;
using CheckpointRestart.PS.Commands;

// HelpBuilder <docs> <folder of the help> <page of all cmdlets> [<address of the docs on the web>]
if (args.Length is not (3 or 4))
{
    Console.Error.WriteLine("HelpBuilder <folder of the documents> <folder of the help to write> <page of all cmdlets to write> [<address of the documents on the web>]");
    return 2;
}
try
{
    string pages = Path.Combine(args[0], "cmdlets"), topics = Path.Combine(args[0], "about"), target = Path.GetFullPath(args[1]);
    var problems = new List<string>();
    var cmdlets = CmdletInfo.All(typeof(CrCommand).Assembly);
    var maml = new MamlWriter(problems, args.Length > 3 && args[3].Length > 0 ? args[3].TrimEnd('/') + "/cmdlets/" : null);
    var document = maml.Write(cmdlets.Select(cmdlet => (cmdlet, HelpPage.Read(Path.Combine(pages, cmdlet.Name + ".md"), problems))));
    foreach (string page in Directory.EnumerateFiles(pages, "*-*.md"))
        if (cmdlets.All(cmdlet => cmdlet.Name != Path.GetFileNameWithoutExtension(page))) problems.Add($"{page}: there is no such cmdlet");
    foreach (string page in Directory.EnumerateFiles(Path.Combine(args[0], "providers"), "*.md").Order(StringComparer.Ordinal))
        document.Root!.Add(ProviderWriter.Item(Path.GetFileNameWithoutExtension(page), HelpPage.Read(page, problems)));
    var abouts = Directory.EnumerateFiles(topics, "about_*.md").Order(StringComparer.Ordinal).Select(page => (Name: Path.GetFileNameWithoutExtension(page), Text: AboutPage.Write(page, problems))).ToArray();
    string table = CmdletTable.Write(cmdlets, new ErrorScan(problems));
    foreach (string problem in problems) Console.Error.WriteLine(problem);
    if (problems.Count > 0) return 1;
    Directory.CreateDirectory(target);
    foreach (string old in Directory.EnumerateFiles(target, "about_*.help.txt")) File.Delete(old);
    foreach (var (name, text) in abouts) File.WriteAllText(Path.Combine(target, name + ".help.txt"), text);
    document.Save(Path.Combine(target, typeof(CrCommand).Assembly.GetName().Name + ".dll-Help.xml"), SaveOptions.DisableFormatting);
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[2]))!);
    File.WriteAllText(args[2], table);
    return 0;
}
catch (IOException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
