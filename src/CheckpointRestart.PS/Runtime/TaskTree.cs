namespace CheckpointRestart.PS.Runtime;

/// <summary>The processes of one machine as trees: threads and children stand below their process, by pid.</summary>
sealed class TaskTree<T> where T : notnull
{
    readonly ILookup<int, T> below;
    readonly T[] roots;
    readonly Func<T, int> pid;

    internal TaskTree(IReadOnlyList<T> tasks, Func<T, int> pid, Func<T, int> group, Func<T, int> parent)
    {
        this.pid = pid;
        var known = tasks.Select(pid).ToHashSet();
        // A thread's process, or a child's parent; 0 where that is not here.
        int Above(T task) => group(task) != pid(task) && known.Contains(group(task)) ? group(task)
            : parent(task) != pid(task) && known.Contains(parent(task)) ? parent(task) : 0;
        below = tasks.OrderBy(pid).ToLookup(Above);
        roots = [.. below[0]];
    }

    /// <summary>Every task that is wanted, and all that stand below one, each behind what it stands below.</summary>
    /// <returns>The task, the lines that lead to it, and how many stand above it.</returns>
    internal IEnumerable<(T Task, string Branch, int Depth)> Walk(Func<T, bool> isWanted) => roots.SelectMany(root => From(root, isWanted));

    IEnumerable<(T Task, string Branch, int Depth)> From(T task, Func<T, bool> isWanted) =>
        isWanted(task) ? Under(task, "", "", 0) : below[pid(task)].SelectMany(child => From(child, isWanted));

    IEnumerable<(T Task, string Branch, int Depth)> Under(T task, string branch, string indent, int depth)
    {
        yield return (task, branch, depth);
        T[] children = [.. below[pid(task)]];
        for (int i = 0; i < children.Length; i++)
        {
            bool last = i == children.Length - 1;
            foreach (var found in Under(children[i], indent + (last ? "└─" : "├─"), indent + (last ? "  " : "│ "), depth + 1)) yield return found;
        }
    }
}
