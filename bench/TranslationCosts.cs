using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Bench;

/// <summary>What translation costs: microseconds an instruction, in a new process and in one that has translated for seconds, and programs that earn nothing by it beside the interpreter.</summary>
internal static unsafe class TranslationCosts
{
    const double WarmSeconds = 4;

    static readonly (string Name, string[] Arguments)[] Programs =
        [("no block run twice", ["once"]), ("10 MiB run 3 times", ["straight", "3"]), ("rewritten each call", ["rewritten", "2000000"])];

    public static void Run(Options options)
    {
        Console.WriteLine($"Programs that earn nothing by translation: processor seconds of whole processes, medians of {options.Runs}, taken in turn");
        Console.WriteLine($"{"",-26}{"Interpreter",12}{"Tables",12}{"ratio",12}");
        foreach (var (name, arguments) in Programs.Where(p => options.Wants(p.Name)))
        {
            Here interpreter = new("Interpreter"), tables = new("Tables");
            var runs = new List<(double Interpreter, double Tables)>();
            for (int run = options.First; run < options.Runs; run++)
            {
                var pair = (Ran(interpreter, arguments), Ran(tables, arguments));
                if (run >= 0) runs.Add(pair);
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-26}{Statistics.Median(runs.Select(r => r.Interpreter)),12:0.00}{Statistics.Median(runs.Select(r => r.Tables)),12:0.00}{Statistics.Median(runs.Select(r => r.Tables / r.Interpreter)),12:0.00}"));
        }
        var costs = new List<(double Cold, double Warm, double Count)>();
        for (int run = 0; run < options.Runs; run++)
        {
            if (Measured.Run(Repository.Self, [.. Repository.SelfArguments, "translate"]) is not { } one) continue;
            double[] parts = [.. one.Output.Split(' ').Select(p => double.Parse(p, CultureInfo.InvariantCulture))];
            costs.Add((parts[0], parts[1], parts[2]));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nTranslating the suite's programs, {costs[0].Count:0} instructions: {Statistics.Median(costs.Select(c => c.Cold)):0.00} µs each in a new process, {Statistics.Median(costs.Select(c => c.Warm)):0.00} µs when it has gone on for {WarmSeconds:0} s (the best pass)"));
    }

    static double Ran(Here peer, string[] arguments) => peer.Run(Repository.BenchGuest("coldcode"), arguments)!.Cpu;

    /// <summary>In a process of its own: translates the suite's programs once, then again and again, and prints what both cost.</summary>
    public static int RunOnce()
    {
        using var account = new MemoryAccount(1 << 18);
        var spaces = CpuSuite.Programs.Select(name => Load(Repository.BenchGuest(name), account)).ToList();
        var translator = new TraceTranslator();
        var (cold, count) = TranslateAll(spaces, translator);
        long began = Stopwatch.GetTimestamp();
        double warm = cold;
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < WarmSeconds) warm = Math.Min(warm, TranslateAll(spaces, translator).Microseconds);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{cold} {warm} {count}"));
        foreach (var (space, _, _) in spaces) space.Dispose();
        return 0;
    }

    /// <summary>Translates all blocks, as if each had been run often.</summary>
    /// <returns>Microseconds an instruction, and instructions.</returns>
    static (double Microseconds, long Count) TranslateAll(List<(AddressSpace Space, uint Start, uint End)> spaces, TraceTranslator translator)
    {
        long ticks = 0, count = 0;
        foreach (var (space, start, end) in spaces)
        {
            using var cache = new BlockCache();
            using var registers = new Registers();
            var builder = new BlockBuilder();
            cache.BeginTranslations(TranslationCache.UsualLimit, window: false);
            var blocks = new List<nint>();
            for (uint at = start; at < end;)
            {
                registers.Eip = at;
                var block = builder.Build(registers.State, space, cache, CpuModel.Maximum.Features);
                if (block == null) break;
                block->Heat = 30;
                blocks.Add((nint)block);
                at += (uint)Math.Max(block->Length, 1);
            }
            long began = Stopwatch.GetTimestamp();
            foreach (nint one in blocks)
            {
                var block = (Block*)one;
                if (block->Code == null && translator.Translate(space, cache, block)) count += translator.Instructions;
            }
            ticks += Stopwatch.GetTimestamp() - began;
        }
        return (ticks * 1e6 / Stopwatch.Frequency / count, count);
    }

    /// <summary>An address space with a program's .text.</summary>
    static (AddressSpace Space, uint Start, uint End) Load(string program, MemoryAccount account)
    {
        byte[] file = File.ReadAllBytes(program);
        uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
        ushort Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));
        int sections = (int)Word(0x20), size = Half(0x2E), names = (int)Word(sections + (Half(0x32) * size) + 0x10);
        for (int i = 0; i < Half(0x30); i++)
        {
            int section = sections + (i * size);
            if (!file.AsSpan(names + (int)Word(section)).StartsWith(".text\0"u8)) continue;
            uint address = Word(section + 0x0C), length = Word(section + 0x14), page = address & ~0xFFFu;
            var space = new AddressSpace(account);
            if (space.Map(page, address + length - page + 0xFFF & ~0xFFFu, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, isFixed: true, null, 0, out _) != Errno.None) throw new BenchException($"{program} cannot be mapped");
            for (uint j = 0; j < length; j++) space.TryWrite(address + j, file[Word(section + 0x10) + j]);
            return (space, address, address + length);
        }
        throw new BenchException($"{program} has no .text");
    }
}
