using CheckpointRestart.PSHost.Hosting;

namespace CheckpointRestart.PSHost;

internal static class Program
{
    private static int Main(string[] args)
    {
        // Before the engine loads: it reads this once.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

        if (!Options.TryParse(args, out var options, out var problem))
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(Options.Usage);
            return 64;
        }

        if (options.ShowHelp)
        {
            Console.WriteLine(Options.Usage);
            return 0;
        }

        if (options.ShowVersion)
        {
            Console.WriteLine($"PSHost on PowerShell {Session.EngineVersion}");
            return 0;
        }

        return new Session(options).Run();
    }
}
