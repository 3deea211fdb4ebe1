using BenchmarkDotNet.Running;
using CheckpointRestart.Bench;

switch (args)
{
    case ["run", var program, .. var rest]:
        return GuestRun.Run(program, rest);
    case ["programs", var host, ..]:
        return WholePrograms.Run(host);
    case ["calls", .. var kinds]:
        CallCosts.Run(kinds);
        return 0;
    case ["parts", .. var rest]:
        BenchmarkSwitcher.FromAssembly(typeof(GuestRun).Assembly).Run(rest is [] ? ["--filter", "*"] : rest);
        return 0;
    default:
        Console.Error.WriteLine("usage: programs HOST | calls [KIND ...] | parts [BenchmarkDotNet's options] | run PROGRAM [ARGUMENT ...]");
        return 2;
}
