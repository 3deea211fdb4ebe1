using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Mutate;

// Mutate <repository> [count [seed [part of a path]]]: changes the meaning of single expressions of the processor, one at a time, and tells which changes the tests catch.
// Stryker.NET has no changes of numbers and of named constants, which are most of a processor; hence this one.
string root = Path.GetFullPath(args[0]);
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
int seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
string part = args.Length > 3 ? args[3] : "";

string[] semantic = ["Interpreter", "Floating", "Flags.cs", "Stack.cs", "Guest.cs", "Segments.cs", "FxState.cs"];
string cpu = Path.Combine(root, "src", "Core", "Cpu") + Path.DirectorySeparatorChar;
string scratch = Path.Combine(root, "artifacts", "mutation");
string report = Path.Combine(scratch, "report.txt");

var compiler = new CoreCompiler(Path.Combine(root, "src", "Core"));
var members = compiler.Find(file => file.StartsWith(cpu, StringComparison.Ordinal) && semantic.Contains(file[cpu.Length..].Split(Path.DirectorySeparatorChar)[0])).GroupBy(mutation => mutation.Member).ToList();
var equivalents = new Equivalents(Path.Combine(root, "tools", "Mutate", "equivalent.tsv"));
var tests = new TestRun(Path.Combine(root, "tests", "Core", "bin", "Release", "net10.0"), Path.Combine(scratch, "tests"));
var coverage = new Coverage(compiler, [.. members.Select(member => member.Key)], Path.Combine(scratch, "tests"));
byte[] original = compiler.Compile(null)!;
members.RemoveAll(member => !member.Key.File.Contains(part, StringComparison.Ordinal));
Say($"{members.Sum(member => member.Count())} changes of {members.Count} methods and fields are possible; seed {seed}.");

int caught = 0, equivalent = 0, done = 0;
var clock = Stopwatch.StartNew();
var left = new List<(Mutation Mutation, byte[] Assembly)>();
foreach (var mutation in Sample())
{
    if (done == count) break;
    byte[]? changed = compiler.Compile(mutation);
    if (changed == null || changed.AsSpan().SequenceEqual(original)) continue;
    done++;
    clock.Restart();
    if (equivalents.Reason(mutation) is { } reason)
    {
        equivalent++;
        Tell("no change", mutation, reason);
        continue;
    }
    File.WriteAllBytes(tests.Assembly, changed);
    if (tests.RunVectors(coverage.FormsOf(mutation.Member)) is { } by) Caught(mutation, by);
    else left.Add((mutation, changed));
}

foreach (string[] stage in TestRun.Stages)
{
    if (left.Count == 0) break;
    Say($"{left.Count} are left for {string.Join(' ', stage)}.");
    File.WriteAllBytes(tests.Assembly, original);
    clock.Restart();
    if (tests.Run(stage) is { } broken) throw new InvalidOperationException($"A test fails without any change: {broken}");
    tests.SetLimit(clock.Elapsed);
    left.RemoveAll(pair =>
    {
        clock.Restart();
        File.WriteAllBytes(tests.Assembly, pair.Assembly);
        string? by = tests.Run(stage);
        if (by != null) Caught(pair.Mutation, by);
        else Tell("passes", pair.Mutation, pair.Mutation.Text);
        return by != null;
    });
}
foreach (var (mutation, _) in left) Tell("SURVIVED", mutation, mutation.Text);
Say($"{caught} of {done} changes caught, {equivalent} make no difference for a known reason, {done - caught - equivalent} survived.");

void Caught(Mutation mutation, string by)
{
    caught++;
    Tell("caught", mutation, by);
}

void Tell(string verdict, Mutation mutation, string what) =>
    Say($"{verdict,-9} {mutation.Member.File[cpu.Length..]}:{mutation.Line} {mutation.Member.Name}: {Short(mutation.Old)} -> {Short(mutation.New)}   {what} ({clock.Elapsed.TotalSeconds:n0} s)");

// Every member has a turn, in random order, before any has a second one.
IEnumerable<Mutation> Sample()
{
    var random = new Random(seed);
    var turns = members.Select(member => { var changes = member.ToArray(); random.Shuffle(changes); return new Queue<Mutation>(changes); }).ToArray();
    while (turns.Length > 0)
    {
        random.Shuffle(turns);
        foreach (var changes in turns) yield return changes.Dequeue();
        turns = [.. turns.Where(changes => changes.Count > 0)];
    }
}

static string Short(string text) => text.Length == 0 ? "nothing" : text.ReplaceLineEndings(" ") is var line && line.Length > 60 ? line[..60] + "…" : line;

void Say(string line)
{
    Console.WriteLine(line);
    Directory.CreateDirectory(scratch);
    File.AppendAllText(report, line + Environment.NewLine);
}
