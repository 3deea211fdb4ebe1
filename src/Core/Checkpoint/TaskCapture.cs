using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>A whole task: to an image's model, and from a validated image to the parts that a machine adopts.</summary>
internal static class TaskCapture
{
    /// <summary>Describes a task that <see cref="V5Rules"/> let pass. On the machine's thread.</summary>
    public static CheckpointImage Save(Task task, CpuRecord registers)
    {
        var machine = task.Machine;
        var version = machine.Version;
        var owned = new OwnedObjects();
        return new CheckpointImage(owned)
        {
            Head = HeadRecord.Create(version.Major, version.Minor, version.Patch, (ulong)Math.Max(0, machine.Clock.Realtime / 1_000_000_000), version.Release, version.Version, version.Machine),
            ProcessId = (uint)task.Pid,
            Task = new SavedTask(task.CommBytes)
            {
                State = task.State switch
                {
                    TaskState.Sleeping => TaskStates.Interruptible,
                    TaskState.Stopped => TaskStates.Stopped,
                    _ => TaskStates.Running,
                },
                ExitSignal = (uint)task.Group.ExitSignal,
            },
            Memory = MemoryCapture.Save(task.AddressSpace!, task.Registers!.Ldt, owned),
            Files = FileCapture.Save(task.Files!, task.FileSystem!.Root),
            Thread = RegisterCapture.SaveThread(task.Registers),
            Cpu = registers,
        };
    }

    /// <summary>Builds a task to one side: nothing of the machine's tasks is touched. On the machine's thread.</summary>
    /// <param name="image">A validated image.</param>
    /// <param name="machine">Where it shall live.</param>
    /// <param name="descriptorLimit">One past the highest descriptor number.</param>
    /// <param name="imageFile">The inode that the image is read from, or null.</param>
    /// <exception cref="RestoreException">Something cannot be had; nothing is left.</exception>
    public static TaskParts Restore(CheckpointImage image, Machine machine, int descriptorLimit, Inode? imageFile)
    {
        RegisterCapture.CheckProcessor(image.Cpu, machine.Processor.Model);
        var space = new AddressSpace(machine.Account);
        var registers = new Registers();
        DescriptorTable? files = null;
        try
        {
            MemoryCapture.Restore(image.Memory, space, machine.Tree);
            files = FileCapture.Restore(image.Files, machine.Tree, descriptorLimit, imageFile);
            RegisterCapture.Restore(image.Cpu, image.Thread, MemoryCapture.RestoreLdt(image.Memory), registers);
            return new TaskParts
            {
                Pid = (int)image.ProcessId,
                Comm = image.Task.CommBytes.ToArray(),
                Registers = registers,
                AddressSpace = space,
                Files = files,
                FileSystem = new FileSystemContext(machine.Tree.Root, machine.Tree.Root),
                // v5 does not name the program's file; it is what the code region is mapped from.
                Executable = (space.FindRegion(space.Layout.StartCode)?.Source as MappedFile)?.Dentry,
            };
        }
        catch
        {
            registers.Ldt?.Dispose();
            registers.Dispose();
            files?.DropUser();
            space.Dispose();
            throw;
        }
    }

    sealed class OwnedObjects : List<IDisposable>, IDisposable
    {
        public void Dispose() => ForEach(item => item.Dispose());
    }
}
