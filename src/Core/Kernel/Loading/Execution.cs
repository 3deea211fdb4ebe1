using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>execve(2): a task becomes another program, or nothing happens (Linux: fs/exec.c).</summary>
internal static class Execution
{
    /// <summary>Opens, loads and enters a program.</summary>
    /// <returns>None: the registers are at the program's beginning. Else the caller lives on unchanged.</returns>
    /// <param name="given">The file itself when a descriptor named it: <paramref name="path"/> is then only its name.</param>
    /// <param name="isOutOfReach">True when that descriptor is closed before anybody could use the name.</param>
    public static Errno Execute(Task task, in PathStart start, string path, List<byte[]> arguments, IReadOnlyList<byte[]> environment, out string reason, Dentry? given = null, bool isOutOfReach = false)
    {
        var machine = task.Machine;
        byte[] name = GuestText.ToBytes(path);
        var program = new Program
        {
            FileName = name,
            Arguments = arguments,
            Environment = environment,
            Comm = name[(Array.LastIndexOf(name, (byte)'/') + 1)..],
            Given = given,
            IsOutOfReach = isOutOfReach,
        };
        try
        {
            var error = program.Open(machine, start, path);
            reason = program.Reason;
            if (error != Errno.None) return error;
            if (arguments.Count == 0) arguments.Add([]);
            var credentials = CredentialRules.ForExec(task, program.File.Inode, out bool isSecure);
            error = ProgramImage.Load(machine, program, credentials, isSecure, task.Group.Limits, out var image);
            if (error != Errno.None) return error;
            Enter(task, program, image!);
            Assume(task, credentials, isSecure);
            return Errno.None;
        }
        finally
        {
            program.Close();
        }
    }

    /// <summary>The point of no return.</summary>
    static void Enter(Task task, Program program, ProgramImage image)
    {
        BecomeOnlyThread(task);
        task.Group.DeleteTimers();
        Exits.ReleaseMemory(task);
        task.AddressSpace = image.Memory;
        image.Memory.Hold(program.File.Dentry);
        var registers = task.Registers ??= new Registers();
        registers.Reset();
        registers.Eip = image.Entry;
        registers.Esp = image.StackPointer;

        if (task.Files!.Users > 1)
        {
            var own = task.Files.Copy();
            task.Files.DropUser();
            task.Files = own;
        }
        task.Files.CloseOnExec();
        if (task.Handlers.Users > 1)
        {
            task.Handlers.Users--;
            task.Handlers = task.Handlers.Copy();
        }
        task.Handlers.ResetForExec();
        task.SignalStack = new(0, 0, AlternateStack.Disabled);
        task.RobustList = default;
        task.Sequence = default;
        task.LastFault = default;
        task.Personality = program.Elf.ReadImpliesExecute ? task.Personality | 0x400000 : task.Personality & ~0x400000u;
        task.SetComm(program.Comm);
        task.Group.Executable = program.File.Dentry;
        task.Group.AuxiliaryVector = image.AuxiliaryVector;
        task.Group.HasExecuted = true;
        task.Group.Executions++;
        task.Group.MemoryBarriers = 0;
        task.Group.ExitSignal = Signal.SIGCHLD;
    }

    /// <summary>Who the program runs as; what only its caller may know or do ends with it.</summary>
    static void Assume(Task task, Credentials credentials, bool isSecure)
    {
        CredentialRules.Commit(task, credentials);
        task.Group.Dumpable = credentials.EffectiveUid == credentials.Uid && credentials.EffectiveGid == credentials.Gid ? 1 : 0;
        if (isSecure) task.ParentDeathSignal = Signal.None;
    }

    /// <summary>Ends the other threads; who was not the leader takes its number, and goes on as the leader for whoever traces either of them.</summary>
    static void BecomeOnlyThread(Task task)
    {
        var group = task.Group;
        var leader = group.Leader;
        bool isLeader = ReferenceEquals(leader, task);
        if (!isLeader && leader.Trace != null) Ptrace.Tracers.Unlink(leader);
        foreach (var other in group.Threads.ToArray())
            if (!ReferenceEquals(other, task)) Exits.EndTask(other, 0);
        if (isLeader) return;
        leader.State = TaskState.Dead;
        group.Leader = task;
        task.Machine.TakeOverPid(task, group.Id);
    }
}
