using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Events;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.Core.Kernel.Futexes;
using CheckpointRestart.Core.Kernel.Ipc;
using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Seccomp;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>How the objects of each kind are made, before they are filled.</summary>
internal static class StateKinds
{
    static readonly Dictionary<string, Func<StateReader, IStateObject>> Makers = new(StringComparer.Ordinal)
    {
        ["anonymous-inode"] = static r => r.Machine.Tree.CreateAnonymous(r),
        ["async-files"] = static _ => new AsyncFiles(),
        ["checkpoint"] = static _ => new CheckpointNote(),
        ["checkpoint-identifiers"] = static _ => new CheckpointIdentifiers(),
        ["dentry"] = static r => Dentry.Create(r),
        ["descriptors"] = static _ => new DescriptorTable(),
        ["directory"] = static r => TreeDirectory.Create(r),
        ["directory-file"] = static r => new DirectoryFile(OpenFile.NameOf<DirectoryInode>(r), OpenFile.FlagsOf(r)),
        [Editing.EditNote.Kind] = static _ => new Editing.EditNote(),
        ["epoll"] = static r => EpollFile.Create(r, r.Machine.Tree),
        ["epoll-item"] = static _ => EpollItem.Create(),
        ["eventfd"] = static r => EventFile.Create(r, r.Machine.Tree),
        ["external-ends"] = static _ => new External.ExternalEnds(),
        ["file"] = static r => RegularInode.Create(r),
        ["file-checks"] = static _ => new FileChecks(),
        ["file-locks"] = static r => FileLocks.Create(r.Machine.Tree.Locks),
        ["file-owner"] = static r => new TaskFileOwner(r.Machine),
        ["file-pages"] = static r => MappedFile.Create(r),
        ["files"] = static r => r.Machine.Tree,
        ["filesystem"] = static r => FileSystem.Create(r, r.Machine.Tree),
        ["fs"] = static r => FileSystemContext.Create(r),
        ["futex-lock"] = static _ => PiState.Create(),
        ["futex-waiter"] = static r => FutexWaiter.Create(r),
        ["futex-waiters"] = static r => FutexGroup.Create(r),
        ["host-terminal"] = static r => HostTerminal.Create(r, r.Machine),
        ["inotify"] = static r => InotifyFile.Create(r, r.Machine.Tree),
        ["inotify-watch"] = static _ => InotifyWatch.Create(),
        ["ldt"] = static _ => new LocalDescriptorTable(),
        ["lock-wait"] = static _ => LockWait.Create(),
        ["lower-name"] = static r => r.Machine.Tree.CreateLowerName(r),
        ["machine"] = static r => r.Machine,
        ["memory"] = static r => new AddressSpace(r.Machine.Account),
        ["message-queue"] = static _ => MessageQueue.Create(),
        ["message-receiver"] = static r => MessageReceiver.Create(r),
        ["message-sender"] = static r => MessageSender.Create(r),
        ["netlink-socket"] = static r => NetlinkSocket.Create(r, r.Machine.Network),
        ["network"] = static r => r.Machine.Network,
        ["null-file"] = static r => new NullFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r)),
        ["path-file"] = static r => new PathFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r)),
        ["pidfd"] = static r => PidFile.Create(r, r.Machine.Tree),
        ["pipe"] = static r => Pipe.Create(r.Machine.Tree),
        ["pipe-end"] = static r => PipeFile.Create(r),
        ["pipe-inode"] = static r => PipeInode.Create(r, r.Machine.Tree),
        ["posix-queue"] = static r => PosixQueue.Create(r, r.Machine),
        ["posix-queue-file"] = static r => new PosixQueueFile(OpenFile.NameOf<PosixQueue>(r), OpenFile.FlagsOf(r)),
        ["proc-directory"] = static r => ProcDirectoryInode.CreateBelow(r, r.Machine.Tree.Services),
        ["proc-link"] = static r => ProcLinkInode.Create(r),
        ["proc-memory"] = static r => ProcMemoryInode.Create(r),
        ["proc-memory-file"] = static r => ProcMemoryFile.Create(r),
        ["proc-root"] = static r => ProcDirectoryInode.Create(r, r.Machine.Tree, r.Machine.Tree.Services),
        ["proc-text"] = static r => ProcTextInode.Create(r),
        ["proc-text-file"] = static r => ProcTextFile.Create(r),
        ["process"] = static r => ThreadGroup.Create(r, r.Machine),
        ["processor-sleep"] = static r => ProcessorSleep.Create(r),
        ["pseudo-terminal"] = static r => PseudoTerminal.Create(r, r.Machine.Tree.Terminals),
        ["ptmx"] = static r => PtmxInode.Create(r, r.Machine.Tree.Devices),
        ["pts"] = static r => PtsInode.Create(r),
        ["pts-root"] = static r => PtsDirectoryInode.Create(r, r.Machine.Tree),
        ["random-file"] = static r => new RandomFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r), r.Machine.Tree.Services.Random),
        ["regular-file"] = static r => new RegularFile(OpenFile.NameOf<RegularInode>(r), OpenFile.FlagsOf(r)),
        ["seccomp-filter"] = static r => SeccompFilter.Create(r),
        ["semaphore-set"] = static r => SemaphoreSet.Create(r),
        ["semaphore-undo"] = static _ => new SemaphoreUndo(),
        ["semaphore-waiter"] = static r => SemaphoreWaiter.Create(r),
        ["shared-memory"] = static r => new SharedMemory(r.Machine.Account, r.Uint("length", 0)),
        ["shared-segment"] = static r => SharedSegment.Create(r, r.Machine),
        ["signal-handlers"] = static _ => new SignalHandlers(),
        ["signal-wait"] = static r => SignalWait.Create(r),
        ["signalfd"] = static r => SignalFile.Create(r, r.Machine),
        ["socket-file"] = static r => SocketFile.Create(r),
        ["socket-inode"] = static r => SocketInode.Create(r, r.Machine.Network),
        ["special-file"] = static r => SpecialInode.Create(r),
        ["stream"] = static r => StreamInode.Create(r, r.Machine.Tree.Services),
        ["stream-file"] = static r => new StreamFile(OpenFile.NameOf<StreamInode>(r), OpenFile.FlagsOf(r)),
        ["symlink"] = static r => SymbolicLinkInode.Create(r),
        ["task"] = static r => Task.Create(r, r.Machine),
        ["tcp-socket"] = static r => TcpSocket.Create(r, r.Machine.Network),
        ["terminal"] = static r => Terminal.Create(r),
        ["terminal-file"] = static r => TerminalFile.Create(r),
        ["time-wait"] = static _ => TimeWait.Create(),
        ["timer"] = static r => PosixTimer.Create(r),
        ["timerfd"] = static r => TimerFile.Create(r, r.Machine),
        ["trace"] = static r => TraceState.Create(r),
        ["udp-socket"] = static r => UdpSocket.Create(r, r.Machine.Network),
        ["unix-socket"] = static r => UnixSocket.Create(r, r.Machine.Network),
        ["volume"] = static r => r.Machine.Tree.CreateVolume(r),
        ["waiting-lock"] = static r => WaitingLock.Create(r.Machine.Tree.Locks),
        ["zero-file"] = static r => new ZeroFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r), r.Flag("full", false)),
    };

    /// <summary>What makes an object of a kind; null for a kind that is not known.</summary>
    public static Func<StateReader, IStateObject>? Find(string kind) => Makers.GetValueOrDefault(kind);

    /// <summary>The kinds.</summary>
    public static IEnumerable<string> Names => Makers.Keys;
}
