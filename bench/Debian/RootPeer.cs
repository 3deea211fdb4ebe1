namespace CheckpointRestart.Bench.Debian;

/// <summary>One that runs programs of the root of Debian's packages.</summary>
internal abstract class RootPeer(string name)
{
    public string Name { get; } = name;

    /// <summary>One whole run. With <paramref name="discard"/> its standard output goes to /dev/null of its own side.</summary>
    /// <returns>Null where this peer is not to be had.</returns>
    public abstract Measured? Run(IReadOnlyList<string> command, bool discard = false);

    public static IReadOnlyList<RootPeer> All(Options options)
    {
        var peers = new List<RootPeer>();
        if (options.Here) peers.Add(new RootHere(DebianRoot.Archive(), options.Engine));
        if (!OperatingSystem.IsLinux() || (!options.Qemu && !options.Native) || DebianRoot.Folder() is not { } folder) return peers;
        if (options.Qemu && ChrootPeer.Qemu(folder) is { } qemu) peers.Add(qemu);
        if (options.Native && Bench.Native.Works()) peers.Add(new ChrootPeer("native", folder, []));
        return peers;
    }
}

/// <summary>A machine in a process of its own.</summary>
internal sealed class RootHere(string archive, string? engine) : RootPeer("here")
{
    public RunReport? Report { get; private set; }

    public override Measured? Run(IReadOnlyList<string> command, bool discard = false)
    {
        string report = Path.Combine(Path.GetTempPath(), $"cr-bench-{Environment.ProcessId}.txt");
        List<string> all = [.. Repository.SelfArguments, "run", "-report", report, "-root", archive];
        if (engine != null) all.AddRange(["-engine", engine]);
        if (discard) all.AddRange(["-out", "/dev/null"]);
        var measured = Measured.Run(Repository.Self, [.. all, .. command]);
        Report = RunReport.Read(report);
        File.Delete(report);
        return measured;
    }
}

/// <summary>A change of root into the unpacked files, in a mount namespace of its own with the host's /dev and /proc and an empty /tmp; under an emulator that lies in
/// the root beside its own libraries, or without.</summary>
internal sealed class ChrootPeer(string name, string folder, IReadOnlyList<string> emulator) : RootPeer(name)
{
    const string Emulators = ".peer";

    const string Enter = """
        root=$1 out=$2 shared=$3
        shift 3
        mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" || exit 125
        if [ -n "$shared" ]; then mount --bind "$shared" "$root/tmp"; else mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"; fi || exit 125
        [ -z "$out" ] || exec > "$out"
        exec chroot "$root" "$@"
        """;

    /// <summary>Null where qemu-i386 is not installed.</summary>
    public static ChrootPeer? Qemu(string folder)
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "qemu-i386")).FirstOrDefault(File.Exists);
        if (program == null || Measured.Run("ldd", [program]) is not { } needed) return null;
        string target = Directory.CreateDirectory(Path.Combine(folder, Emulators)).FullName, loader = "";
        Copy(program);
        foreach (string line in needed.Output.Split('\n'))
        {
            // "name => /path (address)", or "/path/of/the/loader (address)".
            string? path = line.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => w.StartsWith('/'));
            if (path == null) continue;
            Copy(path);
            if (!line.Contains("=>", StringComparison.Ordinal)) loader = Path.GetFileName(path);
        }
        string[] emulator = loader.Length == 0 ? [$"/{Emulators}/qemu-i386"] : [$"/{Emulators}/{loader}", "--library-path", $"/{Emulators}", $"/{Emulators}/qemu-i386"];
        return new("qemu-i386", folder, emulator);

        void Copy(string path)
        {
            string to = Path.Combine(target, Path.GetFileName(path));
            if (!File.Exists(to)) File.Copy(path, to);
        }
    }

    public override Measured? Run(IReadOnlyList<string> command, bool discard = false) => Measured.Run("unshare", Arguments(command, discard), GuestEnvironment.Variables);

    /// <summary>What to give to unshare(1), so that the command is run, with a folder of the host's as its /tmp or an empty one.</summary>
    public IReadOnlyList<string> Arguments(IReadOnlyList<string> command, bool discard, string shared = "") =>
        [.. Environment.IsPrivilegedProcess ? (string[])["--mount"] : ["--mount", "--map-root-user"], "sh", "-c", Enter, "sh", folder, discard ? "/dev/null" : "", shared, .. emulator, .. command];
}
