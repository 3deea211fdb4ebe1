namespace CheckpointRestart.Core.Kernel;

/// <content>What shall happen at an exact instruction count. Like a command it changes nothing that the guest can see.</content>
public sealed partial class Machine
{
    readonly List<Appointment> appointments = [];
    ulong nextAppointment = ulong.MaxValue;

    /// <summary>Runs something on the machine's thread once exactly so many instructions are retired, before the next one and before a machine that is
    /// frozen there stands still. Any thread.</summary>
    /// <param name="instruction">The machine's count.</param>
    /// <param name="action">Does it. False: it cannot be done yet; the machine stands at this instruction, hears commands, and asks again soon.</param>
    /// <returns>Disposed, it calls the appointment off.</returns>
    /// <exception cref="ArgumentOutOfRangeException">That instruction is past.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    public IDisposable RunAt(ulong instruction, Func<Machine, bool> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Execute(machine =>
        {
            if (instruction < machine.retired)
                throw new ArgumentOutOfRangeException(nameof(instruction), instruction, $"the machine is already at instruction {machine.retired}");
            var appointment = new Appointment(machine, instruction, action);
            machine.appointments.Add(appointment);
            machine.FindNextAppointment();
            return appointment;
        });
    }

    void FindNextAppointment() => nextAppointment = appointments.Count == 0 ? ulong.MaxValue : appointments.Min(static one => one.Instruction);

    /// <summary>Keeps the appointments of this instruction.</summary>
    /// <returns>False when one of them has to wait, and the machine with it.</returns>
    bool KeepAppointments()
    {
        // One may make another.
        while (nextAppointment <= retired)
        {
            var due = appointments.First(one => one.Instruction == nextAppointment);
            if (!due.Action(this)) return false;
            appointments.Remove(due);
            FindNextAppointment();
        }
        return true;
    }

    sealed record Appointment(Machine Machine, ulong Instruction, Func<Machine, bool> Action) : IDisposable
    {
        public void Dispose()
        {
            if (Machine.HasEnded) return;
            try
            {
                Machine.Execute(machine =>
                {
                    machine.appointments.RemoveAll(one => ReferenceEquals(one, this));
                    machine.FindNextAppointment();
                });
            }
            catch (ObjectDisposedException)
            {
                // It ended meanwhile, and its appointments with it.
            }
        }
    }
}
