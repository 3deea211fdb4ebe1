using System.Security.Cryptography;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A machine that was sent and given up.</summary>
/// <param name="Bytes">Bytes of its image.</param>
/// <param name="Pages">Pages that were sent.</param>
/// <param name="Pause">From when it was frozen until the receiver said that it runs there.</param>
/// <param name="Duration">How long all of it took.</param>
/// <param name="Token">What let it run at the receiver.</param>
public sealed record TransferResult(long Bytes, long Pages, TimeSpan Pause, TimeSpan Duration, ReadOnlyMemory<byte> Token);

/// <summary>A machine that was received and runs here.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Task">The task that it was sent by.</param>
/// <param name="Duration">From its beginning to arrive until it ran.</param>
public sealed record ReceivedMachine(Machine Machine, Task Task, TimeSpan Duration);

/// <summary>A received machine that may not run before its sender has given it up.</summary>
public sealed class HeldMachine : IDisposable
{
    readonly byte[] hash;
    readonly bool staysFrozen;
    bool isReleased;

    internal HeldMachine(Task task, byte[] hash, bool staysFrozen, ReadOnlyMemory<byte> identity)
    {
        Task = task;
        this.hash = hash;
        this.staysFrozen = staysFrozen;
        Identity = identity;
    }

    /// <summary>The task that it was sent by.</summary>
    public Task Task { get; }

    /// <summary>The identity of the image that it came as.</summary>
    public ReadOnlyMemory<byte> Identity { get; }

    /// <summary>True for the token of its sender.</summary>
    public bool Takes(ReadOnlySpan<byte> token) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(token), hash);

    /// <summary>Lets it run.</summary>
    /// <param name="token">From the sender's record.</param>
    /// <param name="runs">False gives it frozen, as do options that said so.</param>
    /// <exception cref="InvalidDataException">It is not the machine's token.</exception>
    public Machine Release(ReadOnlySpan<byte> token, bool runs = true)
    {
        if (!Takes(token)) throw new InvalidDataException("the token is not that of the machine's sender");
        isReleased = true;
        if (runs && !staysFrozen) Task.Machine.Thaw();
        return Task.Machine;
    }

    /// <summary>Ends the machine, unless it was let go.</summary>
    public void Dispose()
    {
        if (!isReleased) Task.Machine.Dispose();
    }
}

/// <summary>A machine did not get over as it should.</summary>
public sealed class TransferException : IOException
{
    internal TransferException(string message, bool isGivenUp, byte[] token, Exception inner) : base($"{message} ({inner.Message})", inner)
    {
        IsGivenUp = isGivenUp;
        Token = token;
    }

    /// <summary>At the sender: true when its machine is gone.</summary>
    public bool IsGivenUp { get; }

    /// <summary>At a sender that has given up: what lets the machine run at the receiver.</summary>
    public ReadOnlyMemory<byte> Token { get; }

    /// <summary>At the receiver: the machine, when it is there.</summary>
    public HeldMachine? Machine { get; init; }
}
