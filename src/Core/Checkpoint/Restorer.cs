using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.External;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Restores tasks from checkpoints, all or nothing.</summary>
public static class Restorer
{
    /// <summary>Restores the task of a checkpoint, by default into a machine of its own. Any thread.</summary>
    /// <exception cref="RestoreException">The image cannot be restored here: the message names the object. Nothing is left of the attempt.</exception>
    /// <exception cref="CheckpointImageException">The image's file was changed or cut since it was opened.</exception>
    /// <exception cref="IOException">The root or the image cannot be read.</exception>
    public static Task Restore(Checkpoint checkpoint, RestoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= new RestoreOptions();
        if (checkpoint.Extended is { } image) return RestoreMachine(checkpoint, image, options);
        if (options.Into != null) return RestoreInto(checkpoint, options.Into, options.Suspended);
        var machine = MachineFactory.Create(OptionsFor(checkpoint, options));
        try
        {
            return RestoreInto(checkpoint, machine, options.Suspended);
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    /// <summary>The kernel that an image was taken under.</summary>
    public static KernelVersion VersionOf(CheckpointImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return VersionOf(image.Head);
    }

    /// <summary>The kernel that a header names, of either format.</summary>
    internal static KernelVersion VersionOf(in HeadRecord head) => new(head.Major, head.Minor, head.Patch)
    {
        Release = head.Release.ToString(),
        Version = head.Version.ToString(),
        Machine = head.Machine.ToString(),
    };

    /// <summary>The options of the machine that a checkpoint was taken from, or, where they are not known, defaults with a processor that fits the image.</summary>
    public static MachineOptions MachineOf(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Extended is { } image) return checkpoint.Machine ?? MachineImage.OptionsOf(image);
        return checkpoint.Machine ?? new MachineOptions { Cpu = checkpoint.Image.Cpu.HasFxsr != 0 ? CpuModel.Maximum : CpuModel.I586 };
    }

    /// <summary>Makes the machine of an Extended image.</summary>
    /// <returns>The task that was saved.</returns>
    static Task RestoreMachine(Checkpoint checkpoint, ExtendedImage image, RestoreOptions options)
    {
        if (options.Into != null) throw new RestoreException(Errno.EINVAL, "an Extended image makes a machine of its own");
        var root = RootFor(checkpoint, options);
        var known = MachineImage.OptionsOf(image);
        var wanted = (options.Machine ?? MachineOf(checkpoint)) with { Root = root ?? new RootOptions(), Files = null, Version = known.Version };
        if (options.HostName is { } host && (host.Length == 0 || GuestText.ToBytes(host).Length > 64 || host.Contains('\0'))) throw new RestoreException(Errno.EINVAL, $"'{host}' is no host name: it has 1 to 64 bytes");
        if (wanted.Cpu.Name != known.Cpu.Name) throw new RestoreException(Errno.EINVAL, $"the image's programs know their processor, {known.Cpu.Name}: they cannot go on with {wanted.Cpu.Name}");
        var machine = MachineImage.Restore(image, root, _ => wanted, options.AllowChangedFiles, options.Eager, options.Copies?.Frames, default);
        try
        {
            if (options.Reseed is { } seed) machine.Execute(m => m.Random.State = new DeterministicRandom(seed).State);
            if (options.HostName is { } name) machine.Execute(m => m.Version = m.Version with { NodeName = name });
            var task = machine.Tasks.FirstOrDefault(task => task.Pid == checkpoint.ProcessId) ?? throw new RestoreException(Errno.ESRCH, "the image has no task");
            var streams = options.LeaveUnbound ? [] : machine.Execute(_ => ExternalBinding.Apply(task, options.Bind));
            options.Beginning?.Invoke(machine);
            foreach (var stream in streams) stream.Start();
            if (!options.Suspended) machine.Thaw();
            return task;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Where an image's files are.</summary>
    /// <exception cref="RestoreException">It needs some, and nobody says where they are.</exception>
    static RootOptions? RootFor(Checkpoint checkpoint, RestoreOptions options)
    {
        var root = options.Root ?? checkpoint.Machine?.Root;
        if (root != null || checkpoint.Extended?.OfKind("lower-name").Any() == false) return root;
        var needed = checkpoint.FilesNeeded;
        if (needed.Count == 0) return checkpoint.Extended == null ? null : throw new RestoreException(Errno.ENOENT, "the image needs the root that its machine had; none was given") { FilesNeeded = ["/"] };
        throw new RestoreException(Errno.ENOENT, $"the image needs a root that has {string.Join(", ", needed)}; none was given") { FilesNeeded = needed, Path = needed[0] };
    }

    static MachineOptions OptionsFor(Checkpoint checkpoint, RestoreOptions options)
    {
        var root = RootFor(checkpoint, options);
        return (options.Machine ?? MachineOf(checkpoint)) with
        {
            Root = root ?? new RootOptions(),
            Files = options.Root == null ? checkpoint.Files : null,
            Version = VersionOf(checkpoint.Image),
        };
    }

    static Task RestoreInto(Checkpoint checkpoint, Machine machine, bool suspended) => machine.Execute(_ =>
    {
        var image = checkpoint.Image;
        ImageRules.CheckKernelVersion(image.Head, machine.Version.Major, machine.Version.Minor, machine.Version.Patch);
        var parts = TaskCapture.Restore(image, machine, machine.Options.MaximumDescriptors, ImageFileIn(machine, checkpoint));
        var errno = machine.Adopt(parts, out var task);
        if (errno != Errno.None)
        {
            parts.Discard();
            throw new RestoreException(errno, errno == Errno.EBUSY ? $"the image's pid, {image.ProcessId}, is taken or none that a task may have" : "the machine has as many tasks as it may have");
        }
        if (!suspended) machine.Thaw(task!);
        return task!;
    });

    /// <summary>The inode of the image's own file, when that lies in the machine's root: a task that saved itself still has it open.</summary>
    static Inode? ImageFileIn(Machine machine, Checkpoint checkpoint)
    {
        if (checkpoint.Path == null || machine.Options.Root.HostDirectory is not { } root) return null;
        string relative = Path.GetRelativePath(Path.GetFullPath(root), checkpoint.Path);
        if (relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative)) return null;
        var at = new PathStart(machine.Tree.Root, machine.Tree.Root);
        return machine.Tree.Walk(at, "/" + relative.Replace('\\', '/'), WalkFlags.None, out var found) == Errno.None ? found!.Inode : null;
    }
}

/// <summary>Makes machines whose guests can take checkpoints of themselves.</summary>
public static class MachineFactory
{
    /// <summary>Makes a machine; with <see cref="MachineOptions.GuestCheckpoint"/> it has the system calls 333 and 334.</summary>
    /// <exception cref="IOException">The root cannot be opened.</exception>
    public static Machine Create(MachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var machine = new Machine(options);
        if (options.GuestCheckpoint) machine.Execute(CheckpointCalls.Register);
        return machine;
    }
}
