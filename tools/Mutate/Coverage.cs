using System.Collections;
using System.Reflection;
using System.Runtime.Loader;

namespace CheckpointRestart.Mutate;

/// <summary>Which forms of instructions run through which members: what the recorded vectors can tell about a change, so that these are asked first.</summary>
internal sealed class Coverage
{
    /// <summary>Cases of a form that are looked at, and forms that are asked about a change.</summary>
    const int Cases = 40, MostForms = 40;

    const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    readonly Dictionary<Member, List<string>> forms = [];

    /// <summary>Runs all forms on a processor that notes where it has been.</summary>
    /// <param name="compiler">Compiles it.</param>
    /// <param name="members">What may be changed.</param>
    /// <param name="folder">The compiled tests.</param>
    internal Coverage(CoreCompiler compiler, IReadOnlyList<Member> members, string folder)
    {
        var context = new AssemblyLoadContext("coverage");
        var core = context.LoadFromStream(new MemoryStream(compiler.CompileNoting(members)));
        context.Resolving += (_, name) => File.Exists(Path.Combine(folder, name.Name + ".dll")) ? context.LoadFromAssemblyPath(Path.Combine(folder, name.Name + ".dll")) : null;
        var tests = context.LoadFromAssemblyPath(Path.Combine(folder, "CheckpointRestart.Core.Tests.dll"));
        byte[] seen = (byte[])core.GetType(CoreCompiler.Noting, throwOnError: true)!.GetField("Seen")!.GetValue(null)!;
        var all = (IEnumerable)Find(tests, "VectorFamilies").GetProperty("All", Any)!.GetValue(null)!;
        var machineType = Find(tests, "VectorMachine");
        using var machine = (IDisposable)Activator.CreateInstance(machineType, nonPublic: true)!;
        var run = machineType.GetMethods(Any).Single(method => method.Name == "Run" && method.GetParameters().Length == 3);
        var type = Find(tests, "VectorForm");
        var make = type.GetMethod("MakeCase", Any)!;
        var (name, count) = (type.GetProperty("Name", Any)!, type.GetProperty("Count", Any)!);
        foreach (object form in all)
        {
            Array.Clear(seen);
            for (int i = Math.Min(Cases, (int)count.GetValue(form)!) - 1; i >= 0; i--) run.Invoke(machine, [make.Invoke(form, [i]), i % 2 == 0, null]);
            for (int i = 0; i < seen.Length; i++)
            {
                if (seen[i] != 0) Of(members[i]).Add((string)name.GetValue(form)!);
            }
        }
    }

    /// <summary>Forms that may tell whether a member has changed: those that use it or else, when none is known to, its neighbours.</summary>
    internal IReadOnlyList<string> FormsOf(Member member)
    {
        var known = Of(member);
        if (known.Count == 0) known = [.. forms.Where(other => other.Key.File == member.File).SelectMany(other => other.Value).Distinct()];
        int step = Math.Max(1, (known.Count + MostForms - 1) / MostForms);
        return [.. known.Where((_, i) => i % step == 0)];
    }

    List<string> Of(Member member)
    {
        if (!forms.TryGetValue(member, out var list)) forms.Add(member, list = []);
        return list;
    }

    static Type Find(Assembly tests, string name) => tests.GetType("CheckpointRestart.Core.Tests.Vectors." + name, throwOnError: true)!;
}
