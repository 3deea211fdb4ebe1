using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The session's table of types and of views.</summary>
internal static partial class EngineInternals
{
    internal static void AddTypeData(SessionState state, TypeData data, bool force)
    {
        var copy = force ? data : data.Copy();
        copy.GetType().GetProperty("IsOverride", Hidden)?.SetValue(copy, force);
        UpdateTypes(state, copy, remove: false);
    }

    internal static void RemoveTypeData(SessionState state, string type) => UpdateTypes(state, new TypeData(type), remove: true);

    internal static IEnumerable<TypeData> GetTypeData(SessionState state)
    {
        var table = TypeTable(state);
        var all = (Dictionary<string, TypeData>)table.GetType().GetMethod("GetAllTypeData", Hidden)!.Invoke(table, null)!;
        return all.Values;
    }

    /// <summary>Every view of the session: its types and the shape that it gives them.</summary>
    internal static IEnumerable<(string[] Types, FormatViewDefinition View)> GetFormatViews(SessionState state)
    {
        dynamic? Field(object target, string name) => target.GetType().GetField(name, Hidden)?.GetValue(target);
        var context = ContextOf(state);
        var manager = context.GetType().GetProperty("FormatDBManager", Hidden)!.GetValue(context)!;
        var database = manager.GetType().GetProperty("Database", Hidden)!.GetValue(manager)!;
        var views = (IEnumerable)Field(Field(database, "viewDefinitionsSection")!, "viewDefinitionList")!;
        foreach (object view in views)
        {
            var types = ((IEnumerable)Field(Field(view, "appliesTo")!, "referenceList")!).Cast<object>().Select(r => (string)Field(r, "name")!).ToArray();
            var body = ((object?)Field(view, "mainControl"))?.GetType().Name ?? "";
            PSControl control = body.StartsWith("List", StringComparison.Ordinal) ? new ListControl()
                : body.StartsWith("Wide", StringComparison.Ordinal) ? new WideControl()
                : body.StartsWith("Table", StringComparison.Ordinal) ? new TableControl()
                : CustomControl.Create().StartEntry().EndEntry().EndControl();
            yield return (types, new FormatViewDefinition((string)Field(view, "name")!, control));
        }
    }

    private static object TypeTable(SessionState state)
    {
        var context = ContextOf(state);
        return context.GetType().GetProperty("TypeTable", Hidden)!.GetValue(context)!;
    }

    private static void UpdateTypes(SessionState state, TypeData data, bool remove)
    {
        var table = TypeTable(state);
        var errors = new ConcurrentBag<string>();
        var method = Array.Find(table.GetType().GetMethods(Hidden), static m => m.Name == "Update" && m.GetParameters() is [{ ParameterType.Name: "TypeData" }, _, _])!;
        method.Invoke(table, [data, errors, remove]);
        if (errors.TryPeek(out var error)) throw new RuntimeException(error);
    }
}
