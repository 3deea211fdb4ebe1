using System.Globalization;

namespace CheckpointRestart.Bench.Debian;

/// <summary>Debian's programs, whole, as a user runs them.</summary>
internal static class DebianSuite
{
    /// <param name="Discard">Its output is what it makes, and is thrown away; otherwise the peers' must be equal.</param>
    sealed record Program(string Name, string[] Command, bool Discard = false);

    /// <summary>Seconds each under qemu-i386.</summary>
    static readonly Program[] Long =
    [
        new("gzip -9", ["/usr/bin/gzip", "-9c", "/bench/long-text"], Discard: true),
        new("xz -6", ["/usr/bin/xz", "-6", "-T1", "-c", "/bench/text"], Discard: true),
        new("sha256sum", ["/usr/bin/sha256sum", "/bench/long-text", "/bench/long-text", "/bench/long-text", "/bench/long-text", "/bench/long-text"]),
        new("sort", ["/usr/bin/sort", "-k", "2,2", "-k", "1,1r", "/bench/records"], Discard: true),
        new("gawk", ["/usr/bin/gawk", "-f", "/bench/words.awk", "/bench/text"]),
        new("perl", ["/usr/bin/perl", "/bench/mix.pl"]),
        new("lua", ["/usr/bin/lua5.4", "/bench/mix.lua"]),
        new("python3 mix", ["/usr/bin/python3", "/bench/mix.py"]),
        new("python3 json", ["/usr/bin/python3", "/bench/documents.py"]),
        new("python3 re", ["/usr/bin/python3", "/bench/patterns.py"]),
        new("sqlite3 inserts", ["/usr/bin/sqlite3", "/tmp/new.db", ".read /bench/inserts.sql"]),
        new("sqlite3 joins", ["/usr/bin/sqlite3", ":memory:", ".read /bench/joins.sql"]),
        new("cc1 -O2", ["/usr/lib/gcc/i686-linux-gnu/12/cc1", "-quiet", "-O2", "/bench/large.c", "-o", "/tmp/large.s"]),
        new("openssl sha512", ["/usr/bin/openssl", "dgst", "-sha512", "/bench/long-text"]),
        new("bash loop", ["/usr/bin/bash", "/bench/loop.sh"]),
        new("sh loop", ["/usr/bin/dash", "/bench/loop.sh"]),
    ];

    /// <summary>What is over in a moment: start-up counts.</summary>
    static readonly Program[] Short =
    [
        new("python3 -c pass", ["/usr/bin/python3", "-c", "pass"]),
        new("git status", ["/usr/bin/git", "-C", "/bench/repository", "status", "--short"]),
        new("cc1 hello", ["/usr/lib/gcc/i686-linux-gnu/12/cc1", "-quiet", "-imultiarch", "i386-linux-gnu", "/bench/hello.c", "-o", "/tmp/hello.s"]),
        new("perl -v", ["/usr/bin/perl", "-v"]),
        new("bash -c true", ["/usr/bin/bash", "-c", "true"]),
    ];

    public static void Run(Options options)
    {
        var peers = RootPeer.All(options);
        Measure(peers, "debian", Long, options);
        Measure(peers, "debian-short", Short, options);
        Rates.Run(peers, options);
    }

    static void Measure(IReadOnlyList<RootPeer> peers, string suite, Program[] programs, Options options)
    {
        programs = [.. programs.Where(p => options.Wants(p.Name))];
        if (programs.Length == 0) return;
        var table = new Table(suite, "Seconds of whole processes; in brackets what of ours was before the guest's first instruction, and what came after it to the whole of qemu's", options);
        foreach (var program in programs) Failures.Catch(() => Measure(table, peers, program, options));
        table.End();
    }

    static void Measure(Table table, IReadOnlyList<RootPeer> peers, Program program, Options options)
    {
        var figures = peers.ToDictionary(p => p, _ => new List<(double, double)>());
        List<double> starts = [], beyond = [];
        string? printed = null;
        for (int run = options.First; run < options.Runs; run++)
        {
            double after = 0;
            foreach (var peer in peers)
            {
                if (peer.Run(program.Command, program.Discard) is not { } measured) continue;
                printed ??= measured.Output;
                if (measured.Output != printed) throw new BenchException($"{program.Name}: {peer.Name} printed {measured.Output}, another {printed}");
                if (run < 0) continue;
                figures[peer].Add((measured.Wall, measured.Cpu));
                if (peer is RootHere { Report: { } report })
                {
                    starts.Add(report.StartOf(measured));
                    after = measured.Wall - starts[^1];
                }
                else if (peer.Name == "qemu-i386" && after > 0) beyond.Add(after / measured.Wall);
            }
        }
        table.Add(program.Name, peers.Select(p => (p.Name, (IReadOnlyList<(double, double)>)figures[p])),
            starts.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"({Statistics.Median(starts):0.000} s{(beyond.Count == 0 ? "" : $", {Statistics.Median(beyond):0.00}")})"));
    }
}
