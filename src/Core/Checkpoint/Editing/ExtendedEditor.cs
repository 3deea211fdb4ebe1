using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Flags = CheckpointRestart.Core.VmFlags;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Changes the objects of an Extended image, as JSON: what comes out is checked as every JSON is that an image is made of.</summary>
internal sealed class ExtendedEditor : IDisposable
{
    /// <summary>A task's memory, and the files behind it.</summary>
    sealed record Space(CheckpointImage View, CheckpointFiles? Files, ImageMemory Memory);

    readonly Checkpoint checkpoint;
    readonly ExtendedImage image;
    readonly RootOptions? files;
    readonly Dictionary<int, Space> spaces = [];
    readonly JsonObject root;
    readonly Dictionary<uint, JsonObject> objects = [];
    readonly List<byte[]> added = [];

    /// <summary>The new page of an object's page.</summary>
    readonly Dictionary<(uint Object, uint Index), int> changed = [];

    /// <param name="checkpoint">An Extended image, which stays open.</param>
    /// <param name="files">Where the files lie that are behind its memory; null when they are not here.</param>
    public ExtendedEditor(Checkpoint checkpoint, RootOptions? files)
    {
        this.checkpoint = checkpoint;
        this.files = files;
        image = checkpoint.Extended!;
        using var stream = new MemoryStream();
        ImageJson.Write(image, stream);
        root = (JsonObject)JsonNode.Parse(stream.GetBuffer().AsSpan(0, (int)stream.Length))!;
        foreach (var one in Objects) objects.Add(one!["number"]!.GetValue<uint>(), (JsonObject)one["fields"]!);
    }

    JsonArray Objects => (JsonArray)root["objects"]!;

    /// <exception cref="ChangeRefusedException">It cannot be made.</exception>
    public void Apply(StateChange change)
    {
        switch (change)
        {
            case RegisterChange register: SetRegister(TaskOf(change.Pid), register); break;
            case MemoryChange memory: Write(change.Pid, memory.Address, memory.Bytes.Span); break;
            case NameChange name: TaskOf(change.Pid)["comm"] = Bytes(Machine.NameBytes(name.Name)); break;
            case EnvironmentChange variable:
                var space = SpaceOf(change.Pid);
                foreach (var (address, bytes) in new GuestEnvironment(space.Memory.Read).Set((uint)space.View.Memory.Layout.StartStack, variable.Variable, variable.Value)) Write(change.Pid, address, bytes);
                break;
            default: throw new ArgumentException($"{change} is no change", nameof(change));
        }
    }

    /// <summary>The changed image.</summary>
    /// <param name="edits">What it says of its making.</param>
    /// <exception cref="ImageJsonException">A rule is broken.</exception>
    public ExtendedImage Finish(IReadOnlyList<ImageEdit> edits)
    {
        foreach (var one in Objects)
            if (one!["kind"]!.GetValue<string>() == "checkpoint") one["fields"]!["state-hash"] = null;
        for (int i = Objects.Count - 1; i >= 0; i--)
            if (Objects[i]!["kind"]!.GetValue<string>() == EditNote.Kind) Objects.RemoveAt(i);
        Objects.Add(new JsonObject
        {
            ["number"] = objects.Keys.DefaultIfEmpty(0u).Max() + 1,
            ["kind"] = EditNote.Kind,
            ["fields"] = new JsonObject
            {
                ["edits"] = new JsonArray([.. edits.TakeLast(EditNote.MostEdits).Select(static edit => (JsonNode)new JsonObject { ["change"] = Shortened(edit.Change), ["identity"] = edit.Identity })]),
            },
        });
        var pages = new ChangedPages(image.Pages, added);
        root["pages"] = pages.Count;
        using var document = JsonDocument.Parse(root.ToJsonString());
        return ImageJsonReader.Read(document.RootElement, pages);
    }

    static string Shortened(string text)
    {
        while (System.Text.Encoding.UTF8.GetByteCount(text) > EditNote.LongestChange) text = text[..(text.Length / 2)] + "...";
        return text;
    }

    JsonObject TaskOf(int pid)
    {
        if (ImageTasks.Find(image, pid) is not { } task) throw new RestoreException(Errno.ESRCH, $"the image has no task {pid}");
        var fields = objects[task.Number];
        return fields["memory"] is JsonObject ? fields : throw new ChangeRefusedException(Errno.ESRCH, "the task has ended");
    }

