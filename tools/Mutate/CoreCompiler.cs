using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace CheckpointRestart.Mutate;

/// <summary>Compiles src/Core in memory as its project does, with one source changed.</summary>
internal sealed class CoreCompiler
{
    /// <summary>The type that notes which members ran.</summary>
    internal const string Noting = "CheckpointRestart.Core.Noting";

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
        var options = arguments.CompilationOptions.WithOptimizationLevel(OptimizationLevel.Release).WithDeterministic(true).WithGeneralDiagnosticOption(ReportDiagnostic.Suppress).WithXmlReferenceResolver(null);
        var plain = CSharpCompilation.Create("CheckpointRestart.Core", trees, references, options);
        var loader = new Loader();
        var generators = arguments.AnalyzerReferences.SelectMany(reference => new AnalyzerFileReference(reference.FilePath, loader).GetGenerators(LanguageNames.CSharp)).ToArray();
        CSharpGeneratorDriver.Create(generators, parseOptions: arguments.ParseOptions).RunGeneratorsAndUpdateCompilation(plain, out var whole, out _);
        compilation = (CSharpCompilation)whole;
    }

    /// <summary>What can be changed in the sources for which <paramref name="choose"/> is true.</summary>
    internal IEnumerable<Mutation> Find(Func<string, bool> choose) =>
        compilation.SyntaxTrees.Where(tree => choose(tree.FilePath)).OrderBy(tree => tree.FilePath, StringComparer.Ordinal).SelectMany(tree => Sites.Find(tree, compilation.GetSemanticModel(tree)));

    /// <summary>The assembly with a change, or without any.</summary>
    /// <returns>Null when the change does not compile.</returns>
    internal byte[]? Compile(Mutation? mutation)
    {
        var changed = mutation == null ? compilation : Change(compilation, mutation.Member.File, [new TextChange(mutation.Span, mutation.New)]);
        var result = Emit(changed, out var bytes);
        if (!result.Success && mutation == null) throw Broken(result);
        return result.Success ? bytes : null;
    }

    /// <summary>An assembly whose members note that they ran, in a field Seen of <see cref="Noting"/>.</summary>
    internal byte[] CompileNoting(IReadOnlyList<Member> members)
    {
        var changed = compilation;
        var numbers = members.Select((member, i) => (member, i)).ToLookup(pair => pair.member.File);
        foreach (var file in numbers)
        {
            var root = compilation.SyntaxTrees.First(tree => tree.FilePath == file.Key).GetRoot();
            changed = Change(changed, file.Key, file.SelectMany(pair => Notes(root.FindNode(new TextSpan(pair.member.Start, 1)).FirstAncestorOrSelf<MemberDeclarationSyntax>()!, pair.i)));
        }
        string source = $"namespace CheckpointRestart.Core; public static class Noting {{ public static readonly byte[] Seen = new byte[{members.Count}]; }}";
        changed = changed.AddSyntaxTrees(CSharpSyntaxTree.ParseText(source, (CSharpParseOptions)compilation.SyntaxTrees[0].Options));
        var result = Emit(changed, out var bytes);
        return result.Success ? bytes : throw Broken(result);
    }

    static IEnumerable<TextChange> Notes(MemberDeclarationSyntax member, int number)
    {
        string note = $"global::{Noting}.Seen[{number}] = 1;";
        var (body, arrow, end) = member switch
        {
            BaseMethodDeclarationSyntax method => (method.Body, method.ExpressionBody, method.SemicolonToken),
            PropertyDeclarationSyntax property => (null, property.ExpressionBody, property.SemicolonToken),
            _ => (null, null, default),
        };
        if (body != null) return [new(new(body.OpenBraceToken.Span.End, 0), note)];
        if (arrow == null || arrow.Expression is ThrowExpressionSyntax) return [];
        bool isVoid = member is MethodDeclarationSyntax { ReturnType: PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword } };
        string get = member is PropertyDeclarationSyntax ? "get { " : "";
        return [new(arrow.ArrowToken.Span, "{ " + get + note + (isVoid ? " " : " return ")), new(end.Span, get.Length > 0 ? "; } }" : "; }")];
    }

    static CSharpCompilation Change(CSharpCompilation whole, string file, IEnumerable<TextChange> changes)
    {
        var tree = whole.SyntaxTrees.First(tree => tree.FilePath == file);
        return whole.ReplaceSyntaxTree(tree, tree.WithChangedText(tree.GetText().WithChanges(changes.OrderBy(change => change.Span.Start))));
    }

    static EmitResult Emit(CSharpCompilation whole, out byte[] assembly)
    {
        using var bytes = new MemoryStream();
        var result = whole.Emit(bytes);
        assembly = bytes.ToArray();
        return result;
    }

    static InvalidOperationException Broken(EmitResult result) => new(string.Join(Environment.NewLine, result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));

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
