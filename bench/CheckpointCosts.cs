using System.Diagnostics;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>What it costs to take images of a machine whose program has touched much memory, to write them and to start from them; each figure beside its limit.</summary>
internal static class CheckpointCosts
{
    /// <summary>MiB that the program touches, unless -size says otherwise.</summary>
    const int Usual = 1024;

    static readonly string[] Engines = [nameof(CpuEngine.Interpreter), nameof(CpuEngine.Tables), nameof(CpuEngine.Window)];

    public static void Run(Options options)
    {
        int size = options.Size ?? Usual;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A machine with {size} MiB of touched memory; medians of {options.Runs}, taken in turn"));
        WarmUp();
        foreach (string engine in options.Engine is { } one ? [one] : Engines)
        {
            if (Processor.RefusalOf(Enum.Parse<CpuEngine>(engine, ignoreCase: true)) is { } reason)
            {
                Console.WriteLine($"{engine}: {reason}");
                continue;
            }
            using var session = new Session(size, engine);
            Console.WriteLine($"{engine,-34}{"here",12}{"limit",12}");
            Pauses(session, options);
            Restoring(session, options);
            if (engine == Engines[^1] || options.Engine != null) Writing(session, options);
        }
    }

    /// <summary>What the module has compiled ahead of time is compiled here by being used.</summary>
    static void WarmUp()
    {
        using var small = new Session(1, null);
        for (int i = 0; i < 60; i++)
        {
            using var image = MachineImage.Capture(small.Machine);
            if (i % 20 == 0) Thread.Sleep(200);
        }
    }

    static void Writing(Session session, Options options)
    {
        using var image = MachineImage.Capture(session.Machine);
        string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Repository.Artifacts, path = Path.Combine(folder, $"cr-bench-{Environment.ProcessId}.cr"), plain = path + ".zst";
        var (copy, memory, file, packed, zstd) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        double mib = session.Size;
        byte[] from = new byte[64 << 20], to = new byte[64 << 20];
        Random.Shared.NextBytes(from);
        try
        {
            for (int run = options.First; run < options.Runs; run++)
            {
                double copied = Seconds(() =>
                {
                    for (int i = 0; i < 8; i++) from.CopyTo(to, 0);
                });
                double written = Seconds(() => ExtendedWriter.Write(image, new Sink(to)));
                File.Delete(path);
                File.Delete(plain);
                double filed = Seconds(() => Save(image, path, new()));
                double raw = double.NaN;
                if (run >= 0 && Measured.Run("zstd", ["-1", "-T2", "-f", "-q", path, "-o", plain]) is { } peer) raw = peer.Wall;
                File.Delete(path);
                double small = Seconds(() => Save(image, path, new() { Compression = 1 }));
                if (run < 0) continue;
                copy.Add(from.Length * 8.0 / (1 << 20) / copied);
                memory.Add(mib / written);
                file.Add(mib / filed);
                packed.Add(mib / small);
                zstd.Add(mib / raw);
            }
        }
        finally
        {
            File.Delete(path);
            File.Delete(plain);
        }
        Increments(session, options, folder, path);
        Print("written to memory", Statistics.Median(memory), Statistics.Median(copy) / 2, "MiB/s", isMost: false);
        Print("written to " + folder, Statistics.Median(file), 1.9e9 / (1 << 20), "MiB/s", isMost: false);
        Print("written there with zstd", Statistics.Median(packed), Statistics.Median(zstd), "MiB/s", isMost: false);
    }

