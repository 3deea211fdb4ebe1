using System.Security.Cryptography;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A machine that was sent and given up.</summary>
/// <param name="Rounds">Images that were sent while it ran; the last one, of what had changed, is not among them.</param>
/// <param name="Bytes">Bytes of all its images.</param>
/// <param name="RoundBytes">Bytes of those that were sent while it ran.</param>
/// <param name="Pages">Pages that were sent.</param>
/// <param name="Pause">From when it was frozen until the receiver said that it runs there.</param>
/// <param name="Duration">How long all of it took.</param>
/// <param name="Token">What let it run at the receiver.</param>
public sealed record TransferResult(int Rounds, long Bytes, long RoundBytes, long Pages, TimeSpan Pause, TimeSpan Duration, ReadOnlyMemory<byte> Token);

/// <summary>A machine that was received and runs here.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Task">The task that it was sent by.</param>
/// <param name="Duration">From its beginning to arrive until it ran.</param>
public sealed record ReceivedMachine(Machine Machine, Task Task, TimeSpan Duration);

/// <summary>A received machine that may not run before its sender has given it up.</summary>
public sealed class HeldMachine : IDisposable
{
    readonly byte[] hash;
    readonly RestoreOptions options;
    bool isReleased;

    internal HeldMachine(Task task, byte[] hash, RestoreOptions options, ReadOnlyMemory<byte> identity)
    {
        Task = task;
        this.hash = hash;
        this.options = options;
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
        var machine = Task.Machine;
        options.Beginning?.Invoke(machine);
        if (runs && !options.Suspended) machine.Thaw();
        // It goes on with the pages that it touches; the others come from what was received, which takes memory as well until they have.
        machine.Pending?.FillBehind();
        return machine;
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
