using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>Starts a program from outside, as a child of init.</summary>
internal static class ProgramStarter
{
    public static Task Start(Machine machine, ProgramOptions options)
    {
        string path = options.FilePath ?? machine.Tree.ProgramPath ?? throw new ProgramException(Errno.ENOENT, "no program is named, and the root has none of its own");
        if (!machine.HasRoomForTask) throw new ProgramException(Errno.EAGAIN, $"the machine has its {machine.Options.MaximumTasks} tasks already");
        var tree = machine.Tree;
        var start = new PathStart(tree.Root, tree.Root);
        var error = tree.Walk(start, options.WorkingDirectory, WalkFlags.Directory, out var directory);
        if (error != Errno.None) throw new ProgramException(error, $"the working directory {options.WorkingDirectory} cannot be entered ({error})");
        var credentials = new Credentials();
        if (options.User != null) UserDatabase.Apply(tree, options.User, credentials);
        if (FileTree.CheckAccess(directory!.Inode, AccessRights.Execute, credentials.ForFiles) != Errno.None)
            throw new ProgramException(Errno.EACCES, $"the working directory {options.WorkingDirectory} is closed to user {credentials.Uid}");
        start = new PathStart(tree.Root, directory, credentials.ForFiles);

        var terminal = options.Terminal is { } size ? machine.CreateTerminal(size, credentials.Uid) : null;
        DescriptorTable files;
        try
        {
            files = OpenStreams(machine, options, start, terminal);
        }
        catch
        {
            terminal?.Close();
            throw;
        }
        int pid = machine.AllocatePid();
        if (pid == 0) throw new ProgramException(Errno.EAGAIN, "the machine has no pid left");
        var group = new ThreadGroup(machine, pid, new ResourceLimits(machine.Options))
        {
            ProcessGroup = pid,
            Session = pid,
            StartTime = machine.Clock.Now,
        };
        var task = new Task(machine, pid, group)
        {
            Files = files,
            FileSystem = new FileSystemContext(tree.Root, directory),
            Credentials = credentials,
            IsHeld = options.Suspended,
        };
        group.Leader = task;
        group.AddThread(task);
        List<byte[]> arguments = [GuestText.ToBytes(options.ArgumentZero ?? path), .. options.Arguments.Select(static a => GuestText.ToBytes(a))];
        error = Execution.Execute(task, start, path, arguments, [.. options.Environment.Select(static e => GuestText.ToBytes(e))], out string reason);
        if (error != Errno.None)
        {
            files.DropUser();
            group.LeaveIdentifiers();
            terminal?.Close();
            machine.LastPid = pid - 1;
            throw new ProgramException(error, reason.Length > 0 ? $"{path} {reason} ({error})" : $"{path} cannot be executed ({error})");
        }
        group.SetParent(machine.Init.Group);
        if (terminal != null)
        {
            JobControl.Attach(group, terminal.Slave);
            group.HostTerminal = terminal;
        }
        task.State = TaskState.Running;
        machine.AddTask(task);
        machine.Scheduler.Enqueue(task);
        return task;
    }

    static DescriptorTable OpenStreams(Machine machine, ProgramOptions options, in PathStart start, HostTerminal? terminal)
    {
        var files = new DescriptorTable();
        const OpenFlags output = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.LargeFile;
        const OpenFlags stream = OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.LargeFile;
        (string? Given, StreamKind Kind, OpenFlags Flags)[] wanted =
        [
            (options.InputPath, StreamKind.Input, OpenFlags.ReadOnly | OpenFlags.LargeFile),
            (options.OutputPath, StreamKind.Output, options.OutputPath == null ? stream : output),
            (options.ErrorPath, StreamKind.Error, options.ErrorPath == null ? stream : output),
        ];
        OpenFile? shared = null;
        foreach (var (given, kind, flags) in wanted)
        {
            if (given == null && terminal != null)
            {
                // One open file for all three, as a login leaves them.
                if (shared != null) shared.AddReference();
                else terminal.Slave.Pair.OpenSlave(terminal.Slave.Pair.Name!, OpenFlags.ReadWrite | OpenFlags.LargeFile, out shared);
                files.Add(shared!, false, int.MaxValue);
                continue;
            }
            string path = given ?? MachineStreams.PathOf(kind);
            var result = machine.Tree.Open(start, path, flags, 0x1A4, out var file);
            if (result.IsError || result.WouldBlock || file == null)
            {
                files.DropUser();
                throw new ProgramException(result.Errno, $"{path} cannot be opened ({result.Errno})");
            }
            files.Add(file, false, int.MaxValue);
        }
        return files;
    }
}
