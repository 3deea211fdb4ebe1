using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The few things that the engine keeps to itself and a console host cannot do without. Bound to the pinned engine version; a missing member fails at first use.</summary>
internal static class EngineInternals
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>Marks an error record so that Out-Default renders it on standard error.</summary>
    internal static PSObject AsErrorOutput(ErrorRecord record)
    {
        var wrapped = PSObject.AsPSObject(record);
        var property = typeof(PSObject).GetProperty("WriteStream", Hidden)!;
        property.SetValue(wrapped, Enum.Parse(property.PropertyType, "Error"));
        return wrapped;
    }

    /// <summary>What the engine shows as the module of a command that comes with the host.</summary>
    internal static PSSnapInInfo CreateModuleName(string name)
    {
        var constructor = Array.Find(typeof(PSSnapInInfo).GetConstructors(Hidden), static c => c.GetParameters().Length == 11)!;
        var folder = AppContext.BaseDirectory;
        return (PSSnapInInfo)constructor.Invoke([name, true, folder, typeof(EngineInternals).Assembly.FullName, typeof(EngineInternals).Assembly.Location, new Version(7, 6), new Version(7, 6), new Collection<string>(), new Collection<string>(), name, null]);
    }

    internal static void SetModuleName(InitialSessionStateEntry entry, PSSnapInInfo module) =>
        typeof(InitialSessionStateEntry).GetMethod("SetPSSnapIn", Hidden)!.Invoke(entry, [module]);

    /// <summary>Lets <c>exit</c> in the next script that is run end the session, as -File has it, and not just the script.</summary>
    internal static void ExitEndsSession(Runspace runspace)
    {
        var context = runspace.GetType().GetProperty("ExecutionContext", Hidden)!.GetValue(runspace)!;
        context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden)!.SetValue(context, true);
    }
}
