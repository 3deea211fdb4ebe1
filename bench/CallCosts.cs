using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>What a system call costs, here and under the peers. The guest makes many and then a quarter as many; the difference of the two
/// times leaves out the start of the process, and what a compiler does in its first moments.</summary>
internal static class CallCosts
{
    const int Part = 4;

    /// <summary>Seconds that a run of many takes at least, so that the difference is well above what starting a process varies by.</summary>
    const double Long = 1.5;

    static readonly (string Kind, string What)[] Kinds =
    [
        ("getpid", "getpid"),
        ("pipe", "write and read of a pipe"),
        ("open", "open and close"),
        ("fork", "fork and wait"),
        ("switch", "switch through a pipe"),
        ("futex", "hand-over by futex"),
        ("signal", "signal to itself"),
        ("map", "map and touch 64 KiB"),
    ];

    public static void Run(Options options)
    {
        string guest = Repository.TestGuest("callcost");
        var peers = Peer.All(options);
        var table = new Table("system calls", "Microseconds a time, wall and processor time, the start of the process left out; switches and hand-overs are there and back", options);
        foreach (var (kind, what) in Kinds)
        {
            if (!options.Wants(kind)) continue;
            var costs = peers.ToDictionary(p => p, _ => new List<(double Wall, double Cpu)>());
            var counts = peers.ToDictionary(p => p, p => CountFor(p, guest, kind));
            for (int run = options.First; run < options.Runs; run++)
                foreach (var peer in peers)
                    if (counts[peer] is { } count && Cost(peer, guest, kind, count) is { } cost && run >= 0) costs[peer].Add(cost);
            table.Add(what, peers.Select(p => (p.Name, (IReadOnlyList<(double, double)>)costs[p])));
        }
        table.End(mean: false);
    }

    static (double Wall, double Cpu)? Cost(Peer peer, string guest, string kind, int count)
    {
        if (Time(peer, guest, kind, count) is not { } all || Time(peer, guest, kind, count / Part) is not { } part) return null;
        double scale = 1e6 / (count - count / Part);
        return ((all.Wall - part.Wall) * scale, (all.Cpu - part.Cpu) * scale);
    }

    /// <summary>How many calls take this peer long enough; null where there is no such peer.</summary>
    static int? CountFor(Peer peer, string guest, string kind)
    {
        if (Time(peer, guest, kind, 1) is not { } one) return null;
        for (int count = 1000; ; count *= 2)
            if (count > 100_000_000 || Time(peer, guest, kind, count)!.Wall > one.Wall + Long) return count;
    }

    static Measured? Time(Peer peer, string guest, string kind, int count) => peer.Run(guest, [kind, count.ToString(CultureInfo.InvariantCulture)]);
}
