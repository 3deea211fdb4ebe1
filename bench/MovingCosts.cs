using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;

namespace CheckpointRestart.Bench;

/// <summary>How long a machine stands still that is moved over a TCP connection within this host while its program writes to 1 % of its memory without end.</summary>
internal static class MovingCosts
{
    /// <summary>MiB that the program touches, unless -size says otherwise.</summary>
    const int Usual = 256;

    public static void Run(Options options)
    {
        int size = options.Size ?? Usual;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A machine of {size} MiB that is moved as it works; medians of {options.Runs}, taken in turn"));
        var (plain, ahead, rounds) = (new List<double>(), new List<double>(), new List<double>());
        for (int run = options.First; run < options.Runs; run++)
        {
            var at = Move(size, 0, options);
            var sooner = Move(size, 4, options);
            if (run < 0) continue;
            plain.Add(at.Pause.TotalMilliseconds);
            ahead.Add(sooner.Pause.TotalMilliseconds);
            rounds.Add(sooner.Rounds);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"moved at once, pause",-34}{Statistics.Median(plain),9:0.00} ms"));
        // The whole of it goes ahead; what is left is a hundredth, and what a move takes in any case.
        CheckpointCosts.Print(string.Create(CultureInfo.InvariantCulture, $"{Statistics.Median(rounds):0} images ahead, pause"), Statistics.Median(ahead), Statistics.Median(plain) / 2, "ms", isMost: true);
    }

    static TransferResult Move(int size, int rounds, Options options)
    {
        using var session = new CheckpointCosts.Session(size, options.Engine);
        session.Order('b');
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Exception? failure = null;
        var receiver = new Thread(() =>
        {
            try
            {
                using var client = listener.AcceptTcpClient();
                client.NoDelay = true;
                MachineTransfer.Receive(client.GetStream(), _ => new RestoreOptions { Root = session.Machine.Options.Root }).Machine.Dispose();
            }
            catch (Exception wrong) when (wrong is IOException or RestoreException)
            {
                failure = wrong;
            }
        });
        receiver.Start();
        using var way = new TcpClient { NoDelay = true };
        way.Connect((IPEndPoint)listener.LocalEndpoint);
        var result = MachineTransfer.Send(session.Machine, way.GetStream(), rounds: rounds);
        receiver.Join();
        return failure == null ? result : throw new BenchException(failure.Message);
    }
}
