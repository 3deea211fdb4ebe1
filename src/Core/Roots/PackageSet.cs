namespace CheckpointRestart.Core.Roots;

/// <summary>Packages that shall be installed together.</summary>
internal sealed class PackageSet
{
    readonly SortedDictionary<string, DebianPackage> packages = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<(DebianPackage Package, string Version)>> provided = new(StringComparer.Ordinal);

    /// <summary>Takes the newest of each name.</summary>
    public PackageSet(IEnumerable<DebianPackage> all)
    {
        foreach (var package in all)
        {
            if (package.Architecture is not ("i386" or "all")) throw new RootException(package.Path, $"it is for {package.Architecture}; the machine is an i386");
            if (packages.TryGetValue(package.Name, out var other))
            {
                Warnings.Add($"{package.Name} is there in the versions {other.Version} and {package.Version}; the newer one is taken");
                if (DebianVersion.Compare(other.Version, package.Version) >= 0) continue;
            }
            packages[package.Name] = package;
        }
        foreach (var package in packages.Values)
            foreach (var relation in Dependency.Parse(package.Field("Provides")).SelectMany(static dependency => dependency.Alternatives))
            {
                if (!provided.TryGetValue(relation.Name, out var list)) provided.Add(relation.Name, list = []);
                list.Add((package, relation.Version));
            }
    }

    public List<string> Warnings { get; } = [];

    public IEnumerable<DebianPackage> All => packages.Values;

    public bool Has(string name) => packages.ContainsKey(name);

    /// <summary>What keeps the set from being installed: dependencies that nothing meets, and conflicts.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        foreach (var package in packages.Values)
        {
            foreach (var dependency in package.Dependencies)
                if (!dependency.Alternatives.Any(relation => Find(relation) != null)) problems.Add($"{package.Name} {package.Version} depends on {dependency}, which {Reason(dependency)}");
            foreach (string field in new[] { "Conflicts", "Breaks" })
                foreach (var relation in Dependency.Parse(package.Field(field)).SelectMany(static dependency => dependency.Alternatives))
                    if (Find(relation, package) is { } other) problems.Add($"{package.Name} {package.Version} {(field == "Breaks" ? "breaks" : "conflicts with")} {relation}, and {other.Name} {other.Version} is there");
        }
        return problems;
    }

    /// <summary>An order in which every package comes after those that it depends on, but for circles, which are cut at the later name.</summary>
    public IReadOnlyList<DebianPackage> InOrder()
    {
        var order = new List<DebianPackage>();
        var seen = new HashSet<DebianPackage>();
        var pending = new Stack<(DebianPackage Package, IEnumerator<DebianPackage> Needed)>();
        foreach (var start in packages.Values.OrderBy(static package => package.Field("Essential") == "yes" ? 0 : 1))
        {
            if (!seen.Add(start)) continue;
            pending.Push((start, Needed(start).GetEnumerator()));
            while (pending.TryPeek(out var top))
            {
                if (top.Needed.MoveNext())
                {
                    if (seen.Add(top.Needed.Current)) pending.Push((top.Needed.Current, Needed(top.Needed.Current).GetEnumerator()));
                    continue;
                }
                order.Add(top.Package);
                pending.Pop();
            }
        }
        return order;
    }

    IEnumerable<DebianPackage> Needed(DebianPackage package) =>
        package.Dependencies.Select(dependency => dependency.Alternatives.Select(relation => Find(relation)).FirstOrDefault(static found => found != null)).OfType<DebianPackage>();

    /// <summary>A package that meets a relation; an unversioned Provides meets no version.</summary>
    DebianPackage? Find(Relation relation, DebianPackage? except = null)
    {
        if (packages.TryGetValue(relation.Name, out var package) && package != except && relation.IsMetBy(package.Version)) return package;
        if (!provided.TryGetValue(relation.Name, out var list)) return null;
        foreach (var (provider, version) in list)
            if (provider != except && (relation.Operator.Length == 0 || (version.Length > 0 && relation.IsMetBy(version)))) return provider;
        return null;
    }

    string Reason(Dependency dependency)
    {
        var here = dependency.Alternatives.Where(relation => packages.ContainsKey(relation.Name)).Select(relation => $"{relation.Name} {packages[relation.Name].Version}").ToArray();
        return here.Length == 0 ? "is not among the files" : $"{string.Join(" and ", here)} does not meet";
    }
}
