using System.Reflection;
using System.Runtime.Loader;

namespace CheckpointRestart.PS.Loader;

/// <summary>
/// Where Core and its third-party assemblies live: the folder <c>dependencies</c> beside the cmdlet assembly is asked before anything that the
/// process has loaded already, so that another module's version of the same library is never picked up.
/// </summary>
internal sealed class DependencyContext : AssemblyLoadContext
{
    internal static DependencyContext Instance { get; } = new();

    private readonly string _folder = Path.Combine(Path.GetDirectoryName(typeof(DependencyContext).Assembly.Location)!, "dependencies");

    private DependencyContext()
        : base("CheckpointRestart")
    {
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
