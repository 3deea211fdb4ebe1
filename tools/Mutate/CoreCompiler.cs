using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace CheckpointRestart.Mutate;

/// <summary>Compiles src/Core in memory as its project does, with one source changed.</summary>
internal sealed class CoreCompiler
{
    readonly CSharpCompilation compilation;

    /// <summary>Asks MSBuild for the compiler's command line, reads the sources, and runs the source generators once.</summary>
    /// <param name="project">Folder of the project.</param>
    internal CoreCompiler(string project)
    {
        string[] line = CommandLine(project);
        string sdk = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var arguments = CSharpCommandLineParser.Default.Parse(line, project, sdk);
        var trees = arguments.SourceFiles.Select(file => CSharpSyntaxTree.ParseText(SourceText.From(File.ReadAllText(file.Path), System.Text.Encoding.UTF8), arguments.ParseOptions, file.Path));
        var references = arguments.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference));
        var options = arguments.CompilationOptions.WithOptimizationLevel(OptimizationLevel.Release).WithGeneralDiagnosticOption(ReportDiagnostic.Suppress).WithXmlReferenceResolver(null);
        var plain = CSharpCompilation.Create("CheckpointRestart.Core", trees, references, options);
        var loader = new Loader();
        var generators = arguments.AnalyzerReferences.SelectMany(reference => new AnalyzerFileReference(reference.FilePath, loader).GetGenerators(LanguageNames.CSharp)).ToArray();
        CSharpGeneratorDriver.Create(generators, parseOptions: arguments.ParseOptions).RunGeneratorsAndUpdateCompilation(plain, out var whole, out _);
        compilation = (CSharpCompilation)whole;
    }

    /// <summary>What can be changed in the sources for which <paramref name="choose"/> is true.</summary>
    internal IEnumerable<Mutation> Find(Func<string, bool> choose) =>
        compilation.SyntaxTrees.Where(tree => choose(tree.FilePath)).OrderBy(tree => tree.FilePath, StringComparer.Ordinal).SelectMany(tree => Sites.Find(tree, compilation.GetSemanticModel(tree)));

    /// <summary>Writes the assembly with a change, or without any.</summary>
    /// <returns>False when the change does not compile.</returns>
    internal bool TryWrite(Mutation? mutation, string path)
    {
        var changed = compilation;
        if (mutation != null)
        {
            var tree = compilation.SyntaxTrees.First(tree => tree.FilePath == mutation.File);
            changed = compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(tree.GetText().WithChanges(new TextChange(mutation.Span, mutation.New))));
        }
        using var bytes = new MemoryStream();
        var result = changed.Emit(bytes);
        if (!result.Success && mutation == null) throw new InvalidOperationException(string.Join(Environment.NewLine, result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        if (!result.Success) return false;
        File.WriteAllBytes(path, bytes.ToArray());
        return true;
    }

    static string[] CommandLine(string project)
    {
        string[] arguments =
            ["build", project, "-c", "Release", "-t:Compile", "-p:DesignTimeBuild=true", "-p:NonExistentFile=__none__", "-p:ProvideCommandLineArgs=true", "-p:SkipCompilerExecution=true", "-getItem:CscCommandLineArgs"];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException(output);
        using var document = JsonDocument.Parse(output);
        return [.. document.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)];
    }

    sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) => System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
