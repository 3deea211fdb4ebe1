using System.Net;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Moving;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Moving;

/// <summary>One wait for a machine: in a cmdlet, or in a job.</summary>
sealed class ReceiveWork
{
    readonly Func<Action<string>, CancellationToken, ReceivedMachine> receive;
    readonly RestoreOptions options;

    ReceiveWork(Func<Action<string>, CancellationToken, ReceivedMachine> receive, RestoreOptions options, PortsToPublish ports, IPEndPoint? endPoint)
    {
        this.receive = receive;
        this.options = options;
        Ports = ports;
        EndPoint = endPoint;
    }

    /// <summary>Ports that are published when the machine is here.</summary>
    internal PortsToPublish Ports { get; }

    /// <summary>Where it listens; null for a stream.</summary>
    internal IPEndPoint? EndPoint { get; }

    /// <summary>From whoever connects.</summary>
    internal static ReceiveWork From(MachineListener receiver, TimeSpan? timeout, RestoreOptions options, PortsToPublish ports) => new(
        (turnedAway, token) =>
        {
            using (receiver) return receiver.Receive(image => OptionsFor(image, options), timeout, turnedAway, token);
        },
        options,
        ports,
        receiver.LocalEndPoint);

    /// <summary>From the other end of a stream.</summary>
    internal static ReceiveWork From(Stream stream, LinkProtection protection, TimeSpan? timeout, RestoreOptions options, PortsToPublish ports) => new(
        (_, token) =>
        {
            var way = new InterruptibleStream(stream, token) { Deadline = timeout is { } most ? Environment.TickCount64 + (long)most.TotalMilliseconds : null };
            return MachineTransfer.Receive(protection.Receive(way), image => OptionsFor(image, options), null, token);
        },
        options,
        ports,
        null);

    /// <summary>Waits.</summary>
    /// <param name="turnedAway">Told who was turned away.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The tasks of the machine, the one that it was sent by first.</returns>
    internal IReadOnlyList<CrTask> Run(Action<string> turnedAway, CancellationToken cancellation)
    {
        try
        {
            return HeldMachines.Register(receive(turnedAway, cancellation).Task, options.Root);
        }
        catch (TransferException exception) when (exception.Machine is { } held)
        {
            HeldMachines.Add(held, options.Root, Ports);
            throw;
        }
    }

    static RestoreOptions OptionsFor(Checkpoint image, RestoreOptions options) =>
        options.Machine is { } wanted ? options with { Machine = Restorer.MachineOf(image) with { Engine = wanted.Engine } } : options;
}
