using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The few things that the engine keeps to itself and a console host cannot do without. Bound to the pinned engine version; a missing member fails at first use.</summary>
internal static partial class EngineInternals
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

    /// <summary>Makes an error appear as raised by another command, Write-Error's caller.</summary>
    internal static void SetInvocation(ErrorRecord record, InvocationInfo invocation)
    {
        typeof(ErrorRecord).GetMethod("SetInvocationInfo", Hidden)!.Invoke(record, [invocation]);
        typeof(ErrorRecord).GetProperty("PreserveInvocationInfoOnce", Hidden)!.SetValue(record, true);
    }

    /// <summary>Calls a method of the session state that has scopes, which the public interface lacks.</summary>
    internal static object? CallSessionState(SessionState state, string method, params object?[] arguments)
    {
        var inner = typeof(SessionState).GetProperty("Internal", Hidden)!.GetValue(state)!;
        var found = Array.Find(inner.GetType().GetMethods(Hidden), m => m.Name == method && Matches(m.GetParameters(), arguments))
            ?? throw new MissingMethodException(inner.GetType().FullName, method);
        return found.Invoke(inner, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    /// <summary>The execution context that a session state belongs to.</summary>
    internal static object ContextOf(SessionState state)
    {
        var inner = typeof(SessionState).GetProperty("Internal", Hidden)!.GetValue(state)!;
        return inner.GetType().GetProperty("ExecutionContext", Hidden)!.GetValue(inner)!;
    }

    private static bool Matches(ParameterInfo[] parameters, object?[] arguments)
    {
        if (parameters.Length != arguments.Length) return false;
        for (var i = 0; i < parameters.Length; i++)
            if (arguments[i] is { } argument && !parameters[i].ParameterType.IsInstanceOfType(argument)) return false;
        return true;
    }

    /// <summary>Gives a formatting cmdlet's base class the worker that its own constructor cannot make.</summary>
    internal static void SetFormatter(PSCmdlet cmdlet, string type, params object[] arguments)
    {
        var engine = typeof(PSObject).Assembly;
        var implementation = Activator.CreateInstance(engine.GetType(Formatting + type, throwOnError: true)!, Hidden, null, arguments, null);
        FindField(cmdlet.GetType(), "implementation").SetValue(cmdlet, implementation);
    }

    internal static object FormatShape(string name) => Enum.Parse(typeof(PSObject).Assembly.GetType(Formatting + "FormatShape", throwOnError: true)!, name);

    /// <summary>Directs a formatting worker's lines to a writer.</summary>
    internal static void SetLineOutput(PSCmdlet cmdlet, TextWriter writer, int width)
    {
        var engine = typeof(PSObject).Assembly;
        var output = Activator.CreateInstance(engine.GetType(Formatting + "TextWriterLineOutput", throwOnError: true)!, Hidden, null, [writer, width], null);
        var implementation = FindField(cmdlet.GetType(), "implementation").GetValue(cmdlet)!;
        implementation.GetType().GetProperty("LineOutput", Hidden)!.SetValue(implementation, output);
    }

    private const string Formatting = "Microsoft.PowerShell.Commands.Internal.Format.";

    private static FieldInfo FindField(Type? type, string name)
    {
        for (; type is not null; type = type.BaseType)
            if (type.GetField(name, Hidden | BindingFlags.DeclaredOnly) is { } field) return field;
        throw new MissingFieldException(name);
    }

    /// <summary>Ends the commands before this one in its pipeline, as Select-Object -First does.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    internal static void StopUpstream(PSCmdlet cmdlet)
    {
        var type = typeof(PSObject).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException", throwOnError: true)!;
        throw (Exception)Activator.CreateInstance(type, Hidden, null, [cmdlet], null)!;
    }
}
