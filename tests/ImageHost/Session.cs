using System.Diagnostics;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Roots;

namespace CheckpointRestart.ImageHost;

/// <summary>One machine at a time, restored from an image, run and saved again.</summary>
internal sealed class Session : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    readonly StringBuilder output = new();
    RootOptions root = new();
    Machine? machine;
    Checkpoint? parent;
    ScheduleOutput? kept;
    int watched, failures;
    string end = "";

    Machine Machine => machine ?? throw new InvalidOperationException("no image has been restored");

    /// <summary>Does what the words say.</summary>
    /// <returns>The answer, a line.</returns>
    public string Do(string[] words) => words[0] switch
    {
        "root" => SetRoot(words[1]),
        "restore" => Restore(words[1], words.Length > 2 ? Number(words[2]) : 0),
        "run" => Run(ulong.Parse(words[1], CultureInfo.InvariantCulture)),
        "finish" => Finish(),
        "state" => State(),
        "output" => TakeOutput(),
        "save" => Save(words[1], words.Length > 2 ? words[2] : "plain"),
        "shell" => Shell(words[1]),
        "limit" => Limit(ulong.Parse(words[1], CultureInfo.InvariantCulture), words[2]),
        "die" => Die(words[1]),
        "file" => WriteFile(words[1], mayReplace: words[2] == "replace"),
        "keep" => Keep(words[1]),
        "kept" => Kept(),
        "close" => Close(),
        _ => throw new InvalidOperationException($"'{words[0]}' is nothing that is done here"),
    };

    public void Dispose()
    {
        kept?.Dispose();
        parent?.Dispose();
        machine?.Dispose();
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    string SetRoot(string path)
    {
        root = path.EndsWith(".tar", StringComparison.Ordinal)
            ? new RootOptions { Archive = RootBuilder.FromTar(path, new RootBuilderOptions()).Archive }
            : new RootOptions { HostDirectory = path };
        return "done";
    }

    /// <summary>Answers with the identity of the image, that of the image that the restored machine gives, and the hash of its state.</summary>
    string Restore(string path, int pid)
    {
        machine?.Dispose();
        output.Clear();
        end = "";
        watched = pid;
        using var image = ExtendedReader.Open(path);
        machine = MachineImage.Restore(image, root);
        machine.Execute(m => m.Ending = group => Watch(m, group));
        string identity = Convert.ToHexStringLower(image.Identity.Span);
        // What was asked for when a checkpoint was taken is none of the machine's.
        bool hasNote = image.OfKind("checkpoint").Any();
        using var again = MachineImage.Capture(machine);
        ExtendedWriter.Write(again, Stream.Null);
        return $"{identity}\t{(hasNote ? identity : Convert.ToHexStringLower(again.Identity.Span))}\t{StateHash.Compute(machine, StateHashScope.Full)}";
    }

    void Watch(Machine m, ThreadGroup group)
    {
        if (group.Id != watched || end.Length > 0) return;
        end = string.Create(CultureInfo.InvariantCulture, $"status {group.ExitStatus}, {m.RetiredInstructions} instructions, {m.Clock.Now} ns, machine {StateHash.Compute(m, StateHashScope.Full)}");
        Take();
    }

    /// <summary>Runs so many instructions, or to the end of all. Answers as <see cref="State"/>.</summary>
    string Run(ulong instructions)
    {
        Machine.RunTo(Machine.RetiredInstructions + instructions, null, Patience);
        Machine.Freeze();
        return State();
    }

    string Finish()
    {
        Machine.Thaw();
        var first = Machine.Tasks.FirstOrDefault(task => task.Pid == watched);
        if (first != null && !Machine.WaitForExit(first, Patience)) throw new TimeoutException("the program did not end");
        return State();
    }

    /// <summary>Instructions, hash, and what the watched process ended with.</summary>
    string State()
    {
        if (Machine.Failure != null) throw new InvalidOperationException($"the machine failed: {Machine.Failure}");
        return string.Create(CultureInfo.InvariantCulture, $"{Machine.RetiredInstructions}\t{StateHash.Compute(Machine, StateHashScope.Full)}\t{end}");
    }

    void Take() => output.Append(Encoding.Latin1.GetString(Machine.Streams.TakeAll(StreamKind.Output))).Append(Encoding.Latin1.GetString(Machine.Streams.TakeAll(StreamKind.Error)));

    /// <summary>Answers with what was printed and not taken yet, in base 64.</summary>
    string TakeOutput()
    {
        Take();
        string text = Convert.ToBase64String(Encoding.Latin1.GetBytes(output.ToString()));
        output.Clear();
        return text;
    }

    /// <summary>Saves as it is said: "plain" and "packed" over what is there, "new" only where nothing is, "v5" the watched task alone, "increment" what has changed since
    /// the image that was saved as "parent".</summary>
    string Save(string path, string way)
    {
        if (way == "packed")
        {
            using var image = MachineImage.Capture(Machine);
            AtomicFile.Write(path, overwrite: true, stream => ExtendedWriter.Write(image, stream, new ExtendedWriterOptions { Compression = 1 }));
            return "done";
        }
        if (way == "parent")
        {
            parent?.Dispose();
            parent = Checkpointer.Capture(Machine);
            Checkpointer.Write(parent, path, overwrite: true);
            Machine.RunTo(Machine.RetiredInstructions + 1000, null, Patience);
            Machine.Freeze();
            return "done";
        }
        using var checkpoint = way == "v5" ? Checkpointer.Capture(Machine.Tasks.First(task => task.Pid == watched), new CaptureOptions { Format = CheckpointFormat.V5 }) : Checkpointer.Capture(Machine);
        Checkpointer.Write(checkpoint, path, new WriteOptions { Overwrite = way != "new", Parent = way == "increment" ? parent ?? throw new InvalidOperationException("no parent was saved") : null });
        return string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Bytes}");
    }

    /// <summary>Runs a command where this process is, which may be another mount namespace than that of who asks.</summary>
    static string Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said.ReplaceLineEndings(" ").Trim() : throw new InvalidOperationException(said);
    }

    static string Limit(ulong bytes, string what)
    {
        FileSizeLimit.Set(bytes, kills: what == "kill");
        return "done";
    }

    /// <summary>Ends this process, by SIGSYS, when it comes to such a place.</summary>
    static string Die(string place)
    {
        DeadlyCall.Arm(place);
        return "done";
    }

    /// <summary>Writes a small file whole or not at all, and dies when anything but that file is flushed to the disk.</summary>
    static string WriteFile(string path, bool mayReplace)
    {
        // Its number is free when the next file is opened: that one has another number than the one that is written.
        var place = File.OpenHandle("/dev/null");
        AtomicFile.Write(path, mayReplace, stream =>
        {
            stream.Write("new"u8);
            DeadlyCall.ArmFlushOfOthers((int)((FileStream)stream).SafeFileHandle.DangerousGetHandle());
            place.Dispose();
        });
        return "done";
    }

    /// <summary>Keeps what the machine says from now on in files, as a schedule does.</summary>
    string Keep(string path)
    {
        kept?.Dispose();
        kept = new ScheduleOutput(path + ".out", path + ".err") { Failed = _ => failures++ };
        kept.Attach(Machine, new ScheduleImage { Sequence = 1 });
        return "done";
    }

    /// <summary>Sees to it that all is in the files, and answers with how often it was said that something could not be written.</summary>
    string Kept()
    {
        kept!.Flush();
        return string.Create(CultureInfo.InvariantCulture, $"{failures}");
    }

    string Close()
    {
        machine?.Dispose();
        machine = null;
        return "done";
    }
}
