using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Pictures.Html;
using Xunit;

namespace CheckpointRestart.Page.Tests;

/// <summary>Machines that are looked at, their checkpoints, and the pages of those, in a folder of their own.</summary>
public sealed class Images : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    readonly string folder = Directory.CreateTempSubdirectory("cr-page-").FullName;

    /// <summary>The nearest folder above the tests that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Debian's busybox; the test that asks for it is skipped where it has not been fetched.</summary>
    public static string Busybox
    {
        get
        {
            string path = Path.Combine(Repository, "artifacts", "guests", "busybox");
            Assert.SkipUnless(File.Exists(path), "busybox has not been fetched");
            return path;
        }
    }

    /// <summary>A guest of tests/guests.</summary>
    public static string Guest(string name) => Path.Combine(Repository, "tests", "guests", "bin", name);

    /// <summary>A path in the folder.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>A root with busybox as its shell and /tmp to write in.</summary>
    public string ShellRoot()
    {
        string root = PathOf("root");
        if (Directory.Exists(root)) return root;
        foreach (string name in (string[])["bin", "tmp", "dev", "proc"]) Directory.CreateDirectory(Path.Combine(root, name));
        foreach (string name in (string[])["busybox", "sh", "cat", "sleep", "mkdir", "sed"]) File.Copy(Busybox, Path.Combine(root, "bin", name));
        return root;
    }

    /// <summary>Runs a script of the shell until so many tasks wait, the machine's first one not counted.</summary>
    public static Machine RunShell(string root, string script, int waiting) => Run(root, waiting, "/bin/sh", "-c", script);

    /// <summary>Runs a program until so many tasks wait.</summary>
    public static Machine Run(string root, int waiting, string program, params string[] arguments)
    {
        var machine = MachineFactory.Create(new MachineOptions { Root = new RootOptions { HostDirectory = root }, Seed = 1 });
        machine.Start(new ProgramOptions { FilePath = program, Arguments = arguments });
        bool isThere = machine.WaitUntil(() => machine.Tasks.Count(static task => task.Pid != 1 && task.State == TaskState.Sleeping) == waiting, Patience, TestContext.Current.CancellationToken);
        Assert.True(isThere, string.Join(", ", machine.Tasks.Select(static task => $"{task} {task.State}")) + Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Error)));
        machine.Freeze();
        return machine;
    }

    /// <summary>Runs a guest to an instruction.</summary>
    public static Machine RunGuest(string name, ulong instruction, params string[] arguments)
    {
        var machine = MachineFactory.Create(new MachineOptions { Root = new RootOptions { HostProgram = Guest(name) }, Clock = ClockKind.Virtual, Seed = 1 });
        var task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        Assert.True(machine.RunTo(instruction, task, Patience, TestContext.Current.CancellationToken));
        return machine;
    }

    /// <summary>The program that a machine was started with.</summary>
    public static Core.Kernel.Task First(Machine machine) => machine.Tasks.First(static task => task.Pid == 2);

    /// <summary>Saves a task's machine in a file, and opens that: what a page of an image is made from.</summary>
    public Checkpoint Save(Machine machine, string name, CheckpointFormat format = CheckpointFormat.Extended)
    {
        string path = PathOf(name);
        using (var checkpoint = Checkpointer.Capture(First(machine), new CaptureOptions { Format = format }))
        using (var file = File.Create(path)) Checkpointer.Write(checkpoint, file);
        return Checkpoint.Open(path, TestContext.Current.CancellationToken);
    }

    /// <summary>Writes a checkpoint's page.</summary>
    /// <returns>Its path.</returns>
    public string Page(Checkpoint checkpoint, Func<PageOptions, PageOptions>? change = null)
    {
        var options = new PageOptions { Label = Path.GetFileName(checkpoint.Path) ?? "in memory" };
        string path = PathOf($"{Guid.NewGuid():n}.html");
        using var file = File.Create(path);
        CheckpointPage.Write(checkpoint, file, change == null ? options : change(options), TestContext.Current.CancellationToken);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    static string FindRepository()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
            if (File.Exists(Path.Combine(above.FullName, "CheckpointRestart.slnx"))) return above.FullName;
        throw new DirectoryNotFoundException($"no CheckpointRestart.slnx above {AppContext.BaseDirectory}");
    }
}
