using CheckpointRestart.Core.Checkpoint.External;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>How an image is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>Where the image's files are looked up; null for the root of the machine that the checkpoint was taken from, if it is known.</summary>
    public RootOptions? Root { get; init; }

    /// <summary>The new machine's clock, seed, processor and limits; null for those of the machine that the checkpoint was taken from, or the defaults.
    /// Root and kernel version in it do not count: the version is the image's.</summary>
    public MachineOptions? Machine { get; init; }

    /// <summary>V5: a machine to restore into instead of a new one. Its kernel version must be the image's.</summary>
    public Machine? Into { get; init; }

    /// <summary>Extended: files of the root that differ from those that the machine had are taken as they are now, not refused.</summary>
    public bool AllowChangedFiles { get; init; }

    /// <summary>Extended: all pages are read and checked before this returns; else those of a file are read when the machine touches them.</summary>
    public bool Eager { get; init; }

    /// <summary>Extended: the machines that share the image's pages; null for a machine with pages of its own.</summary>
    public ImageCopies? Copies { get; init; }

    /// <summary>Extended: where the guest's random bytes come from henceforth; null for the image's own sequence.</summary>
    public ulong? Reseed { get; init; }

    /// <summary>Extended: the host name henceforth, 64 bytes at most; null for the image's own.</summary>
    public string? HostName { get; init; }

    /// <summary>Extended: what takes the place of the ends that led out of a saved subtree, by their names such as pipe:[12]; each needs something.</summary>
    public IReadOnlyDictionary<string, BindTarget> Bind { get; init; } = new Dictionary<string, BindTarget>();

    /// <summary>Extended: leaves those ends as they are, for a machine that is only looked at.</summary>
    public bool LeaveUnbound { get; init; }

    /// <summary>Extended: called with the machine before any of it runs, on the thread that restores, or that lets go of one that was received: its sender is gone by then,
    /// and ports of the host that it had are free.</summary>
    public Action<Machine>? Beginning { get; init; }

    /// <summary>True leaves the task frozen where it was; of an Extended image the machine.</summary>
    public bool Suspended { get; init; }
}
