using System.Diagnostics;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Bench;

/// <summary>Runs one guest program in this process, as the other side of a pair of whole processes.</summary>
internal static class GuestRun
{
    /// <summary>run [-report FILE] [-engine NAME] [-root TAR] [-out GUESTPATH] PROGRAM [ARGUMENT ...]: a host file, or a path in the root; its output goes to this process's.</summary>
    /// <returns>Its exit code.</returns>
    public static int Run(IReadOnlyList<string> words)
    {
        string? report = null, engine = null, root = null, output = null;
        int at = 0;
        for (; at + 1 < words.Count && words[at] is "-report" or "-engine" or "-root" or "-out"; at += 2)
        {
            if (words[at] == "-report") report = words[at + 1];
            else if (words[at] == "-engine") engine = words[at + 1];
            else if (words[at] == "-root") root = words[at + 1];
            else output = words[at + 1];
        }
        if (at >= words.Count) throw new BenchException("run wants a program");
        string program = words[at];
        KernelRehearsal.Begin(EngineChoice.Parse(engine));
        using var archive = root == null ? null : TarArchive.Open(root);
        var options = new MachineOptions { Root = archive == null ? new() { HostProgram = Path.GetFullPath(program) } : new() { Archive = archive }, MemoryLimit = 4L << 30, MaximumTasks = 4096 };
        using var machine = MachineFactory.Create(EngineChoice.Apply(options, engine));
        var task = machine.Start(new ProgramOptions { FilePath = archive == null ? null : program, Arguments = [.. words.Skip(at + 1)], Environment = GuestEnvironment.Lines, OutputPath = output, Suspended = true });
        machine.EndInput();
        long began = Stopwatch.GetTimestamp();
        machine.Thaw(task);
        machine.WaitForExit(task);
        double ran = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Give(machine.Streams.TakeAll(StreamKind.Output), 1);
        Give(machine.Streams.TakeAll(StreamKind.Error), 2);
        if (report != null) new RunReport(began, ran, task.Instructions).Write(report);
        return task.ExitCode;
    }

    /// <summary>Writes to a standard stream; without what a console needs, whose making would be measured too.</summary>
    static void Give(byte[] bytes, int descriptor)
    {
        if (bytes.Length == 0) return;
        using var stream = OperatingSystem.IsWindows() ? descriptor == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError()
            : new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        stream.Write(bytes);
    }
}
