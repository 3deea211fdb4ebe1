using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace CheckpointRestart.PS.Loader;

/// <summary>
/// Joins the cmdlets, which PowerShell loads, to Core and the pictures in their own context. These are the only assemblies that the cmdlets may refer to; everything
/// else is found from them, inside the context. It is a nested module with an assembly of its own, because PowerShell loads every type of an assembly
/// before it calls the assembly's initializer, and types with a field of one of Core's enums need Core to be loaded.
/// </summary>
public sealed class LoaderLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private const string Core = "CheckpointRestart.Core", Pictures = "CheckpointRestart.Pictures";

    public void OnImport()
    {
        // An import with -Force comes without a removal.
        AssemblyLoadContext.Default.Resolving -= Resolve;
        AssemblyLoadContext.Default.Resolving += Resolve;
    }

    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name is Core or Pictures ? DependencyContext.Instance.LoadFromAssemblyName(name) : null;
}
