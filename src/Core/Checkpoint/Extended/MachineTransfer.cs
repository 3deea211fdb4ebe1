using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Moves a machine to another process over a stream of both directions, so that wherever the stream is cut exactly one of the two can run (docs/moving.md).</summary>
/// <remarks>
/// The receiver says that it is one. The sender freezes the machine, draws a token, and sends its SHA-256 and the image. The receiver makes the machine, frozen, and says
/// that it holds it. Only then the sender gives the machine up: it writes the token down, ends its own machine, and sends the token; with the token, and nothing else, the
/// receiver's machine runs. Cut before the sender has given up, its machine goes on, and the token is never told: the other one can never run. Cut after that, the
/// sender's is gone, and whoever has the token from the sender's record lets the held one go on with <see cref="HeldMachine.Release"/>.
/// Images may go ahead while the machine runs: the one that counts has only what has changed since the last of them.
/// </remarks>
public static partial class MachineTransfer
{
    /// <summary>Bytes of the token.</summary>
    public const int TokenBytes = 32;

    const int MostReasonBytes = 4000;

    internal static ReadOnlySpan<byte> Ready => "CrRecv01"u8;

    static ReadOnlySpan<byte> Begin => "CrMove01"u8;

    static ReadOnlySpan<byte> Held => "CrHeld01"u8;

    static ReadOnlySpan<byte> Fails => "CrFail01"u8;

    static ReadOnlySpan<byte> Go => "CrGo0001"u8;

    static ReadOnlySpan<byte> Runs => "CrRuns01"u8;

