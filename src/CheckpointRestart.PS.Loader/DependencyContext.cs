using System.Reflection;
using System.Runtime.InteropServices;
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
        // The same code, compiled ahead of time for this system, where there is such a folder.
        foreach (var folder in new[] { Path.Combine(_folder, Platform), _folder })
        {
            var path = Path.Combine(folder, assemblyName.Name + ".dll");
            if (File.Exists(path)) return LoadFromAssemblyPath(path);
        }
        return null;
    }

    private static string Platform =>
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
}
