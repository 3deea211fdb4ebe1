using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace CheckpointRestart.PS.Loading;

/// <summary>
/// Joins the cmdlets, which PowerShell loads, to Core in its own context. Core is the only assembly that the cmdlets may refer to; everything
/// else is found from Core, inside the context.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private const string Core = "CheckpointRestart.Core";

    public void OnImport()
    {
        // An import with -Force comes without a removal.
        AssemblyLoadContext.Default.Resolving -= Resolve;
        AssemblyLoadContext.Default.Resolving += Resolve;
    }

    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == Core ? DependencyContext.Instance.LoadFromAssemblyName(name) : null;
}
