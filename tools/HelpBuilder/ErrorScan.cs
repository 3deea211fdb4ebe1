using System.Management.Automation;
using System.Reflection;
using System.Reflection.Emit;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.HelpBuilder;

/// <summary>An error that cmdlets can give: the stable id, and its categories and advice where the code has them as constants.</summary>
sealed record ErrorKind(string Id, SortedSet<string> Categories, SortedSet<string> Actions);

/// <summary>
/// Finds the errors in the code itself. A cmdlet's own are those of every <see cref="CrException"/> that is made on a way from its processing methods;
/// what the floors below throw is turned into records in one place, which is read as well.
/// </summary>
sealed class ErrorScan
{
    static readonly string[] Processing = ["BeginProcessing", "ProcessRecord", "EndProcessing"];

    readonly Assembly assembly = typeof(CrException).Assembly;
    readonly Type[] types;
    readonly List<string> problems;
    readonly Dictionary<MethodBase, BodyInstruction[]> bodies = [];

    public ErrorScan(List<string> problems)
    {
        this.problems = problems;
        types = assembly.GetTypes();
        Shared = [.. Merge(Records().SelectMany(Returned))];
    }

    /// <summary>What becomes of the errors of images, machines, files and the network, ordered by id.</summary>
    public IReadOnlyList<ErrorKind> Shared { get; }

    /// <summary>The errors of a cmdlet's own, ordered by id.</summary>
    public IReadOnlyList<ErrorKind> Of(Type cmdlet)
    {
        var seen = new HashSet<MethodBase>();
        var open = new Stack<MethodBase>(Processing.Select(name => cmdlet.GetMethod(name, All)!));
        var found = new List<ErrorKind>();
        var records = Records().ToHashSet();
        while (open.TryPop(out var method))
        {
            if (method.Module.Assembly != assembly || records.Contains(method)) continue;
            method = assembly.ManifestModule.ResolveMethod(method.MetadataToken)!;
            if (!seen.Add(method)) continue;
            found.AddRange(Thrown(method));
            foreach (var instruction in Body(method))
                if (instruction.Operand is MethodBase called)
                    foreach (var target in Targets(called, instruction.Operation == OpCodes.Call, cmdlet)) open.Push(target);
        }
        return [.. Merge(found)];
    }

    /// <summary>The errors of all cmdlets, ordered by id.</summary>
    public static IEnumerable<ErrorKind> Merge(IEnumerable<ErrorKind> errors) =>
        errors.GroupBy(static error => error.Id, StringComparer.Ordinal).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group =>
            new ErrorKind(group.Key, [.. group.SelectMany(static error => error.Categories)], [.. group.SelectMany(static error => error.Actions)]));

    const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>The methods that turn exceptions into records.</summary>
    IEnumerable<MethodBase> Records() => types.Where(static type => type.IsAbstract && type.IsSealed && type.Namespace?.StartsWith("CheckpointRestart.PS.Runtime", StringComparison.Ordinal) == true && type.Name.EndsWith("Errors", StringComparison.Ordinal))
        .SelectMany(static type => type.GetMethods(All)).Where(method => method.Module.Assembly == assembly);

    BodyInstruction[] Body(MethodBase method)
    {
        if (!bodies.TryGetValue(method, out var body)) bodies.Add(method, body = [.. MethodBodyReader.Read(method)]);
        return body;
    }

    /// <summary>Each exception that a method makes: its id and category are constants in front of all else that it is made of.</summary>
    IEnumerable<ErrorKind> Thrown(MethodBase method)
    {
        var body = Body(method);
        var heads = new Stack<int>();
        for (int i = 0; i < body.Length; i++)
        {
            if (IsHead(body, i)) heads.Push(i);
            if (body[i].Operation != OpCodes.Newobj || body[i].Operand is not ConstructorInfo made || made.DeclaringType != typeof(CrException)) continue;
            if (heads.TryPop(out int head)) yield return Kind(body, head, Advice(body, i));
            else problems.Add($"{method.DeclaringType}.{method.Name}: the id and the category of an error are not written as constants");
        }
    }

    /// <summary>Each id that a method gives back with its category and advice.</summary>
    IEnumerable<ErrorKind> Returned(MethodBase method)
    {
        var body = Body(method);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i].Operation != OpCodes.Ldstr || body[i].Operand is not string id || !IsId(id)) continue;
            string? action = body.Skip(i + 1).TakeWhile(static next => next.Operation != OpCodes.Newobj && next.Operation.FlowControl != FlowControl.Branch).Select(static next => next.Operand).OfType<string>().FirstOrDefault(static text => !IsId(text));
            yield return Kind(body, i, action);
        }
    }

    static ErrorKind Kind(BodyInstruction[] body, int head, string? action) => new((string)body[head].Operand!,
        body[head + 1].Operand is int category ? [((ErrorCategory)category).ToString()] : [], action is null ? [] : [action]);

    /// <summary>The last constant text of a call's arguments.</summary>
    static string? Advice(BodyInstruction[] body, int call) => body[call - 2].Operand as string ?? body[call - 1].Operand as string;

    static bool IsHead(BodyInstruction[] body, int i) => body[i].Operation == OpCodes.Ldstr && IsId((string)body[i].Operand!) && i + 1 < body.Length && body[i + 1].Operand is int;

    static bool IsId(string text) => text.Length > 3 && char.IsAsciiLetterUpper(text[0]) && text.All(char.IsAsciiLetterOrDigit) && text.Any(char.IsAsciiLetterLower);

    /// <summary>What a call may reach: of the cmdlet's own methods the one that it has, of others each that overrides it, of what the compiler made all.</summary>
    IEnumerable<MethodBase> Targets(MethodBase called, bool isExact, Type cmdlet)
    {
        var owner = called.DeclaringType!;
        if (owner.Assembly != assembly) yield break;
        if (owner.Name.Contains('<', StringComparison.Ordinal) && called.IsConstructor)
        {
            foreach (var method in owner.GetMethods(All)) yield return method;
            yield break;
        }
        if (isExact || called is not MethodInfo { IsVirtual: true } slot)
        {
            yield return called;
            yield break;
        }
        foreach (var type in owner.IsAssignableFrom(cmdlet) ? [cmdlet] : types.Where(type => owner.IsAssignableFrom(type) && !type.IsInterface))
        {
            var implementation = owner.IsInterface ? Implementation(type, owner, slot)
                : type.GetMethods(All).FirstOrDefault(method => method.IsVirtual && method.GetBaseDefinition() == slot.GetBaseDefinition());
            if (implementation is not null) yield return implementation;
        }
    }

    static MethodInfo? Implementation(Type type, Type contract, MethodInfo slot)
    {
        var map = type.GetInterfaceMap(contract);
        int at = Array.IndexOf(map.InterfaceMethods, slot);
        return at < 0 ? null : map.TargetMethods[at];
    }
}
