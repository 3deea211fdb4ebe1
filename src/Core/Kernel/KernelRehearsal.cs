using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel;

/// <summary>What a process does once before its first machine: after <see cref="Rehearsal"/>, a program that makes the usual system calls is run in a machine of its own, on a thread of its own.
/// By then the runtime has linked the code for that. No guest sees anything of it.</summary>
public static partial class KernelRehearsal
{
    const string Path = "/program";
    const uint Executable = 0x1ED;

    static int begun;

    /// <summary>Begins it, once in a process, unless the host has a single processor, which has nothing to do it on meanwhile. Any thread.</summary>
    /// <param name="engine">What the first machine will be asked to use.</param>
    public static void Begin(CpuEngine engine)
    {
        if (Environment.ProcessorCount < 2 || Processor.RefusalOf(engine) != null || Interlocked.Exchange(ref begun, 1) != 0) return;
        new Thread(() => RunBoth(engine)) { IsBackground = true, Name = "rehearsal" }.Start();
    }

    static void RunBoth(CpuEngine engine)
    {
        try
        {
            Rehearsal.Run(engine);
            // What comes behind the first performance is in its way.
            if (!Machine.IsAnyMade) Run(engine);
        }
        catch (Exception problem) when (problem is InsufficientMemoryException or OutOfMemoryException)
        {
            // The first machine will find the same, and tell somebody.
        }
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>Its exit code.</returns>
    internal static int Run(CpuEngine engine)
    {
        using var machine = new Machine(new MachineOptions { Engine = engine, Clock = ClockKind.Virtual, IsRehearsal = true });
        machine.OpenForWriting(machine.Init, Path, FileChange.Create, Executable).Write(0, Program);
        var task = machine.Start(new ProgramOptions { FilePath = Path });
        machine.WaitForExit(task);
        return task.ExitCode;
    }
}
