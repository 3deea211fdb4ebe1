using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Pictures.Html;

/// <content>Tasks: what they are, what they wait for, their registers, code and descriptors.</content>
sealed partial class PageData
{
    void WriteTasks(List<AddressSpaceView> spaces)
    {
        json.WriteStartArray("tasks");
        foreach (var task in checkpoint.Tasks)
        {
            cancellation.ThrowIfCancellationRequested();
            json.WriteStartObject();
            json.WriteNumber("pid", task.Pid);
            json.WriteNumber("process", task.ThreadGroupId);
            json.WriteNumber("parent", task.ParentPid);
            Text("name", task.Comm);
            Text("state", task.State.ToString().ToLowerInvariant());
            if (task.Pid == checkpoint.ProcessId) json.WriteBoolean("saved", true);
            var one = checkpoint.Extended?.OfKind("task").FirstOrDefault(other => other["pid"] is ulong number && number == (ulong)task.Pid);
            WriteKernelWords(one);
            if (spaces.FindIndex(space => space.Tasks.Contains(task.Pid)) is var index and >= 0) WriteLiving(task, spaces[index], index);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>What the kernel knows of a task and v5 does not carry.</summary>
    void WriteKernelWords(ExtendedObject? task)
    {
        if (task == null) return;
        if (task["instructions"] is ulong instructions) json.WriteNumber("instructions", instructions);
        if (task["credentials"] is IReadOnlyList<ExtendedField> credentials && credentials.FirstOrDefault(static field => field.Name == "euid")?.Value is ulong user) json.WriteNumber("user", user);
        if (task["call"] is IReadOnlyList<ExtendedField> call && call.Any(static field => field is { Name: "active", Value: ulong and not 0 }))
        {
            uint number = call.FirstOrDefault(static field => field.Name == "number")?.Value is ulong value ? (uint)value : 0;
            string name = SyscallTable.NameOf(number), reason = call.FirstOrDefault(static field => field.Name == "reason")?.Value as string ?? "";
            Text("waits", reason.Length == 0 || reason == name ? name : $"{name}: {reason}");
        }
    }

    void WriteLiving(ImageTask task, AddressSpaceView space, int index)
    {
        json.WriteNumber("memory", index);
        Text("command", space.CommandLine());
        var view = checkpoint.ViewOf(task.Pid);
        WriteRegisters(view);
        CodeExcerpt.Write(json, space, view);
        // Threads share their process's descriptors as a rule, and then the page has them once.
        if (task.Pid == task.ThreadGroupId || checkpoint.Tasks.All(other => other.Pid != task.ThreadGroupId || !other.IsAlive)) WriteDescriptors(view);
    }

    void WriteRegisters(CheckpointImage view)
    {
        json.WriteStartArray("registers");
        foreach (var (name, value, words) in RegisterWords.Of(view))
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteStringValue(Words.Valid(words));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    void WriteDescriptors(CheckpointImage view)
    {
        json.WriteStartArray("descriptors");
        foreach (var descriptor in view.Files.Descriptors)
        {
            json.WriteStartObject();
            json.WriteNumber("number", descriptor.Number);
            Text("kind", KindName(descriptor.File.Kind));
            Text("path", GuestText.FromBytes(descriptor.File.Name.Bytes));
            Text("access", (descriptor.File.Flags & FileFlags.AccessMode) switch { FileFlags.ReadOnly => "r", FileFlags.WriteOnly => "w", _ => "rw" });
            Text("flags", FlagWords(descriptor.File.Flags, descriptor.CloseOnExec));
            json.WriteNumber("position", descriptor.File.Position);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static string KindName(FileKind kind) => kind switch
    {
        FileKind.Regular => "file",
        FileKind.Directory => "directory",
        FileKind.SymbolicLink => "link",
        _ when kind == ImageFileKinds.Pipe => "pipe",
        _ when kind == ImageFileKinds.CharacterDevice => "device",
        _ when kind == ImageFileKinds.BlockDevice => "block device",
        _ when kind == ImageFileKinds.Socket => "socket",
        _ => "object",
    };

    static string FlagWords(FileFlags flags, bool closeOnExec)
    {
        var words = new List<string>();
        if ((flags & FileFlags.Append) != 0) words.Add("append");
        if ((flags & FileFlags.NonBlocking) != 0) words.Add("non-blocking");
        if ((flags & FileFlags.Async) != 0) words.Add("async");
        if (closeOnExec) words.Add("close-on-exec");
        return string.Join(", ", words);
    }
}
