using BenchmarkDotNet.Running;
using CheckpointRestart.Bench;
using CheckpointRestart.Bench.Debian;
using CheckpointRestart.Bench.Report;

try
{
    switch (args)
    {
        case ["run", .. var rest]:
            return GuestRun.Run(rest);
        case ["suite", .. var rest]:
            CpuSuite.Run(Options.Parse(rest));
            return Failures.Count == 0 ? 0 : 1;
        case ["calls", .. var rest]:
            CallCosts.Run(Options.Parse(rest));
            return 0;
        case ["debian", .. var rest]:
            DebianSuite.Run(Options.Parse(rest));
            return Failures.Count == 0 ? 0 : 1;
        case ["translation", .. var rest]:
            TranslationCosts.Run(Options.Parse(rest));
            return 0;
        case ["translate"]:
            return TranslationCosts.RunOnce();
        case ["scale", .. var rest]:
            ScaleCurves.Run(Options.Parse(rest));
            return 0;
        case ["machines", .. var rest]:
            return ScaleCurves.RunMachines(rest);
        case ["memory", .. var rest]:
            MemoryCosts.Run(Options.Parse(rest));
            return 0;
        case ["held", .. var rest]:
            return MemoryCosts.Hold(rest);
        case ["checkpoint", .. var rest]:
            CheckpointCosts.Run(Options.Parse(rest));
            return Failures.Count == 0 ? 0 : 1;
        case ["moving", .. var rest]:
            MovingCosts.Run(Options.Parse(rest));
            return 0;
        case ["copies", .. var rest]:
            CopyCosts.Run(Options.Parse(rest));
            return 0;
        case ["start", .. var rest]:
            StartUp.Run(Environment.GetEnvironmentVariable("CR_BENCH_HOST"), Options.Parse(rest));
            return 0;
        case ["module", .. var rest]:
            ModuleCosts.Run(Environment.GetEnvironmentVariable("CR_BENCH_HOST") ?? throw new BenchException("./build.sh Bench module says which host"), Options.Parse(rest));
            return 0;
        case ["report", var csv]:
            PerformancePage.Write(csv);
            return 0;
        case ["parts", .. var rest]:
            // It builds projects of its own, and looks for ours from here.
            Directory.SetCurrentDirectory(Repository.Root);
            BenchmarkSwitcher.FromAssembly(typeof(GuestRun).Assembly).Run([.. rest is [] ? ["--filter", "*"] : rest, "--buildTimeout", "900"]);
            return 0;
        default:
            Console.Error.WriteLine($"usage: suite|debian|calls|translation|start|scale|memory|checkpoint|copies|moving|module {Options.Usage} | report CSV | parts [BenchmarkDotNet's options] | run PROGRAM [ARGUMENT ...]");
            return 2;
    }
}
catch (BenchException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
