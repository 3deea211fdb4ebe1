using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;
using KernelTask = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.PS.Runtime;

/// <summary>The machines and tasks of this process. All members may be called from any thread.</summary>
static class Registry
{
    static readonly Lock Access = new();
    static readonly SortedDictionary<int, CrMachine> MachinesById = [];
    static readonly SortedDictionary<int, CrTask> TasksById = [];
    static readonly Dictionary<KernelTask, CrTask> ByTask = new(ReferenceEqualityComparer.Instance);
    static int lastMachine;
    static int lastTask;

    /// <summary>Takes over a machine.</summary>
    internal static CrMachine Add(Machine machine, RootOptions? root)
    {
        lock (Access)
        {
            var added = new CrMachine(++lastMachine, machine, root);
            MachinesById.Add(added.Id, added);
            return added;
        }
    }

    /// <summary>Gives a task that a cmdlet has started its number.</summary>
    internal static CrTask Add(CrMachine machine, KernelTask task, string? filePath, IReadOnlyList<string> arguments)
    {
        lock (Access)
        {
            // The children that it may have by now come after it.
            if (ByTask.Remove(task, out var early)) TasksById.Remove(early.Id);
            machine.First ??= task;
            return Insert(machine, task, filePath, arguments, true, early?.Id);
        }
    }

    internal static IReadOnlyList<CrMachine> Machines()
    {
        lock (Access) return [.. MachinesById.Values];
    }

    /// <summary>Every task of every machine, by number; a child has its number from when it is first seen.</summary>
    internal static IReadOnlyList<CrTask> Tasks()
    {
        lock (Access)
        {
            // Of a machine that went back the tasks are others, and known by their pids.
            foreach (var known in TasksById.Values) ByTask.TryAdd(known.Task, known);
            foreach (var machine in MachinesById.Values)
                foreach (var task in machine.Kernel.Tasks)
                    if (!ByTask.ContainsKey(task)) Insert(machine, task, null, [], false, null);
            // A child is gone once it was waited for; what a cmdlet started stays until Remove-CrTask.
            foreach (var gone in TasksById.Values.Where(task => !task.IsMain && task.Task.State == TaskState.Dead).ToArray()) Forget(gone);
            return [.. TasksById.Values];
        }
    }

    internal static CrTask? Find(int id)
    {
        lock (Access)
            if (TasksById.TryGetValue(id, out var task)) return task;
        return Tasks().FirstOrDefault(task => task.Id == id);
    }

    /// <summary>Forgets a task, and ends its machine when no other task that a cmdlet started is left in it.</summary>
    internal static void Remove(CrTask task)
    {
        lock (Access)
        {
            Forget(task);
            if (TasksById.Values.Any(other => other.Machine == task.Machine && other.IsMain)) return;
        }
        Remove(task.Machine);
    }

    /// <summary>Ends a machine, whether it is known here or not, and forgets its tasks.</summary>
    internal static void Remove(Machine machine)
    {
        if (Machines().FirstOrDefault(known => known.Kernel == machine) is { } found) Remove(found);
        else machine.Dispose();
    }

    /// <summary>Ends a machine and forgets its tasks.</summary>
    internal static void Remove(CrMachine machine)
    {
        lock (Access)
        {
            foreach (var task in TasksById.Values.Where(task => task.Machine == machine).ToArray()) Forget(task);
            MachinesById.Remove(machine.Id);
        }
        machine.Kernel.Dispose();
    }

    /// <summary>Ends every machine: the module is being removed.</summary>
    internal static void StopAll()
    {
        CrMachine[] machines;
        lock (Access)
        {
            machines = [.. MachinesById.Values];
            MachinesById.Clear();
            TasksById.Clear();
            ByTask.Clear();
        }
        foreach (var machine in machines) machine.Kernel.Dispose();
    }

    static CrTask Insert(CrMachine machine, KernelTask task, string? filePath, IReadOnlyList<string> arguments, bool isMain, int? id)
    {
        var added = new CrTask(id ?? ++lastTask, machine, task, filePath, arguments, isMain);
        TasksById.Add(added.Id, added);
        ByTask.Add(task, added);
        return added;
    }

    static void Forget(CrTask task)
    {
        TasksById.Remove(task.Id);
        foreach (var (known, _) in ByTask.Where(entry => entry.Value.Id == task.Id).ToArray()) ByTask.Remove(known);
    }
}
