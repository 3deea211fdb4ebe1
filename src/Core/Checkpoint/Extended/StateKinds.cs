using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Events;
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
        ["dentry"] = static r => Dentry.Create(r),
        ["descriptors"] = static _ => new DescriptorTable(),
        ["directory"] = static r => TreeDirectory.Create(r),
        ["directory-file"] = static r => new DirectoryFile(OpenFile.NameOf<DirectoryInode>(r), OpenFile.FlagsOf(r)),
        ["epoll"] = static r => EpollFile.Create(r, r.Machine.Tree),
        ["epoll-item"] = static _ => EpollItem.Create(),
        ["eventfd"] = static r => EventFile.Create(r, r.Machine.Tree),
        ["file"] = static r => RegularInode.Create(r),
        ["file-owner"] = static r => new TaskFileOwner(r.Machine),
        ["file-pages"] = static r => MappedFile.Create(r),
        ["files"] = static r => r.Machine.Tree,
        ["filesystem"] = static r => FileSystem.Create(r, r.Machine.Tree),
        ["fs"] = static r => FileSystemContext.Create(r),
        ["inotify"] = static r => InotifyFile.Create(r, r.Machine.Tree),
        ["inotify-watch"] = static _ => InotifyWatch.Create(),
        ["ldt"] = static _ => new LocalDescriptorTable(),
        ["lower-name"] = static r => r.Machine.Tree.CreateLowerName(r),
        ["machine"] = static r => r.Machine,
        ["memory"] = static r => new AddressSpace(r.Machine.Account),
        ["null-file"] = static r => new NullFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r)),
        ["path-file"] = static r => new PathFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r)),
        ["pidfd"] = static r => PidFile.Create(r, r.Machine.Tree),
        ["pipe"] = static r => Pipe.Create(r.Machine.Tree),
        ["pipe-end"] = static r => PipeFile.Create(r),
        ["pipe-inode"] = static r => PipeInode.Create(r, r.Machine.Tree),
        ["proc-root"] = static r => ProcDirectoryInode.Create(r, r.Machine.Tree, r.Machine.Tree.Services),
        ["process"] = static r => ThreadGroup.Create(r, r.Machine),
        ["pts-root"] = static r => PtsDirectoryInode.Create(r, r.Machine.Tree),
        ["random-file"] = static r => new RandomFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r), r.Machine.Tree.Services.Random),
        ["regular-file"] = static r => new RegularFile(OpenFile.NameOf<RegularInode>(r), OpenFile.FlagsOf(r)),
        ["shared-memory"] = static r => new SharedMemory(r.Machine.Account, r.Uint("length", 0)),
        ["signal-handlers"] = static _ => new SignalHandlers(),
        ["signalfd"] = static r => SignalFile.Create(r, r.Machine),
        ["special-file"] = static r => SpecialInode.Create(r),
        ["stream"] = static r => StreamInode.Create(r, r.Machine.Tree.Services),
        ["stream-file"] = static r => new StreamFile(OpenFile.NameOf<StreamInode>(r), OpenFile.FlagsOf(r)),
        ["symlink"] = static r => SymbolicLinkInode.Create(r),
        ["task"] = static r => Task.Create(r, r.Machine),
        ["timerfd"] = static r => TimerFile.Create(r, r.Machine),
        ["volume"] = static r => r.Machine.Tree.CreateVolume(r),
        ["zero-file"] = static r => new ZeroFile(OpenFile.NameOf(r), OpenFile.FlagsOf(r), r.Flag("full", false)),
    };

    /// <summary>What makes an object of a kind; null for a kind that is not known.</summary>
    public static Func<StateReader, IStateObject>? Find(string kind) => Makers.GetValueOrDefault(kind);

    /// <summary>The kinds.</summary>
    public static IEnumerable<string> Names => Makers.Keys;
}
