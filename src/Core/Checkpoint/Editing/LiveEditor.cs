using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Changes live tasks. Each change is an event of the machine, as input is.</summary>
public static class LiveEditor
{
    /// <summary>Makes a change. The task stands still meanwhile. Any thread.</summary>
    /// <param name="task">The task; the change's own number is not looked at.</param>
    /// <param name="change">What shall be otherwise.</param>
    /// <exception cref="ChangeRefusedException">It cannot be: nothing changed.</exception>
    public static void Apply(Task task, StateChange change)
    {
        ArgumentNullException.ThrowIfNull(task);
        var machine = task.Machine;
        switch (change)
        {
            case RegisterChange register: machine.SetRegister(task, register.Register, register.Value); break;
            case MemoryChange memory: machine.WriteMemory(task, memory.Address, memory.Bytes); break;
            case NameChange name: machine.SetName(task, name.Name); break;
            case DescriptorChange descriptor: machine.SetDescriptor(task, descriptor.Number, descriptor.Path); break;
            case EnvironmentChange variable:
                machine.Execute(m =>
                {
                    var memory = task.AddressSpace ?? throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
                    foreach (var (address, bytes) in new GuestEnvironment(memory.Peek).Set(memory.Layout.StartStack, variable.Variable, variable.Value)) m.WriteMemory(task, address, bytes);
                });
                break;
            default: throw new ArgumentException($"{change} is no change", nameof(change));
        }
    }
}
