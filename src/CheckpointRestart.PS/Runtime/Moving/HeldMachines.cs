using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Moving;

/// <summary>Machines that came, of which it is not known whether their sender has given them up: each may run with its token alone, so no cmdlet for tasks sees them.</summary>
static class HeldMachines
{
    static readonly Lock Access = new();
    static readonly List<(HeldMachine Machine, RootOptions? Root, PortsToPublish Ports)> All = [];

    internal static void Add(HeldMachine machine, RootOptions? root, PortsToPublish ports)
    {
        lock (Access) All.Add((machine, root, ports));
    }

    /// <summary>Lets one run.</summary>
    /// <param name="token">Its sender's.</param>
    /// <param name="suspended">Leaves it frozen all the same.</param>
    /// <param name="ports">What has become of those that were to be published.</param>
    /// <returns>Its tasks, the one that it was sent by first.</returns>
    /// <exception cref="CrException">The token is for none of them.</exception>
    internal static IReadOnlyList<CrTask> Release(byte[] token, bool suspended, out PortsToPublish ports)
    {
        (HeldMachine Machine, RootOptions? Root, PortsToPublish Ports) held;
        lock (Access)
        {
            int index = All.FindIndex(one => one.Machine.Takes(token));
            if (index < 0) throw new CrException("NoHeldMachine", ErrorCategory.ObjectNotFound, $"No machine is held in this process that the token is for; {All.Count} are held.", "Use the process in which Receive-CrMachine said that it holds the machine.");
            held = All[index];
            All.RemoveAt(index);
        }
        ports = held.Ports;
        held.Machine.Release(token, runs: !suspended);
        return Register(held.Machine.Task, held.Root);
    }

    /// <summary>Makes a machine known to the cmdlets.</summary>
    internal static IReadOnlyList<CrTask> Register(Core.Kernel.Task task, RootOptions? root)
    {
        var first = Registry.Add(Registry.Add(task.Machine, root), task, null, []);
        return [first, .. Registry.Tasks().Where(other => other.Machine == first.Machine && other != first)];
    }

    internal static void StopAll()
    {
        lock (Access)
        {
            foreach (var (machine, _, _) in All) machine.Dispose();
            All.Clear();
        }
    }
}
