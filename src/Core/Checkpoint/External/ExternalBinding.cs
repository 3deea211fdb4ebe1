using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.External;

/// <summary>Binds what led out of a saved subtree, before anybody inside runs.</summary>
internal static class ExternalBinding
{
    /// <summary>Names that lead out of a machine made from an image, each once. On its thread.</summary>
    public static IReadOnlyList<string> Names(Machine machine) => machine.FindService<ExternalEnds>() is { } ends ? [.. ends.All.Select(static end => end.Name).Distinct(StringComparer.Ordinal)] : [];

    /// <summary>Binds every name. On the machine's thread.</summary>
    /// <param name="task">The task that was saved.</param>
    /// <param name="targets">What to bind, by name.</param>
    /// <returns>Streams to start once all is well.</returns>
    /// <exception cref="RestoreException">A name is not bound, there is none such, or its target does not fit.</exception>
    public static IReadOnlyList<BoundStream> Apply(Task task, IReadOnlyDictionary<string, BindTarget> targets)
    {
        var machine = task.Machine;
        var names = Names(machine);
        if (names.Count == 0 && targets.Count == 0) return [];
        var ends = machine.GetService<ExternalEnds>();
        var unbound = names.Where(name => !targets.ContainsKey(name)).ToList();
        if (unbound.Count > 0) throw new RestoreException(Errno.ENOTCONN, $"the image was taken of a part of its machine, and {string.Join(", ", unbound.Select(name => Describe(machine, ends, name)))} led out of it: bind it to something") { Unbound = unbound };
        var streams = new List<BoundStream>();
        foreach (var (name, target) in targets)
        {
            if (!names.Contains(name, StringComparer.Ordinal)) throw new RestoreException(Errno.ENOENT, $"nothing named {name} leads out of the image" + (names.Count == 0 ? "" : $", but {string.Join(", ", names)}"));
            foreach (var end in ends.All.Where(end => end.Name == name).ToArray()) Bind(task, ends, end, target, streams);
        }
        return streams;
    }

    static void Bind(Task task, ExternalEnds ends, ExternalEnd end, BindTarget target, List<BoundStream> streams)
    {
        switch (target)
        {
            case BindTarget.HostStream { Host: var host }:
                if (!BoundStream.Fits(end.Outside, host)) throw new RestoreException(Errno.EINVAL, $"{end.Name} needs a stream that can be {((end.Outside.Mode & FMode.Read) != 0 ? "written" : "read")}");
                end.Stream = new BoundStream(task.Machine, ends, end, host);
                streams.Add(end.Stream);
                return;
            case BindTarget.GuestFile { Path: var path }:
                Replace(task.Machine, end, file => Open(task, end, path, file));
                break;
            case BindTarget.Descriptor { Number: var number }:
                var other = task.Files![number] ?? throw new RestoreException(Errno.EBADF, $"task {task} has no descriptor {number} to bind {end.Name} to") { Descriptor = number };
                if (ReferenceEquals(other.Inode, end.Inside)) throw new RestoreException(Errno.EINVAL, $"descriptor {number} of task {task} is {end.Name} itself") { Descriptor = number };
                Replace(task.Machine, end, file =>
                {
                    if ((file.Mode & other.Mode & (FMode.Read | FMode.Write)) != (file.Mode & (FMode.Read | FMode.Write))) throw new RestoreException(Errno.EBADF, $"descriptor {number} of task {task} is not open for what {end.Name} is") { Descriptor = number };
                    other.AddReference();
                    return other;
                });
                break;
        }
        ends.Close(end);
    }

    static OpenFile Open(Task task, ExternalEnd end, string path, OpenFile file)
    {
        var access = file.Mode & (FMode.Read | FMode.Write);
        var flags = OpenFlags.LargeFile | (access == FMode.Read ? OpenFlags.ReadOnly : access == FMode.Write ? OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate : OpenFlags.ReadWrite);
        var root = task.FileSystem!.Root;
        var result = task.Machine.Tree.Open(new PathStart(root, root), path, flags, 0x1A4, out var opened);
        if (!result.IsError && !result.WouldBlock && opened != null) return opened;
        var errno = result.IsError ? result.Errno : Errno.EAGAIN;
        throw new RestoreException(errno, $"{path} cannot be opened in the place of {end.Name}") { Path = path };
    }

    /// <summary>Puts another open file in the place of each that those inside have of the name, which the end's task could hear of.</summary>
    static void Replace(Machine machine, ExternalEnd end, Func<OpenFile, OpenFile> make)
    {
        var made = new Dictionary<OpenFile, OpenFile>(ReferenceEqualityComparer.Instance);
        foreach (var files in machine.Tasks.Select(static task => task.Files).OfType<DescriptorTable>().Distinct())
        {
            foreach (int number in files.Numbers.ToArray())
            {
                var file = files[number]!;
                if (!ReferenceEquals(file.Inode, end.Inside)) continue;
                if (made.TryGetValue(file, out var other)) other.AddReference();
                else made.Add(file, other = make(file));
                files.Set(number, other, files.GetCloseOnExec(number));
            }
        }
    }

    static string Describe(Machine machine, ExternalEnds ends, string name)
    {
        var inode = ends.All.First(end => end.Name == name).Inside;
        foreach (var task in machine.Tasks)
            foreach (int number in task.Files?.Numbers ?? [])
                if (ReferenceEquals(task.Files![number]!.Inode, inode)) return $"{name} (descriptor {number} of task {task})";
        return name;
    }
}
