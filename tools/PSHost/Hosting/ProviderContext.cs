using System.Management.Automation;
using System.Reflection;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>What the engine's own cmdlets over providers call them with, and the public interface does not give: objects and errors go straight to the cmdlet's output, -WhatIf
/// and -Confirm are the cmdlet's, and the filter, -Force and the provider's own parameters reach the provider.</summary>
internal sealed class ProviderContext
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
    private static readonly Type Engine = typeof(PSObject).Assembly.GetType("System.Management.Automation.CmdletProviderContext", throwOnError: true)!;

    internal ProviderContext(PSCmdlet cmdlet) => Inner = Activator.CreateInstance(Engine, Hidden, null, [cmdlet], null)!;

    internal object Inner { get; }

    /// <summary>True for a path of another provider than the file system: that is asked as the engine's own cmdlets ask it.</summary>
    internal static bool IsElsewhere(SessionState state, string path)
    {
        if (string.IsNullOrEmpty(path)) return false;
        _ = state.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name != "FileSystem";
    }

    internal bool Force
    {
        init => Set("Force", (SwitchParameter)value);
    }

    internal bool IsLiteral
    {
        init => Set("SuppressWildcardExpansion", value);
    }

    internal object? DynamicParameters
    {
        get => Engine.GetProperty("DynamicParameters", Hidden)!.GetValue(Inner);
        set => Set("DynamicParameters", value);
    }

    internal void SetFilters(string[] include, string[] exclude, string? filter) =>
        Engine.GetMethod("SetFilters", Hidden)!.Invoke(Inner, [new System.Collections.ObjectModel.Collection<string>(include), new System.Collections.ObjectModel.Collection<string>(exclude), filter]);

    /// <summary>Ctrl+C.</summary>
    internal void Stop() => Engine.GetMethod("StopProcessing", Hidden)!.Invoke(Inner, []);

    /// <summary>Calls a method of the provider intrinsics that takes a context behind its other arguments.</summary>
    internal object? Call(object intrinsics, string method, params object?[] arguments)
    {
        object?[] all = [.. arguments, Inner];
        var found = Array.Find(intrinsics.GetType().GetMethods(Hidden), m => m.Name == method && Takes(m.GetParameters(), all)) ?? throw new MissingMethodException(intrinsics.GetType().FullName, method);
        return found.Invoke(intrinsics, BindingFlags.DoNotWrapExceptions, null, all, null);
    }

    private void Set(string property, object? value) => Engine.GetProperty(property, Hidden)!.SetValue(Inner, value);

    private static bool Takes(ParameterInfo[] parameters, object?[] arguments)
    {
        if (parameters.Length != arguments.Length) return false;
        for (var i = 0; i < parameters.Length; i++)
            if (arguments[i] is { } argument ? !parameters[i].ParameterType.IsInstanceOfType(argument) : parameters[i].ParameterType.IsValueType) return false;
        return true;
    }
}
