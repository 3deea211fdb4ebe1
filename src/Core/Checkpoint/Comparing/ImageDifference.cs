namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>What differs.</summary>
public enum DifferenceKind
{
    /// <summary>A task: one that only one image has, or what it does.</summary>
    Task,
    /// <summary>A register of a task.</summary>
    Register,
    /// <summary>A region of an address space, or its layout.</summary>
    Region,
    /// <summary>Bytes of memory.</summary>
    Memory,
    /// <summary>A descriptor, or the open file behind it.</summary>
    Descriptor,
    /// <summary>A file that the machine keeps: its name, attributes or contents.</summary>
    File,
    /// <summary>Anything else that the kernel holds.</summary>
    Object,
}

/// <summary>How it differs.</summary>
public enum DifferenceChange
{
    /// <summary>Both have it, with other values.</summary>
    Changed,
    /// <summary>Only the second image has it.</summary>
    Added,
    /// <summary>Only the first image has it.</summary>
    Removed,
}

/// <summary>One thing that tells two images apart.</summary>
public sealed class ImageDifference
{
    public required DifferenceKind Kind { get; init; }

    public required DifferenceChange Change { get; init; }

    /// <summary>The pid of the task that has it; null for what belongs to the machine.</summary>
    public int? ProcessId { get; init; }

    /// <summary>What it is: a path of fields, such as eax, files[3].file.position or /tmp/x.inode.mtime.seconds.</summary>
    public required string Name { get; init; }

    /// <summary>For bytes of memory their address, for those of a file or field where they begin; else null.</summary>
    public uint? Address { get; init; }

    /// <summary>How many bytes from <see cref="Address"/> on; 0 for what is no bytes.</summary>
    public long Length { get; init; }

    /// <summary>What the first image has: a number, text, bytes or the name of an object; null for nothing.</summary>
    public object? Reference { get; init; }

    /// <summary>What the second image has.</summary>
    public object? Difference { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name} {Change}";
}
