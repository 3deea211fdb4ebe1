using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>What the module costs whoever uses it: its import and its help beyond the host's own start, opening a large image, and searching memory beside grep; each figure beside its limit.</summary>
internal static class ModuleCosts
{
    /// <summary>MiB of memory that are saved and searched, unless -size says otherwise.</summary>
    const int Usual = 1024;

    public static void Run(string host, Options options)
    {
        string manifest = Path.Combine(Repository.Root, "CheckpointRestart.psd1");
        Console.WriteLine($"The module in {Path.GetFileName(host)}; medians of {options.Runs}, taken in turn");
        Console.WriteLine($"{"",-34}{"here",9}{"",9}{"limit",9}");
        if (options.Wants("start")) Starts(host, manifest, options);
        if (options.Wants("memory")) Memory(host, manifest, options);
    }

    /// <summary>Whole processes, each beside one that does nothing.</summary>
    static void Starts(string host, string manifest, Options options)
    {
        string import = $"Import-Module '{manifest}'";
        var (imports, helps) = (new List<double>(), new List<double>());
        for (int run = options.First; run < options.Runs; run++)
        {
            double alone = Seconds("1"), imported = Seconds(import), helped = Seconds($"{import}; Get-Help Start-CrTask -Full");
            if (run < 0) continue;
            imports.Add((imported - alone) * 1000);
            helps.Add((helped - alone) * 1000);
        }
        CheckpointCosts.Print("Import-Module", Statistics.Median(imports), 150, "ms", isMost: true);
        CheckpointCosts.Print("Get-Help Start-CrTask -Full", Statistics.Median(helps), 300, "ms", isMost: true);

        double Seconds(string command) => (Measured.Run(host, ["-NoProfile", "-NonInteractive", "-Command", command]) ?? throw new BenchException($"{host} cannot be started")).Wall;
    }

    static void Memory(string host, string manifest, Options options)
    {
        int size = options.Size ?? Usual;
        string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Repository.Artifacts;
        var output = Measured.Run(host, ["-NoProfile", "-NonInteractive", "-File", Path.Combine(Repository.Root, "bench", "ModuleSession.ps1"), "-Manifest", manifest,
            "-Guest", Repository.TestGuest("touch"), "-Folder", folder, "-Size", $"{size}", "-Runs", $"{options.Runs}"])?.Output ?? throw new BenchException($"{host} cannot be started");
        var figures = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')).Where(static words => words.Length == 2)
            .ToLookup(static words => words[0], static words => double.Parse(words[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        CheckpointCosts.Print($"Get-CrCheckpoint, {size} MiB, first", figures["open"].First(), 50, "ms", isMost: true);
        CheckpointCosts.Print("Get-CrCheckpoint, again", Statistics.Median(figures["open"]), 50, "ms", isMost: true);
        CheckpointCosts.Print("Get-CrVma of it, first", figures["list"].First(), 50, "ms", isMost: true);
        CheckpointCosts.Print("read of the file for both", Statistics.Median(figures["read"]), size / 100.0, "MiB", isMost: true);
        double Rate(string name) => size / (Statistics.Median(figures[name]) / 1000);
        double least = figures["grep"].All(static time => time > 0) ? Rate("grep") / 3 : 0;
        CheckpointCosts.Print("Find-CrMemory -Text, a task", Rate("find-live"), least, "MiB/s", isMost: false);
        CheckpointCosts.Print("Find-CrMemory -Text, an image", Rate("find-image"), least, "MiB/s", isMost: false);
        CheckpointCosts.Print("Find-CrMemory -Pattern, a task", Rate("find-pattern"), least, "MiB/s", isMost: false);
    }
}
