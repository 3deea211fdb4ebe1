using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Tasks by number or name; what is not there becomes an error record.</summary>
static class TaskFinder
{
    internal static IEnumerable<CrTask> ById(Cmdlet cmdlet, IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            if (Registry.Find(id) is { } task) yield return task;
            else cmdlet.WriteError(NotFound($"There is no task with Id {id.ToString(CultureInfo.InvariantCulture)}.", id));
        }
    }

    internal static IEnumerable<CrTask> ByName(Cmdlet cmdlet, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            IReadOnlyList<CrTask> found;
            try
            {
                found = Matching(name);
            }
            catch (WildcardPatternException exception)
            {
                cmdlet.WriteError(Errors.Find(exception, name)!);
                continue;
            }
            bool any = false;
            foreach (var task in found)
            {
                any = true;
                yield return task;
            }
            if (!any && !WildcardPattern.ContainsWildcardCharacters(name)) cmdlet.WriteError(NotFound($"There is no task with the name '{name}'.", name));
        }
    }

    /// <summary>The tasks whose names a pattern fits.</summary>
    /// <exception cref="WildcardPatternException">It is none.</exception>
    internal static IReadOnlyList<CrTask> Matching(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return [.. Registry.Tasks().Where(task => pattern.IsMatch(task.Name))];
    }

    static ErrorRecord NotFound(string message, object target) =>
        Errors.Find(new CrException("TaskNotFound", ErrorCategory.ObjectNotFound, message, "Get-CrTask lists the tasks."), target)!;
}
