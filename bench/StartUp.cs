namespace CheckpointRestart.Bench;

/// <summary>Start-up: a small program from nothing to its end, here in this program's process, as a user of PowerShell has it, and under the peers.</summary>
internal static class StartUp
{
    public static void Run(string? host, Options options)
    {
        string hello = Repository.TestGuest("hello");
        var peers = Peer.All(options);
        var table = new Table("start-up", "Seconds of a whole process", options);
        Measure("hello", peers.Select(p => (p.Name, (Func<Measured?>)(() => p.Run(hello, [])))));
        if (host != null)
        {
            string script = $"Import-Module '{Path.Combine(Repository.Root, "CheckpointRestart.psd1")}'; Start-CrTask '{hello}' -Wait";
            Measure("hello in PowerShell", [("here", () => Measured.Run(host, ["-NoProfile", "-NonInteractive", "-Command", script]))]);
            Measure("PowerShell alone", [("here", () => Measured.Run(host, ["-NoProfile", "-NonInteractive", "-Command", "1"]))]);
        }
        table.End(mean: false);

        void Measure(string name, IEnumerable<(string Name, Func<Measured?> Run)> sides)
        {
            if (!options.Wants(name)) return;
            var figures = sides.Select(s => (s.Name, s.Run, Runs: new List<(double, double)>())).ToList();
            for (int run = options.First; run < options.Runs; run++)
                foreach (var (_, once, runs) in figures)
                    if (once() is { } measured && run >= 0) runs.Add((measured.Wall, measured.Cpu));
            table.Add(name, figures.Select(f => (f.Name, (IReadOnlyList<(double, double)>)f.Runs)));
        }
    }
}
