using BenchmarkDotNet.Attributes;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Bench.Parts;

/// <summary>A task with 64 MiB of memory: its capture, and the image of it written to nowhere.</summary>
public class ImageParts
{
    Machine machine = null!;
    Task task = null!;
    Checkpoint checkpoint = null!;

    [GlobalSetup]
    public void Prepare()
    {
        machine = MachineFactory.Create(new MachineOptions { Root = new() { HostProgram = Repository.BenchGuest("scale") } });
        // It fills its memory and then computes for longer than anybody measures.
        task = machine.Start(new ProgramOptions { Arguments = ["hold", "64"] });
        while (machine.Streams.TakeAll(StreamKind.Output).Length == 0) Thread.Sleep(10);
        machine.Freeze(task);
        checkpoint = Checkpointer.Capture(task);
    }

    [GlobalCleanup]
    public void Clear()
    {
        checkpoint.Dispose();
        machine.Dispose();
    }

    [Benchmark]
    public void Capture() => Checkpointer.Capture(task).Dispose();

    [Benchmark]
    public long Write() => Checkpointer.Write(checkpoint, Stream.Null);
}