    void SetRegister(JsonObject task, RegisterChange change)
    {
        if (change.Register.Name is "eax" or "eip" && task["call"] is JsonObject call && call["active"]?.GetValue<ulong>() == 1)
            throw new ChangeRefusedException(Errno.EBUSY, $"the task is in a system call, which sets {change.Register.Name} when it returns");
        var model = MachineImage.OptionsOf(image).Cpu;
        if (!model.Has(RegisterAccess.FeaturesFor(change.Register))) throw new ChangeRefusedException(Errno.ENODEV, $"{change.Register.Name} is not there: the machine's processor is a {model.Name}");
        using var registers = new Registers();
        registers.Visit(new JsonState(task, isReading: true), "registers");
        if (RegisterAccess.Set(registers, change.Register, change.Value.Span) is { } reason) throw new ChangeRefusedException(Errno.EINVAL, $"{change.Register.Name} {reason}");
        registers.Visit(new JsonState(task, isReading: false), "registers");
    }

    /// <exception cref="IOException">The root cannot be opened.</exception>
    Space SpaceOf(int pid)
    {
        if (spaces.TryGetValue(pid, out var known)) return known;
        var view = checkpoint.ViewOf(pid);
        uint memory = NumberOf(TaskOf(pid)["memory"]);
        var behind = files == null ? null : new CheckpointFiles(checkpoint, view, files);
        var made = new Space(view, behind, new ImageMemory(view, behind, address => changed.TryGetValue((memory, address >> 12), out int page) ? added[page] : null));
        spaces.Add(pid, made);
        return made;
    }

    void Write(int pid, uint address, ReadOnlySpan<byte> bytes)
    {
        var space = SpaceOf(pid);
        for (uint at = address & ~0xFFFu; at < address + (ulong)bytes.Length; at += 4096)
        {
            uint shown = Math.Max(at, address);
            if (space.View.Memory.Find(at) is not { } region) throw Refused(shown, "is not mapped");
            bool isShared = ((Flags)region.Flags & Flags.Shared) != 0;
            if (isShared && region.File != null) throw Refused(shown, $"lies in a shared mapping of {region.File}: what the file has there is the file's");
            if (isShared && ((Flags)region.Flags & Flags.Write) == 0) throw Refused(shown, "lies in a shared mapping that is not writable");
            var page = new byte[4096];
            if (space.Memory.Read(at, page) < page.Length) throw Refused(shown, $"is a page of {region.File}, and neither the image nor a root given here has it");
            uint first = shown - at;
            int from = (int)(shown - address), length = Math.Min(bytes.Length - from, (int)(4096 - first));
            bytes.Slice(from, length).CopyTo(page.AsSpan((int)first));
            Replace(pid, at, page, region.Start, isShared);
        }
    }

    void Replace(int pid, uint address, byte[] page, uint regionStart, bool isShared)
    {
        uint memory = NumberOf(TaskOf(pid)["memory"]), index = address >> 12;
        if (changed.TryGetValue((memory, index), out int known))
        {
            page.CopyTo(added[known], 0);
            return;
        }
        var (target, place) = (memory, index);
        if (isShared)
        {
            var region = ((JsonArray)objects[memory]["regions"]!).First(one => one!["start"]!.GetValue<uint>() == regionStart)!;
            (target, place) = (NumberOf(region["source"]), (address - regionStart >> 12) + region["offset"]!.GetValue<uint>());
        }
        var fields = objects[target];
        var runs = PageRuns.Read(fields["pages"]);
        PageRuns.Set(runs, place, (uint)(image.Pages.Count + added.Count), isShared ? 0 : (uint)(PageState.Private | PageState.Dirty), isShared ? 0 : (uint)PageState.Inherited);
        fields["pages"] = PageRuns.Write(runs);
        if (!isShared && fields["present"] is JsonArray present) fields["present"] = Without(present, index);
        changed.Add((memory, index), added.Count);
        added.Add(page);
    }

    /// <summary>A page of its own is none that only shows what lies behind it.</summary>
    static JsonArray Without(JsonArray present, uint index)
    {
        var left = new JsonArray();
        foreach (var item in present)
        {
            uint first = item!["first"]!.GetValue<uint>(), count = item["count"]!.GetValue<uint>();
            if (index < first || index - first >= count)
            {
                left.Add(item.DeepClone());
                continue;
            }
            Add(first, index - first);
            Add(index + 1, first + count - index - 1);

            void Add(uint start, uint length)
            {
                if (length == 0) return;
                var part = (JsonObject)item.DeepClone();
                (part["first"], part["count"]) = (start, length);
                left.Add((JsonNode)part);
            }
        }
        return left;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var space in spaces.Values) space.Files?.Dispose();
    }

    static uint NumberOf(JsonNode? reference) => reference!["$ref"]!.GetValue<uint>();

    static JsonObject Bytes(byte[] bytes) => new() { ["$bytes"] = Convert.ToBase64String(bytes) };

    static ChangeRefusedException Refused(uint address, string why) => new(Errno.EFAULT, string.Create(CultureInfo.InvariantCulture, $"{address:x8} {why}"));
}
