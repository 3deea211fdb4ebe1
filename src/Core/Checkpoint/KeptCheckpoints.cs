using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>A checkpoint that a guest took of itself, or of others, and that its machine keeps in memory: of one of the two forms.</summary>
/// <param name="Owner">The effective user who took it.</param>
/// <param name="Of">The task as v5 has it.</param>
/// <param name="Machine">The machine, or a part of its tasks.</param>
internal sealed record KeptCheckpoint(uint Owner, CheckpointImage? Of, ExtendedImage? Machine) : IDisposable
{
    /// <summary>Pages that it holds.</summary>
    public long Pages { get; } = Of?.Memory.Vmas.Sum(static vma => (long)vma.Pages.Count) ?? Machine!.Pages.Count;

    public void Dispose()
    {
        Of?.Dispose();
        Machine?.Dispose();
    }
}

/// <summary>The checkpoints that a machine keeps in memory for its guests, by their numbers. No image carries them: they end with the machine.</summary>
internal sealed class KeptCheckpoints : IDisposable
{
    /// <summary>Most that a machine keeps.</summary>
    public const int Most = 16;

    readonly Dictionary<int, KeptCheckpoint> kept = [];

    public bool IsFull => kept.Count >= Most;

    public KeptCheckpoint? Find(int identifier) => kept.GetValueOrDefault(identifier);

    /// <summary>Keeps a checkpoint, which is its own from then on; what does not fit is given up.</summary>
    /// <returns>ENOMEM when all together would hold more pages than the machine may have.</returns>
    public Errno Add(int identifier, KeptCheckpoint checkpoint, Machine machine)
    {
        if (kept.Values.Sum(static one => one.Pages) + checkpoint.Pages > machine.Account.Limit)
        {
            checkpoint.Dispose();
            return Errno.ENOMEM;
        }
        kept.Add(identifier, checkpoint);
        return Errno.None;
    }

    public void Forget(int identifier)
    {
        if (kept.Remove(identifier, out var gone)) gone.Dispose();
    }

    public void Dispose()
    {
        foreach (var one in kept.Values) one.Dispose();
        kept.Clear();
    }

    /// <summary>Whether a task may go back to a checkpoint, or have it forgotten: its owner, or who may restore all.</summary>
    public static bool MayUse(Task task, KeptCheckpoint checkpoint) => task.Credentials.EffectiveUid == checkpoint.Owner || CallRights.MayCheckpointAll(task);
}
