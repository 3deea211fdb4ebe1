namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Flags of checkpoint(2); none is v5's.</summary>
[Flags]
public enum CheckpointCallFlags
{
    /// <summary>As v5: the caller, in v5's format.</summary>
    None = 0,
    /// <summary>With <see cref="Extended"/>: the process with its descendants. Later versions of the original have the same value.</summary>
    Subtree = 1,
    /// <summary>The format Extended, of the process that the first argument names; 0 names the whole machine.</summary>
    Extended = 0x100,
    /// <summary>Keeps the checkpoint in the machine's memory; the descriptor is -1.</summary>
    Memory = 0x200,
}

/// <summary>Flags of restart(2); none is v5's.</summary>
[Flags]
public enum RestartCallFlags
{
    /// <summary>As v5; with the descriptor -1, from the checkpoint in memory that the first argument names.</summary>
    None = 0,
    /// <summary>The descriptor has an image of the format Extended: the machine becomes that of the image.</summary>
    Extended = 0x100,
    /// <summary>The descriptor is -1: the checkpoint in memory is forgotten.</summary>
    Forget = 0x200,
    /// <summary>Files of the root that have changed since are taken as they are.</summary>
    ChangedFiles = 0x400,
}
