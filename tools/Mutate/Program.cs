using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Mutate;

// Mutate <repository> [count] [seed]: changes the meaning of single expressions of the processor, one at a time, and tells which changes the tests catch.
// Stryker.NET has no changes of numbers and of named constants, which are most of a processor; hence this one.
string root = Path.GetFullPath(args[0]);
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
int seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;

string[] semantic = ["Interpreter", "Floating", "Flags.cs", "Stack.cs", "Guest.cs", "Segments.cs", "FxState.cs"];
string cpu = Path.Combine(root, "src", "Core", "Cpu") + Path.DirectorySeparatorChar;
string scratch = Path.Combine(root, "artifacts", "mutation");
string report = Path.Combine(scratch, "report.txt");

var compiler = new CoreCompiler(Path.Combine(root, "src", "Core"));
var methods = compiler.Find(file => file.StartsWith(cpu, StringComparison.Ordinal) && semantic.Contains(file[cpu.Length..].Split(Path.DirectorySeparatorChar)[0]))
    .GroupBy(mutation => (mutation.File, mutation.Method)).ToList();
Say($"{methods.Sum(method => method.Count())} changes of {methods.Count} methods are possible; seed {seed}.");

var tests = new TestRun(Path.Combine(root, "tests", "Core", "bin", "Release", "net10.0"), Path.Combine(scratch, "tests"));
compiler.TryWrite(null, tests.Assembly);
var clock = Stopwatch.StartNew();
if (tests.Run() is { } broken) throw new InvalidOperationException($"A test fails without any change: {broken}");
tests.SetLimit(clock.Elapsed);
Say($"All tests pass without a change, in {clock.Elapsed.TotalSeconds:n0} s.");

var random = new Random(seed);
int caught = 0;
var tried = new HashSet<Mutation>();
for (int done = 0; done < count;)
{
    var method = methods[random.Next(methods.Count)].ToList();
    var mutation = method[random.Next(method.Count)];
    if (!tried.Add(mutation) || !compiler.TryWrite(mutation, tests.Assembly)) continue;
    done++;
    clock.Restart();
    string? by = tests.Run();
    if (by != null) caught++;
    string text = File.ReadAllText(mutation.File);
    int line = text.AsSpan(0, mutation.Span.Start).Count('\n') + 1;
    Say($"{(by != null ? "caught  " : "SURVIVED")} {mutation.File[cpu.Length..]}:{line} {mutation.Method}: {Short(mutation.Old)} -> {Short(mutation.New)}   {by ?? text.Split('\n')[line - 1].Trim()} ({clock.Elapsed.TotalSeconds:n0} s)");
}
Say($"{caught} of {count} changes caught, {100.0 * caught / count:n1} %.");

static string Short(string text) => text.Length == 0 ? "nothing" : text.ReplaceLineEndings(" ") is var line && line.Length > 60 ? line[..60] + "…" : line;

void Say(string line)
{
    Console.WriteLine(line);
    Directory.CreateDirectory(scratch);
    File.AppendAllText(report, line + Environment.NewLine);
}
