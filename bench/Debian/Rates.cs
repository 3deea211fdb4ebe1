using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CheckpointRestart.Bench.Debian;

/// <summary>Programs that measure themselves: openssl speed and redis-benchmark. What they tell as so many a second stands here as microseconds each.</summary>
internal static partial class Rates
{
    const string Socket = "/tmp/redis.socket";

    static readonly string[] Server = ["/usr/bin/redis-server", "--port", "0", "--unixsocket", Socket, "--save", "", "--appendonly", "no"];
    static readonly string[] Client = ["/usr/bin/redis-benchmark", "-s", Socket, "-q", "--csv", "-n", "20000", "-c", "10", "-t", "ping_mbulk,set,get,lpush"];

    public static void Run(IReadOnlyList<RootPeer> peers, Options options)
    {
        string[] openssl = ["sha256", "aes-128-cbc", "rsa2048"];
        bool redis = options.Wants("redis-benchmark");
        openssl = [.. openssl.Where(o => options.Wants("openssl speed " + o))];
        if (!redis && openssl.Length == 0) return;
        var table = new Table("debian-rates", "Microseconds each, by the programs' own measure: KiB of a digest or cipher, signatures, requests", options);
        foreach (string what in openssl) Failures.Catch(() => Measure(table, peers, options, "openssl speed " + what, p => Speed(p, what)));
        if (redis) Failures.Catch(() => Measure(table, peers, options, "redis-benchmark", Redis));
        table.End();
    }

    static void Measure(Table table, IReadOnlyList<RootPeer> peers, Options options, string what, Func<RootPeer, IEnumerable<(string Name, double Cost)>> once)
    {
        var figures = new Dictionary<(string Name, RootPeer Peer), List<(double, double)>>();
        var names = new List<string>();
        // It has run for seconds before it tells anything: no run to warm up.
        for (int run = 0; run < options.Runs; run++)
        {
            foreach (var peer in peers)
            {
                foreach (var (name, cost) in once(peer))
                {
                    if (!names.Contains(name)) names.Add(name);
                    if (!figures.TryGetValue((name, peer), out var runs)) figures.Add((name, peer), runs = []);
                    runs.Add((cost, double.NaN));
                }
            }
        }
        foreach (string name in names)
            table.Add(what == name ? name : $"{what} {name}", peers.Where(p => figures.ContainsKey((name, p))).Select(p => (p.Name, (IReadOnlyList<(double, double)>)figures[(name, p)])));
    }

    static IEnumerable<(string, double)> Speed(RootPeer peer, string what)
    {
        string[] kind = what.StartsWith("rsa", StringComparison.Ordinal) ? [what] : ["-bytes", "8192", "-evp", what];
        if (peer.Run(["/usr/bin/openssl", "speed", "-mr", "-elapsed", "-seconds", "2", .. kind]) is not { } measured) yield break;
        foreach (string line in measured.Output.Split('\n'))
        {
            string[] fields = line.Split(':');
            // +F:number:name:bytes a second; +F2:number:bits:signatures a second:verifications a second
            if (fields is ["+F", _, _, var bytes, ..]) yield return ("openssl speed " + what, 1e6 * 1024 / double.Parse(bytes, CultureInfo.InvariantCulture));
            if (fields is ["+F2", _, _, var sign, ..]) yield return ("openssl speed " + what, 1e6 / double.Parse(sign, CultureInfo.InvariantCulture));
        }
    }

    static List<(string, double)> Redis(RootPeer peer)
    {
        string output;
        if (peer is ChrootPeer chroot)
        {
            // Both in one mount namespace would take a shell inside, which the emulator could not follow: the socket's directory is shared instead.
            using var folder = new SharedFolder();
            using var server = Process.Start(new ProcessStartInfo("unshare", chroot.Arguments(Server, discard: true, folder.Path)) { UseShellExecute = false })!;
            try
            {
                for (int i = 0; !File.Exists(Path.Combine(folder.Path, "redis.socket")); i++)
                {
                    if (i == 300 || server.HasExited) throw new BenchException("redis-server does not start");
                    Thread.Sleep(50);
                }
                output = Measured.Run("unshare", chroot.Arguments(Client, discard: false, folder.Path))?.Output ?? "";
            }
            finally
            {
                server.Kill(entireProcessTree: true);
                server.WaitForExit();
            }
        }
        else
        {
            string Quote(string[] words) => string.Join(' ', words.Select(w => $"'{w}'"));
            string script = $"{Quote(Server)} > /dev/null & until [ -S {Socket} ]; do sleep 0.05; done; {Quote(Client)}; kill $!";
            output = peer.Run(["/bin/sh", "-c", script])?.Output ?? "";
        }
        return [.. RequestLine().Matches(output).Select(m => (m.Groups["name"].Value, 1e6 / double.Parse(m.Groups["rate"].Value, CultureInfo.InvariantCulture)))];
    }

    /// <summary>"SET","35211.27",...</summary>
    [GeneratedRegex("""^"(?<name>[A-Z_]+)[^"]*","(?<rate>[0-9.]+)",""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RequestLine();

    sealed class SharedFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("cr-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
