using CheckpointRestart.Core.Files;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>One region of a task's address space.</summary>
public sealed class CrVma
{
    readonly Subject subject;

    internal CrVma(Subject subject, uint start, uint end, VmFlags flags, VmaKind kind, string? path, string? name, uint pageOffset, int pages)
    {
        this.subject = subject;
        Start = start;
        End = end;
        Flags = flags;
        Kind = kind;
        Path = path;
        Name = name ?? path;
        Offset = (ulong)pageOffset * 4096;
        Pages = pages;
    }

    /// <summary>First byte.</summary>
    public uint Start { get; }

    /// <summary>End, exclusive.</summary>
    public uint End { get; }

    /// <summary>Bytes.</summary>
    public uint Size => End - Start;

    /// <summary>Linux VM_* flags.</summary>
    public VmFlags Flags { get; }

    /// <summary>What is behind it: nothing, or a file.</summary>
    public VmaKind Kind { get; }

    /// <summary>The file behind it, a guest path; null when it is anonymous.</summary>
    public string? Path { get; }

    /// <summary>The path, or a kernel name such as [stack]; null when it has neither.</summary>
    public string? Name { get; }

    /// <summary>Where in the file it begins, in bytes.</summary>
    public ulong Offset { get; }

    /// <summary>Pages of its own: in an image those that are stored, in a live task those that an image would store.</summary>
    public int Pages { get; }

    /// <summary>Bytes of <see cref="Pages"/>.</summary>
    public long Stored => Pages * 4096L;

    public bool Readable => (Flags & VmFlags.Read) != 0;

    public bool Writable => (Flags & VmFlags.Write) != 0;

    public bool Executable => (Flags & VmFlags.Exec) != 0;

    public bool Shared => (Flags & VmFlags.Shared) != 0;

    /// <summary>As /proc/self/maps writes it: rwxp, s for shared.</summary>
    public string Permissions => string.Create(4, this, static (text, vma) =>
    {
        text[0] = vma.Readable ? 'r' : '-';
        text[1] = vma.Writable ? 'w' : '-';
        text[2] = vma.Executable ? 'x' : '-';
        text[3] = vma.Shared ? 's' : 'p';
    });

    /// <summary>The task or image that it belongs to.</summary>
    public string Source => subject.Label;

    internal Subject Subject => subject;

    /// <inheritdoc/>
    public override string ToString() => $"{Start:x8}-{End:x8} {Permissions}{(Name is null ? "" : " " + GuestText.ForDisplay(Name))}";
}
