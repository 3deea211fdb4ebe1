using CheckpointRestart.HelpBuilder;
using CheckpointRestart.PS.Commands;

// HelpBuilder <folder of the pages, beside which lies that of the providers' pages> <file to write>
if (args.Length != 2)
{
    Console.Error.WriteLine("HelpBuilder <folder of the cmdlets' pages> <help file to write>");
    return 2;
}
try
{
    var cmdlets = CmdletInfo.All(typeof(CrCommand).Assembly);
    var problems = new List<string>();
    var document = MamlWriter.Write(cmdlets.Select(cmdlet => (cmdlet, HelpPage.Read(Path.Combine(args[0], cmdlet.Name + ".md"), problems))), problems);
    foreach (string page in Directory.EnumerateFiles(args[0], "*-*.md"))
        if (cmdlets.All(cmdlet => cmdlet.Name != Path.GetFileNameWithoutExtension(page))) problems.Add($"{page}: there is no such cmdlet");
    foreach (string page in Directory.EnumerateFiles(Path.Combine(args[0], "..", "providers"), "*.md").Order(StringComparer.Ordinal))
        document.Root!.Add(ProviderWriter.Item(Path.GetFileNameWithoutExtension(page), HelpPage.Read(page, problems)));
    foreach (string problem in problems) Console.Error.WriteLine(problem);
    if (problems.Count > 0) return 1;
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
    document.Save(args[1]);
    return 0;
}
catch (IOException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
