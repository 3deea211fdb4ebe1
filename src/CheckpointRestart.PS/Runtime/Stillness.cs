using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Runtime;

/// <summary>A machine stands still while somebody looks at what must belong to one moment, and then goes on if it ran before.</summary>
sealed class Stillness : IDisposable
{
    readonly Machine machine;
    readonly bool ran;

    Stillness(Machine machine)
    {
        this.machine = machine;
        ran = !machine.IsFrozen;
        if (ran) machine.Freeze();
    }

    internal static Stillness Of(Machine machine) => new(machine);

    public void Dispose()
    {
        if (!ran || machine.HasEnded) return;
        try
        {
            machine.Thaw();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
    }
}
