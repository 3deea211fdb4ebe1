using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>A program sees one processor, whomever it asks.</summary>
public sealed class CpuModelGuestTests
{
    /// <summary>The first of these that a model does not have, and all behind it, raise SIGILL; but for those that every model has.</summary>
    static readonly (string Instruction, string First)[] Instructions =
    [
        ("fld", "i586"), ("rdtsc", "i586"), ("cmpxchg8b", "i586"), ("cmov", "i686"), ("fcmov", "i686"), ("fcomi", "i686"), ("nop with an operand", "i686"),
        ("endbr32", "i686"), ("prefetcht0", "i686"), ("pause", "i586"), ("mmx", "i686"), ("fxsave", "i686"), ("clflush", "pentium4"), ("sfence", "pentium4"),
        ("lfence", "pentium4"), ("sse", "pentium4"), ("ldmxcsr", "pentium4"), ("pshufw", "pentium4"), ("sse2", "pentium4"), ("paddq mmx", "pentium4"),
        ("movnti", "pentium4"), ("sse3", "max"), ("fisttp", "max"), ("ssse3", "max"), ("ssse3 mmx", "max"), ("sse4.1", "max"), ("sse4.2", "max"), ("crc32", "max"),
        ("popcnt", "max"), ("movbe", "max"), ("aes", "max"), ("pclmulqdq", "max"), ("rdtscp", "max"), ("prefetchw", "max"), ("lahf", "i586"), ("f3 bsf", "i586"),
    ];

    public static TheoryData<string> Models => [.. CpuModel.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void EverythingTellsOfTheSameModel(string name)
    {
        var model = CpuModel.Find(name)!;
        var run = GuestRun.Run(GuestRun.OptionsFor("cpu") with { Cpu = model }, new ProgramOptions());
        string[] expected =
        [
            $"hwcap {model.FeaturesEdx:x8}", $"platform {model.MachineName}", $"machine {model.MachineName}",
            $"signal frame: {(name == "i586" ? "fsave" : "fxsave")}", "x87 registers are back", "vdso works",
            .. Instructions.Select(row => $"{row.Instruction}: {(model.Has(CpuModel.Find(row.First)!.Features) ? "yes" : "SIGILL")}"),
        ];
        Assert.Equal(string.Join('\n', expected) + "\n", run.Text);
        Assert.Equal(0, run.ExitCode);
    }

    [Theory]
    [InlineData("i586", "cpu family\t: 5\nmodel\t\t: 2\nmodel name\t: Pentium 75 - 200\nstepping\t: 12\n", "flags\t\t: fpu tsc cx8\n", "clflush size\t: 32\n")]
    [InlineData("i686", "cpu family\t: 6\nmodel\t\t: 5\nmodel name\t: Pentium II (Deschutes)\nstepping\t: 2\n", "flags\t\t: fpu tsc cx8 sep cmov mmx fxsr nopl\n", "cache size\t: 512 KB\n")]
    [InlineData("pentium4", "cpu family\t: 15\nmodel\t\t: 2\nmodel name\t: CheckpointRestart virtual pentium4\nstepping\t: 9\n", " fxsr sse sse2 nopl\n", "clflush size\t: 64\n")]
    [InlineData("max", "cpu family\t: 6\nmodel\t\t: 77\nmodel name\t: CheckpointRestart virtual i686\nstepping\t: 8\n", " aes lahf_lm 3dnowprefetch\n", "cpuid level\t: 7\n")]
    public void ProcCpuinfoTellsOfTheModel(string name, params string[] parts)
    {
        using var machine = new Machine(new MachineOptions { Cpu = CpuModel.Find(name)! });
        string text = machine.Execute(m =>
        {
            Assert.False(m.Tree.Open(new PathStart(m.Tree.Root, m.Tree.Root), "/proc/cpuinfo", OpenFlags.ReadOnly, 0, out var file).IsError);
            var bytes = new byte[4096];
            int length = (int)file!.ReadAt(0, bytes).Value;
            file.Release();
            return GuestText.FromBytes(bytes.AsSpan(0, length));
        });
        foreach (string part in parts) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(name != "i586", text.Contains("cache size", StringComparison.Ordinal));
        Assert.Contains("vendor_id\t: GenuineIntel\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void UnameSaysWhatTheProcessorIsWhateverTheVersionSays()
    {
        using var machine = new Machine(new MachineOptions { Cpu = CpuModel.I586, Version = new KernelVersion { Machine = "x86_64" } });
        Assert.Equal("i586", machine.Version.Machine);
    }
}