    /// <summary>From the path of a file to the first instruction that the machine retires, and to all of its memory.</summary>
    static void Restoring(Session session, Options options)
    {
        string path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Repository.Artifacts, $"cr-bench-{Environment.ProcessId}.cr");
        var (lazy, eager) = (new List<double>(), new List<double>());
        try
        {
            using (var image = MachineImage.Capture(session.Machine)) Save(image, path, new());
            for (int run = options.First; run < options.Runs; run++)
            {
                double started = Seconds(() => Start(session, path, isEager: false), out var machine);
                long pending = machine.PendingPages;
                machine.Dispose();
                if (pending < session.Size * 250L) throw new BenchException($"only {pending} pages were left to read");
                double read = Seconds(() => Start(session, path, isEager: true), out machine);
                machine.Dispose();
                if (run < 0) continue;
                lazy.Add(started * 1000);
                eager.Add(session.Size / read);
            }
        }
        finally
        {
            File.Delete(path);
        }
        Print("restored to the first instruction", Statistics.Median(lazy), 50, "ms", isMost: true);
        // CRIU 4.2: 512 MiB in 357 ms.
        Print("restored with all pages", Statistics.Median(eager), 512 / 0.357, "MiB/s", isMost: false);
    }

    static Machine Start(Session session, string path, bool isEager)
    {
        Machine machine;
        using (var image = ExtendedReader.Open(path)) machine = MachineImage.Restore(image, session.Machine.Options.Root, _ => session.Machine.Options, eager: isEager);
        machine.SendInput("0"u8.ToArray());
        if (!machine.RunTo(machine.RetiredInstructions + 1, machine.Tasks[^1])) throw new BenchException("the restored program does not run");
        return machine;
    }

    static double Seconds(Func<Machine> what, out Machine made)
    {
        long began = Stopwatch.GetTimestamp();
        made = what();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Images that build on each other, with 1 % of the pages written in between.</summary>
    static void Increments(Session session, Options options, string folder, string path)
    {
        var (bytes, times, pauses, compared) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        string first = path + ".first", other = path + ".other";
        var made = new List<string>();
        try
        {
            var parent = Checkpointer.Capture(session.Machine);
            Checkpointer.Write(parent, first, overwrite: true);
            for (int run = options.First; run < options.Runs; run++)
            {
                session.Order('1');
                var next = Checkpointer.Capture(session.Machine);
                string file = string.Create(CultureInfo.InvariantCulture, $"{path}.{made.Count}");
                made.Add(file);
                double before = ProcessorTime();
                Checkpointer.Write(next, file, new WriteOptions { Overwrite = true, Parent = parent });
                double written = ProcessorTime() - before;
                parent.Dispose();
                parent = next;
                if (run < 0) continue;
                bytes.Add(next.Bytes / (double)(1 << 20));
                times.Add(written * 1000);
                pauses.Add(next.Pause.TotalMilliseconds);
            }
            // As after a restart of the process: nothing is known, and all pages are compared.
            using (var known = Core.Checkpoint.Checkpoint.Open(first))
            using (var restored = MachineImage.Restore(known.Extended!, new() { HostProgram = Repository.TestGuest("touch") }, static o => o with { MemoryLimit = 8L << 30 }))
            using (var taken = Checkpointer.Capture(restored)) compared.Add(Seconds(() => Checkpointer.Write(taken, other, new WriteOptions { Overwrite = true, Parent = known })));
            parent.Dispose();
        }
        finally
        {
            foreach (string file in made) File.Delete(file);
            File.Delete(first);
            File.Delete(other);
        }
        double share = session.Size / 1024.0;
        Print("increment of 1 %, pause", Statistics.Median(pauses), 2 * share, "ms", isMost: true);
        Print("increment of 1 %, bytes", Statistics.Median(bytes), 12 * share, "MiB", isMost: true);
        Print("increment of 1 %, processor time", Statistics.Median(times), 100 * share, "ms", isMost: true);
        Print("increment upon a file, compared", session.Size / Statistics.Median(compared), 300, "MiB/s", isMost: false);
    }

    static void Save(ExtendedImage image, string path, ExtendedWriterOptions options)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        ExtendedWriter.Write(image, stream, options);
    }

    /// <summary>Of the whole process, in seconds.</summary>
    static double ProcessorTime() => Environment.CpuUsage.TotalTime.TotalSeconds;

    static double Seconds(Action what)
    {
        long began = Stopwatch.GetTimestamp();
        what();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Memory that is written over again and again.</summary>
    sealed class Sink(byte[] memory) : Stream
    {
        int at;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (memory.Length - at < buffer.Length) at = 0;
            buffer.CopyTo(memory.AsSpan(at));
            at += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }

    static void Pauses(Session session, Options options)
    {
        var first = new List<double>();
        var second = new List<double>();
        var still = new List<double>();
        for (int run = options.First; run < options.Runs; run++)
        {
            using var full = MachineImage.Capture(session.Machine);
            session.Order('1');
            using var changed = MachineImage.Capture(session.Machine);
            using var same = MachineImage.Capture(session.Machine);
            if (run < 0) continue;
            first.Add(full.Pause.TotalMilliseconds);
            second.Add(changed.Pause.TotalMilliseconds);
            still.Add(same.Pause.TotalMilliseconds);
        }
        double share = session.Size / 1024.0;
        Print("pause, first image", Statistics.Median(first), 20 * share, "ms", isMost: true);
        Print("pause, 1 % of pages written", Statistics.Median(second), 2 * share, "ms", isMost: true);
        Print("pause, nothing written", Statistics.Median(still), 2 * share, "ms", isMost: true);
    }

    internal static void Print(string name, double value, double limit, string unit, bool isMost)
    {
        bool isMet = isMost ? value < limit : value >= limit;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34}{value,9:0.00} {unit,-6}{(isMost ? "<" : ">="),2}{limit,9:0.00}{(isMet ? "" : "  missed")}"));
    }

    /// <summary>A machine with a program that has touched its memory and writes to more of it when told.</summary>
    internal sealed class Session : IDisposable
    {
        public Session(int size, string? engine)
        {
            Size = size;
            var options = new MachineOptions { Root = new() { HostProgram = Repository.TestGuest("touch") }, MemoryLimit = 8L << 30 };
            Machine = MachineFactory.Create(EngineChoice.Apply(options, engine));
            Machine.Start(new ProgramOptions { Arguments = [size.ToString(CultureInfo.InvariantCulture)] });
            if (Expect() is var told && told != "ready\n") throw new BenchException($"the program said {told}");
        }

        public int Size { get; }

        public Machine Machine { get; }

        /// <summary>Has the program do what a letter says, and waits for it.</summary>
        public string Order(char what)
        {
            Machine.SendInput(new[] { (byte)what });
            return Expect();
        }

        string Expect()
        {
            var text = new StringBuilder();
            long began = Stopwatch.GetTimestamp();
            while (text.Length == 0 || text[^1] != '\n')
            {
                if (Machine.HasEnded || Machine.Tasks.All(static task => task.HasExited) || Stopwatch.GetElapsedTime(began).TotalMinutes > 10) throw new BenchException("the program does not answer");
                Machine.WaitUntil(() => Machine.HasEnded || Machine.State == MachineState.Idle, TimeSpan.FromMilliseconds(20));
                text.Append(Encoding.ASCII.GetString(Machine.Streams.TakeAll(Core.Files.StreamKind.Output)));
            }
            return text.ToString();
        }

        public void Dispose() => Machine.Dispose();
    }
}
