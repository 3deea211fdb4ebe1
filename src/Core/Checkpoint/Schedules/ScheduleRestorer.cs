using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>Makes a schedule's machine again.</summary>
static class ScheduleRestorer
{
    /// <summary>Makes the machine of the newest image that is good: all of it is read before anything runs, and one that is damaged is passed over.</summary>
    /// <param name="report">Told of each that is passed over.</param>
    /// <returns>The task that the image names, frozen with its machine; the image.</returns>
    /// <exception cref="ScheduleException">There is no good one.</exception>
    /// <exception cref="ProtectionException">None was opened, and there are some that other keys would open.</exception>
    /// <exception cref="RestoreException">What an image needs of the host is not as it was: an older one would fare no better.</exception>
    internal static (Task First, ScheduleImage Image) RestoreNewest(ScheduleStore store, Action<string> report)
    {
        var settings = store.Settings;
        var root = settings.Root.Open();
        foreach (var (image, checkpoint) in store.OpenNewest(report))
        {
            using (checkpoint)
            {
                try
                {
                    var machine = Restorer.MachineOf(checkpoint) with { Engine = settings.Engine };
                    var first = Restorer.Restore(checkpoint, new RestoreOptions { Root = root, Machine = machine, Suspended = true, Eager = true, AllowChangedFiles = settings.AllowChangedFiles });
                    Publish(first.Machine, report);
                    return (first, image);
                }
                catch (CheckpointImageException damaged)
                {
                    store.Skip(image, damaged, report);
                }
            }
        }
        if (store.Shut is { } shut) throw new ProtectionException(shut.Problem, shut.Message, shut);
        throw new ScheduleException(ScheduleProblem.NoGoodImage, $"the schedule '{settings.Name}' in '{store.Directory}' has no image that can be restored");
    }

    /// <summary>Lets the host's programs connect to the ports that they could connect to before.</summary>
    static void Publish(Machine machine, Action<string> report)
    {
        foreach (var (guest, host) in machine.UnpublishedPorts)
        {
            try
            {
                machine.PublishPort(guest, host);
            }
            catch (System.Net.Sockets.SocketException taken)
            {
                report($"the host's port {host} for the guest's {guest} cannot be listened on again: {taken.Message}");
            }
        }
    }
}
