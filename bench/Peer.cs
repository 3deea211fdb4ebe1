namespace CheckpointRestart.Bench;

/// <summary>Something that runs a program: we, qemu-i386, or this machine itself.</summary>
internal abstract class Peer(string name)
{
    public string Name { get; } = name;

    /// <summary>One whole run; null where this peer is not to be had.</summary>
    public abstract Measured? Run(string program, IReadOnlyList<string> arguments);

    /// <summary>All of those that were asked for, we first.</summary>
    public static IReadOnlyList<Peer> All(Options options)
    {
        var peers = new List<Peer>();
        if (options.Here) peers.Add(new Here(options.Engine));
        if (options.Qemu) peers.Add(new Qemu());
        // Whether this machine runs i386 programs is seen by letting it run one.
        if (options.Native && Native.Works()) peers.Add(new Native());
        return peers;
    }
}

/// <summary>A machine in a process of its own, of this same build.</summary>
internal sealed class Here(string? engine) : Peer("here")
{
    /// <summary>What the last run told of itself.</summary>
    public RunReport? Report { get; private set; }

    public override Measured? Run(string program, IReadOnlyList<string> arguments)
    {
        string report = Path.Combine(Path.GetTempPath(), $"cr-bench-{Environment.ProcessId}.txt");
        List<string> all = [.. Repository.SelfArguments, "run", "-report", report];
        if (engine != null) all.AddRange(["-engine", engine]);
        var measured = Measured.Run(Repository.Self, [.. all, program, .. arguments]);
        Report = RunReport.Read(report);
        File.Delete(report);
        return measured;
    }
}

/// <summary>The user-mode emulator that most people would take instead.</summary>
internal sealed class Qemu() : Peer("qemu-i386")
{
    public override Measured? Run(string program, IReadOnlyList<string> arguments) => Measured.Run("qemu-i386", [program, .. arguments]);
}

/// <summary>The processor and the kernel below us, where they run i386 programs.</summary>
internal sealed class Native() : Peer("native")
{
    static bool? works;

    public static bool Works()
    {
        try
        {
            return works ??= Measured.Run(Repository.TestGuest("hello"), []) != null;
        }
        catch (BenchException)
        {
            works = false;
            return false;
        }
    }

    public override Measured? Run(string program, IReadOnlyList<string> arguments) => Measured.Run(program, arguments);
}
