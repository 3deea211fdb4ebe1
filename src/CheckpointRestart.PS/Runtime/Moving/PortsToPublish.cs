using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Runtime.Moving;

/// <summary>Ports that are published of a machine once its sender has given it up: on one host they are the sender's until then. What cannot be had is no reason to end the machine, which runs
/// nowhere else: it is kept to be told.</summary>
/// <param name="pairs">Of the guest and the host.</param>
/// <param name="areTheSame">Also those that the machine had published where it came from.</param>
sealed class PortsToPublish(IReadOnlyList<(int Guest, int Host)> pairs, bool areTheSame)
{
    readonly List<CrException> failures = [];

    /// <summary>Publishes them. Any thread.</summary>
    internal void Publish(Machine machine)
    {
        foreach (var (guest, host) in (areTheSame ? machine.UnpublishedPorts : []).Concat(pairs))
        {
            try
            {
                PortPublishing.Publish(machine, guest, host);
            }
            catch (CrException taken)
            {
                lock (failures) failures.Add(taken);
            }
        }
    }

    /// <summary>What went wrong, once.</summary>
    internal IReadOnlyList<CrException> TakeFailures()
    {
        lock (failures)
        {
            CrException[] all = [.. failures];
            failures.Clear();
            return all;
        }
    }
}
