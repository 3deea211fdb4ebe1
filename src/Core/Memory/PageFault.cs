namespace CheckpointRestart.Core.Memory;

/// <summary>Why an access to guest memory could not be made.</summary>
public enum FaultKind : byte
{
    None,
    /// <summary>No region there: SIGSEGV, SEGV_MAPERR.</summary>
    NotMapped,
    /// <summary>The region forbids it: SIGSEGV, SEGV_ACCERR.</summary>
    Protection,
    /// <summary>Past the end of the mapped file, or the file could not be read: SIGBUS, BUS_ADRERR.</summary>
    PastEnd,
    /// <summary>The machine's memory limit is reached: the kernel's out-of-memory kill.</summary>
    OutOfMemory,
    /// <summary>The page was still in the image that the machine was made from, and cannot be had: the machine cannot go on.</summary>
    Lost,
}

/// <summary>How memory was accessed.</summary>
public enum AccessKind : byte
{
    Read,
    Write,
    Fetch,
}

/// <summary>A failed access: where, how and why, and whether a page that can be accessed in some other way is there.</summary>
public readonly record struct PageFault(uint Address, AccessKind Access, FaultKind Kind, bool IsPresent = false);

/// <summary>State of one guest page, one word in the page table beside the frame's address.</summary>
[Flags]
public enum PageState : uint
{
    None = 0,
    /// <summary>A frame is attached.</summary>
    Present = 1,
    /// <summary>The frame is the address space's own: anonymous memory or a broken copy-on-write page. Only such pages are in an image.</summary>
    Private = 2,
    /// <summary>Written since the last <see cref="AddressSpace.ClearDirty"/>.</summary>
    Dirty = 4,
    /// <summary>Holds decoded code: a write is reported first.</summary>
    Code = 8,
    /// <summary>Private, but not written since fork(2) shared it with the parent, whose page it still counts as.</summary>
    Inherited = 16,
    /// <summary>Of a shared region: its source was told that the page is written, and need not be again.</summary>
    Told = 32,
}

/// <summary>Told when a page that holds decoded code changes.</summary>
public interface ICodeObserver
{
    /// <summary>Page <paramref name="page"/> (address / 4096) is about to be written, was unmapped or lost its right to execute.</summary>
    void CodeChanged(uint page);

    /// <summary>Called when the address space is disposed, instead of <see cref="CodeChanged"/> for each page.</summary>
    void SpaceEnded();
}