    /// <summary>Sends a machine. When it returns the machine has been given up; when it throws, <see cref="TransferException.IsGivenUp"/> says whether it has been.</summary>
    /// <param name="machine">The machine; it goes on when it was not given up, unless it was frozen before. Meanwhile none of its output is given out.</param>
    /// <param name="stream">A stream that reads and writes.</param>
    /// <param name="recordPath">Where the token is written, flushed to the disk, before the machine is ended, and whence it is removed once the receiver says that the
    /// machine runs; null for nowhere: then it is in the exception alone.</param>
    /// <param name="task">Which task the receiver gets first; null for the oldest.</param>
    /// <param name="rounds">Most images that go ahead while the machine runs, up to <see cref="MostRounds"/>; fewer when further ones would have no fewer pages.</param>
    /// <param name="progress">Bytes sent so far.</param>
    /// <param name="cancellation">Ends the attempt while the machine has not been given up.</param>
    /// <exception cref="CheckpointRefusedException">The machine has something that no image carries; it goes on. Or it has come to its end.</exception>
    /// <exception cref="TransferException">The stream was cut, or the receiver is none or could not make the machine.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the machine goes on.</exception>
    public static TransferResult Send(Machine machine, Stream stream, string? recordPath = null, Task? task = null, int rounds = 0, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rounds, MostRounds);
        byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
        bool wasFrozen = machine.IsFrozen, isGivenUp = false, isOnItsWay = false;
        long began = Stopwatch.GetTimestamp();
        try
        {
            Expect(stream, Ready, "who is at the other end receives no machines");
            // Of a machine that stands still anyway nothing changes.
            using var sending = new Sending(stream, wasFrozen ? 0 : rounds, progress, cancellation);
            sending.Begin(SHA256.HashData(token));
            sending.GoAhead(() => CaptureOf(machine, task, out _));
            if (!machine.TryBeginMove()) throw new InvalidDataException("the machine is on its way to somebody else");
            isOnItsWay = true;
            long frozen = Stopwatch.GetTimestamp();
            var image = CaptureOf(machine, task, out var mark);
            sending.Last(image);
            ExpectHeld(stream, image.Extended!.Identity.Span);
            cancellation.ThrowIfCancellationRequested();
            if (recordPath != null) Record(recordPath, token);
            isGivenUp = machine.TryEndByMove(mark);
            if (!isGivenUp)
            {
                Forget(recordPath);
                throw new InvalidDataException("something was done to the machine while it was sent");
            }
            stream.Write(Go);
            stream.Write(token);
            stream.WriteByte(wasFrozen ? (byte)0 : (byte)1);
            stream.Flush();
            Expect(stream, Runs, "the receiver did not say that it has the machine");
            Forget(recordPath);
            return new TransferResult(sending.Rounds, sending.Bytes, sending.RoundBytes, sending.Pages, Stopwatch.GetElapsedTime(frozen), Stopwatch.GetElapsedTime(began), token);
        }
        catch (Exception exception) when (exception is not TransferException && isGivenUp)
        {
            throw new TransferException("the machine was given up here, and whether it runs at the receiver is not known: the token lets it go on there", isGivenUp: true, token, exception);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new TransferException(isOnItsWay ? "the machine was not given up and goes on here" : "the machine was not sent and goes on here", isGivenUp: false, [], exception);
        }
        finally
        {
            if (isOnItsWay && !isGivenUp && !machine.HasEnded)
            {
                machine.EndMove();
                if (!wasFrozen) machine.Thaw();
            }
        }
    }

    /// <summary>Receives a machine, and lets it run when its sender has given it up.</summary>
    /// <param name="stream">A stream that reads and writes.</param>
    /// <param name="options">How the machine is made, from its image; null for as it was, with no files but its own.</param>
    /// <param name="begun">Called when a sender has begun.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="CheckpointImageException">The image breaks a rule; the sender's machine goes on.</exception>
    /// <exception cref="RestoreException">The machine cannot be made here; the sender's goes on.</exception>
    /// <exception cref="TransferException">The stream was cut, or who sends is no sender. With <see cref="TransferException.Machine"/>, the machine is here and frozen.</exception>
    public static ReceivedMachine Receive(Stream stream, Func<Checkpoint, RestoreOptions>? options = null, Action? begun = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        HeldMachine? held = null;
        try
        {
            stream.Write(Ready);
            stream.Flush();
            bool comesInRounds = ExpectBeginning(stream);
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            stream.ReadExactly(hash);
            begun?.Invoke();
            long began = Stopwatch.GetTimestamp();
            held = Hold(stream, hash, comesInRounds, options, cancellation);
            stream.Write(Held);
            stream.Write(held.Identity.Span);
            stream.Flush();
            Expect(stream, Go, "the sender did not say that it has given the machine up");
            byte[] token = new byte[TokenBytes];
            stream.ReadExactly(token);
            bool runs = stream.ReadByte() != 0;
            var machine = held.Release(token, runs);
            try
            {
                stream.Write(Runs);
                stream.Flush();
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The sender has given up, and will learn of the machine in another way.
            }
            return new ReceivedMachine(machine, held.Task, Stopwatch.GetElapsedTime(began));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException || exception is OperationCanceledException && held != null)
        {
            throw new TransferException(held == null ? "no machine was received" : "the machine is held and does not run: it does with the token of its sender's record, if it was given up there", isGivenUp: false, [], exception) { Machine = held };
        }
    }

    /// <summary>Makes the machine that comes, or tells the sender why not.</summary>
    static HeldMachine Hold(Stream stream, byte[] hash, bool comesInRounds, Func<Checkpoint, RestoreOptions>? options, CancellationToken cancellation)
    {
        try
        {
            using var image = comesInRounds ? ReadRounds(stream, cancellation) : Checkpoint.Read(stream, cancellation);
            if (image.Extended == null) throw new InvalidDataException("what was sent is no machine but a task");
            // All of it is here and was checked: the machine need not wait until it has been copied.
            image.Extended.Pages.LetWait();
            var wanted = options?.Invoke(image) ?? new RestoreOptions();
            return new HeldMachine(Restorer.Restore(image, wanted with { Suspended = true, Beginning = null }), hash, wanted, image.Extended.Identity);
        }
        catch (Exception exception) when (exception is RestoreException or CheckpointImageException or InvalidDataException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            Refuse(stream, exception.Message);
            throw;
        }
    }

    static void Refuse(Stream stream, string reason)
    {
        var text = Encoding.UTF8.GetBytes(reason);
        int length = Math.Min(text.Length, MostReasonBytes);
        try
        {
            stream.Write(Fails);
            stream.Write([(byte)length, (byte)(length >> 8)]);
            stream.Write(text.AsSpan(0, length));
            stream.Flush();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The reason goes to whoever receives in any case.
        }
    }

    static Checkpoint CaptureOf(Machine machine, Task? task, out (ulong Instructions, int Events) mark)
    {
        var (image, at) = machine.Execute(m =>
        {
            // It may have come to its end while images went ahead, and nobody could make a machine of the last one.
            if (!m.HasLiveTasks) throw new CheckpointRefusedException([Obstacle.Ended("the machine")]);
            return (task == null ? Checkpointer.Capture(m) : Checkpointer.Capture(task, new CaptureOptions { Format = CheckpointFormat.Extended }), m.Mark);
        });
        mark = at;
        return image;
    }

    static void ExpectHeld(Stream stream, ReadOnlySpan<byte> identity)
    {
        Span<byte> word = stackalloc byte[8], theirs = stackalloc byte[32];
        stream.ReadExactly(word);
        if (word.SequenceEqual(Fails))
        {
            Span<byte> size = stackalloc byte[2];
            stream.ReadExactly(size);
            var text = new byte[Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(size), MostReasonBytes)];
            stream.ReadExactly(text);
            throw new InvalidDataException($"the receiver cannot make the machine: {GuestText.WithoutControls(Encoding.UTF8.GetString(text), ' ')}");
        }
        if (!word.SequenceEqual(Held)) throw new InvalidDataException("the receiver did not say that it holds the machine");
        stream.ReadExactly(theirs);
        if (!theirs.SequenceEqual(identity)) throw new InvalidDataException("the receiver holds another machine");
    }

    static void Expect(Stream stream, ReadOnlySpan<byte> word, string otherwise)
    {
        Span<byte> read = stackalloc byte[8];
        stream.ReadExactly(read);
        if (read.SequenceEqual(Moving.SecretChannel.Word)) throw new Moving.ChannelException(Moving.ChannelProblem.OtherProtection, "the receiver asks for a secret");
        if (!read.SequenceEqual(word)) throw new InvalidDataException(otherwise);
    }

    /// <returns>True when images go ahead.</returns>
    static bool ExpectBeginning(Stream stream)
    {
        Span<byte> read = stackalloc byte[8];
        stream.ReadExactly(read);
        return read.SequenceEqual(BeginRounds) || (read.SequenceEqual(Begin) ? false : throw new InvalidDataException("who is at the other end sends no machine"));
    }

    static void Record(string path, byte[] token)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        try
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(token) + "\n"));
            file.Flush(flushToDisk: true);
            Directories.Flush(Path.GetFullPath(path));
        }
        catch
        {
            Forget(path);
            throw;
        }
    }

    static void Forget(string? path)
    {
        try
        {
            if (path != null) File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It says no more than that the machine runs elsewhere.
        }
    }
}
