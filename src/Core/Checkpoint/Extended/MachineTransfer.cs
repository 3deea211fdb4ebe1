using System.Security.Cryptography;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Moves a machine to another process over a stream of both directions, so that wherever the stream is cut exactly one of the two can run.</summary>
/// <remarks>
/// The sender freezes the machine, draws a token, and sends its SHA-256 and the image. The receiver makes the machine, frozen, and says that it holds it. Only then
/// the sender gives the machine up: it writes the token down, ends its own machine, and sends the token; with the token, and nothing else, the receiver's machine runs.
/// Cut before the sender has given up, its machine goes on, and the token is never told: the other one can never run. Cut after that, the sender's is gone, and whoever
/// has the token from the sender's record lets the held one go on with <see cref="HeldMachine.Release"/>.
/// <para>On the stream: "CrMove01", 32 bytes of hash, the image; back: "CrHeld01", the image's identity of 32 bytes; "CrGo0001", 32 bytes of token; back: "CrRuns01".</para>
/// </remarks>
public static class MachineTransfer
{
    /// <summary>Bytes of the token.</summary>
    public const int TokenBytes = 32;

    static ReadOnlySpan<byte> Begin => "CrMove01"u8;

    static ReadOnlySpan<byte> Held => "CrHeld01"u8;

    static ReadOnlySpan<byte> Go => "CrGo0001"u8;

    static ReadOnlySpan<byte> Runs => "CrRuns01"u8;

    /// <summary>Sends a machine. When it returns the machine has been given up; when it throws, <see cref="TransferException.IsGivenUp"/> says whether it has been.</summary>
    /// <param name="machine">The machine; it goes on when it was not given up, unless it was frozen before.</param>
    /// <param name="stream">A stream that reads and writes.</param>
    /// <param name="recordPath">Where the token is written, flushed to the disk, before the machine is ended; null for nowhere: then it is in the result and the exception alone.</param>
    /// <param name="progress">Bytes sent so far.</param>
    /// <param name="cancellation">Ends the attempt while the machine has not been given up.</param>
    /// <exception cref="CheckpointRefusedException">The machine has something that no image carries; it goes on.</exception>
    /// <exception cref="TransferException">The stream was cut, or the receiver is none or could not make the machine.</exception>
    public static TransferResult Send(Machine machine, Stream stream, string? recordPath = null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(stream);
        byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
        bool wasFrozen = machine.IsFrozen, isGivenUp = false;
        machine.Freeze();
        try
        {
            long sent;
            using (var image = MachineImage.Capture(machine))
            {
                stream.Write(Begin);
                stream.Write(SHA256.HashData(token));
                sent = ExtendedWriter.Write(image, stream, progress, cancellation);
                stream.Flush();
                Expect(stream, Held, "the receiver did not say that it holds the machine");
                Span<byte> identity = stackalloc byte[ExtendedLimits.IdentityBytes];
                stream.ReadExactly(identity);
                if (!identity.SequenceEqual(image.Identity.Span)) throw new InvalidDataException("the receiver holds another machine");
            }
            cancellation.ThrowIfCancellationRequested();
            if (recordPath != null) Record(recordPath, token);
            isGivenUp = true;
            machine.Stop();
            stream.Write(Go);
            stream.Write(token);
            stream.Flush();
            Expect(stream, Runs, "the receiver did not say that the machine runs");
            return new TransferResult(sent, token);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or OperationCanceledException && isGivenUp)
        {
            throw new TransferException("the machine was given up, and whether it runs at the receiver is not known: the token lets it go on there", isGivenUp: true, token, exception);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new TransferException("the machine was not given up and goes on here", isGivenUp: false, [], exception);
        }
        finally
        {
            if (!isGivenUp && !wasFrozen && !machine.HasEnded) machine.Thaw();
        }
    }

    /// <summary>Receives a machine, and lets it run when its sender has given it up.</summary>
    /// <param name="stream">A stream that reads and writes.</param>
    /// <param name="root">Where the files are that the image names and does not carry.</param>
    /// <param name="change">Changes the options that the image has.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="CheckpointImageException">The image breaks a rule; the sender's machine goes on.</exception>
    /// <exception cref="RestoreException">The machine cannot be made here; the sender's goes on.</exception>
    /// <exception cref="TransferException">The stream was cut, or who sends is no sender. With <see cref="TransferException.Machine"/>, the machine is here and frozen.</exception>
    public static Machine Receive(Stream stream, RootOptions? root = null, Func<MachineOptions, MachineOptions>? change = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        HeldMachine? held = null;
        try
        {
            Expect(stream, Begin, "who sends does not send a machine");
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            stream.ReadExactly(hash);
            using (var image = ExtendedReader.Read(stream, cancellation))
            {
                held = new HeldMachine(MachineImage.Restore(image, root, change, cancellation: cancellation), hash);
                stream.Write(Held);
                stream.Write(image.Identity.Span);
                stream.Flush();
            }
            Expect(stream, Go, "the sender did not say that it has given the machine up");
            byte[] token = new byte[TokenBytes];
            stream.ReadExactly(token);
            var machine = held.Release(token);
            try
            {
                stream.Write(Runs);
                stream.Flush();
            }
            catch (IOException)
            {
                // The sender has given up, and will learn of the machine in another way.
            }
            return machine;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new TransferException(held == null ? "no machine was received" : "the machine is held: it runs with the token of its sender's record, if it was given up there", isGivenUp: false, [], exception) { Machine = held };
        }
    }

    static void Expect(Stream stream, ReadOnlySpan<byte> word, string otherwise)
    {
        Span<byte> read = stackalloc byte[8];
        stream.ReadExactly(read);
        if (!read.SequenceEqual(word)) throw new InvalidDataException(otherwise);
    }

    static void Record(string path, byte[] token)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(token) + "\n"));
        file.Flush(flushToDisk: true);
    }
}

/// <summary>A machine that was sent and given up.</summary>
/// <param name="Bytes">Bytes of its image.</param>
/// <param name="Token">What lets it run at the receiver.</param>
public sealed record TransferResult(long Bytes, ReadOnlyMemory<byte> Token);

/// <summary>A received machine that may not run before its sender has given it up.</summary>
public sealed class HeldMachine : IDisposable
{
    readonly Machine machine;
    readonly byte[] hash;
    bool isReleased;

    internal HeldMachine(Machine machine, byte[] hash)
    {
        this.machine = machine;
        this.hash = hash;
    }

    /// <summary>Lets it run.</summary>
    /// <param name="token">From the sender's record.</param>
    /// <exception cref="InvalidDataException">It is not the machine's token.</exception>
    public Machine Release(ReadOnlySpan<byte> token)
    {
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(token), hash)) throw new InvalidDataException("the token is not that of the machine's sender");
        isReleased = true;
        machine.Thaw();
        return machine;
    }

    /// <summary>Ends the machine, unless it was let go.</summary>
    public void Dispose()
    {
        if (!isReleased) machine.Dispose();
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
