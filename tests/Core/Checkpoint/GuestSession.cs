using System.Diagnostics;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>A machine with one program, for tests of checkpoint and restart; the virtual clock, so that a run is a function of its input.</summary>
internal sealed class GuestSession : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static readonly Lock Gate = new();
    static string? root;

    readonly Task task;

    public GuestSession(Task task)
    {
        this.task = task;
    }

    /// <summary>The program's task; once its machine went back, the one that has its pid there.</summary>
    public Task Task => task.Latest;

    public Machine Machine => Task.Machine;

    /// <summary>A root made by make-root.sh, once for all tests; with busybox where that was fetched.</summary>
    public static string SharedRoot
    {
        get
        {
            lock (Gate)
            {
                if (root != null) return root;
                var made = NewRoot(withBusybox: GuestFiles.Busybox != null);
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(made, recursive: true);
                return root = made;
            }
        }
    }

    /// <summary>A root of its own.</summary>
    public static string NewRoot(bool withBusybox = false)
    {
        string folder = Directory.CreateTempSubdirectory("cr-root-").FullName;
        using var script = Process.Start(new ProcessStartInfo("bash", [Path.Combine(GuestFiles.Directory, "make-root.sh"), folder, withBusybox ? GuestFiles.Busybox! : "none"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        string errors = script.StandardError.ReadToEnd();
        script.WaitForExit();
        Assert.True(script.ExitCode == 0, errors);
        return folder;
    }

    public static MachineOptions Options(string? hostRoot, bool writable = false) => new()
    {
        Root = new RootOptions { HostDirectory = hostRoot, Writable = writable },
        Clock = ClockKind.Virtual,
        Seed = 1,
    };

    /// <summary>Starts one of our own guests in a root.</summary>
    public static GuestSession Start(string hostRoot, bool writable, string guest, params string[] arguments) =>
        Start(Options(hostRoot, writable), new ProgramOptions { FilePath = "/guests/" + guest, Arguments = arguments, Suspended = true });

    /// <summary>Starts one of our own guests with nothing else in its root.</summary>
    public static GuestSession StartAlone(string guest, params string[] arguments) =>
        Start(
            Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) } },
            new ProgramOptions { Arguments = arguments, Suspended = true });

    public static GuestSession Start(MachineOptions options, ProgramOptions program)
    {
        var machine = MachineFactory.Create(options);
        return new GuestSession(machine.Start(program));
    }

    public GuestSession Run()
    {
        Machine.Thaw(Task);
        return this;
    }

    /// <summary>Runs until exactly so many instructions are retired.</summary>
    public GuestSession RunTo(ulong instruction)
    {
        Assert.True(Machine.RunTo(instruction, Task, Patience), $"instruction {instruction} was not reached");
        return this;
    }

    /// <summary>Runs until the output holds a text, and freezes the task there.</summary>
    public string RunUntil(string text)
    {
        Run();
        var seen = new StringBuilder();
        var began = Stopwatch.StartNew();
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            Assert.True(began.Elapsed < Patience && !Machine.HasEnded, $"no '{text}' in: {seen}");
            Machine.Streams.WaitForOutput(StreamKind.Output, TimeSpan.FromMilliseconds(200), default);
            seen.Append(Encoding.UTF8.GetString(Machine.Streams.TakeAll(StreamKind.Output)));
        }
        Machine.Freeze();
        return seen.ToString();
    }

    /// <summary>Runs to the end.</summary>
    /// <returns>Output not taken before, and the exit code.</returns>
    public (string Output, int ExitCode) Finish()
    {
        Machine.EndInput();
        Machine.Thaw();
        Machine.Thaw(Task);
        Assert.True(Machine.WaitForExit(Task, Patience), "the program did not end");
        return (TakeOutput(), Task.ExitCode);
    }

    public string TakeOutput() => Encoding.UTF8.GetString(Machine.Streams.TakeAll(StreamKind.Output));

    /// <summary>Captures the task and gives its image's bytes.</summary>
    public byte[] Image()
    {
        using var checkpoint = Checkpointer.Capture(Task);
        return Bytes(checkpoint);
    }

    public static byte[] Bytes(Core.Checkpoint.Checkpoint checkpoint)
    {
        using var stream = new MemoryStream();
        Checkpointer.Write(checkpoint, stream);
        return stream.ToArray();
    }

    /// <summary>Restores an image from its bytes alone into a new machine, frozen.</summary>
    public static GuestSession Restore(byte[] image, MachineOptions options)
    {
        using var checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(image));
        return new GuestSession(Restorer.Restore(checkpoint, new RestoreOptions { Root = options.Root, Machine = options, Suspended = true }));
    }

    public void Dispose() => Machine.Dispose();
}
