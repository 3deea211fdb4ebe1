using System.Collections.Concurrent;
using CheckpointRestart.Core.Kernel.Debugging;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>How a debugger's connection ended.</summary>
public enum GdbSessionEnd
{
    /// <summary>The debugger let go of the process, which goes on.</summary>
    Detached,
    /// <summary>The debugger ended the process.</summary>
    Killed,
    /// <summary>The process ended, and the debugger knows.</summary>
    Exited,
    /// <summary>The connection is gone: the process stands still where it was stopped.</summary>
    Disconnected,
}

/// <summary>One connection of a debugger that speaks gdb's remote serial protocol. What comes is untrusted: it can do to the process what a debugger can, and
/// nothing else.</summary>
public sealed partial class GdbSession : IDisposable
{
    /// <summary>The most bytes of a packet's data, as gdb is told.</summary>
    internal const int PacketSize = 1 << 16;

    /// <summary>Packets that may wait while one is answered.</summary>
    const int MostWaiting = 64;

    readonly Stream stream;
    readonly DebugTarget target;
    readonly LiveTarget? live;
    readonly FileRequests files;
    readonly BlockingCollection<SessionEvent> happened = [];
    readonly SemaphoreSlim room = new(MostWaiting);
    readonly CancellationTokenSource closing = new();
    readonly Thread reader;
    DebugControl? control;
    byte[] lastAnswer = [];
    bool isRunning, hasAcknowledgements = true;
    GdbSessionEnd? end;

    enum EventKind
    {
        Came,
        Stopped,
        Closed,
    }

    readonly record struct SessionEvent(EventKind Kind, Input Input, DebugStop? Stop);

    /// <param name="stream">The connection, which the session closes.</param>
    /// <param name="target">What is debugged.</param>
    public GdbSession(Stream stream, DebugTarget target)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(target);
        (this.stream, this.target, live) = (stream, target, target as LiveTarget);
        files = new FileRequests(target);
        general = target.Threads is [var first, ..] ? first.Id : 0;
        reader = new Thread(Read) { IsBackground = true, Name = "reads from a debugger" };
    }

    /// <summary>Takes hold of the process and serves the debugger until one of them goes.</summary>
    /// <param name="holding">Told once the process is held.</param>
    /// <param name="token">Ends it.</param>
    /// <exception cref="Kernel.ChangeRefusedException">ESRCH: the process has ended.</exception>
    /// <exception cref="DebuggerPresentException">It has another debugger.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled: the process stands still if it was stopped, and else runs on.</exception>
    public GdbSessionEnd Run(Action holding, CancellationToken token)
    {
        if (live != null)
        {
            control = DebugControl.Attach(live.Task, stop => happened.Add(new SessionEvent(EventKind.Stopped, default, stop), CancellationToken.None));
            general = control.Stop!.ThreadId;
        }
        try
        {
            holding();
            reader.Start();
            while (end == null) Handle(happened.Take(token));
            return end.Value;
        }
        finally
        {
            Close(runs: end == GdbSessionEnd.Detached || (end == null && isRunning));
        }
    }

    void Handle(SessionEvent one)
    {
        switch (one.Kind)
        {
            case EventKind.Stopped:
                if (isRunning) TellStop(one.Stop!);
                break;
            case EventKind.Closed:
                end ??= GdbSessionEnd.Disconnected;
                break;
            default:
                try
                {
                    Handle(one.Input);
                }
                catch (IOException)
                {
                    end ??= GdbSessionEnd.Disconnected;
                }
                catch (ObjectDisposedException) when (live?.Machine.HasEnded == true)
                {
                    end ??= GdbSessionEnd.Exited;
                }
                finally
                {
                    room.Release();
                }
                break;
        }
    }

    void Handle(Input input)
    {
        switch (input.Kind)
        {
            case InputKind.Interrupt:
                if (!isRunning) break;
                isInterrupted = true;
                control?.Pause();
                break;
            case InputKind.Resend:
                if (hasAcknowledgements) Write(lastAnswer);
                break;
            case InputKind.Damaged:
                if (hasAcknowledgements) Write("-"u8);
                break;
            case InputKind.TooLong:
                end = GdbSessionEnd.Disconnected;
                break;
            default:
                if (hasAcknowledgements) Write("+"u8);
                if (Answer(input.Data) is { } answer) Send(answer);
                break;
        }
    }

    void Send(byte[] packet)
    {
        lastAnswer = packet;
        Write(packet);
    }

    void Send(string text) => Send(PacketWriter.Pack(text));

    void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        stream.Flush();
    }

    void Read()
    {
        var buffer = new byte[4096];
        var packets = new PacketReader();
        try
        {
            while (stream.Read(buffer) is > 0 and var count)
            {
                foreach (byte value in buffer.AsSpan(0, count))
                {
                    if (packets.Take(value) is not { } input) continue;
                    room.Wait(closing.Token);
                    happened.Add(new SessionEvent(EventKind.Came, input, null), CancellationToken.None);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is gone, or the session.
        }
        happened.Add(new SessionEvent(EventKind.Closed, default, null), CancellationToken.None);
    }

    void Close(bool runs)
    {
        closing.Cancel();
        stream.Dispose();
        if (reader.IsAlive) reader.Join();
        control?.Detach(runs);
        files.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        happened.Dispose();
        room.Dispose();
        closing.Dispose();
    }
}
