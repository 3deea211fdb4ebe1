namespace CheckpointRestart.Core.Checkpoint.Measuring;

/// <summary>How the bytes of an image are divided.</summary>
public enum ImageDivision
{
    /// <summary>By what they belong to: memory, files of tmpfs, pipes, records.</summary>
    Kind,
    /// <summary>By the task whose memory they are; what several tasks have belongs to the first, what none has to the machine.</summary>
    Task,
    /// <summary>By region of the address spaces.</summary>
    Region,
}

/// <summary>A part of an image and what it takes.</summary>
public sealed class ImageShare
{
    internal ImageShare(string name) => Name = name;

    /// <summary>What the bytes belong to.</summary>
    public string Name { get; }

    /// <summary>Objects or records.</summary>
    public long Objects { get; internal set; }

    /// <summary>Bytes of objects or records, pages left out.</summary>
    public long ObjectBytes { get; internal set; }

    /// <summary>Pages that belong to it, zero pages included.</summary>
    public long Pages { get; internal set; }

    /// <summary>Pages that are all zero: they take no room in an Extended image.</summary>
    public long ZeroPages { get; internal set; }

    /// <summary>Pages that are equal to an earlier one of the image, zero pages left out.</summary>
    public long DuplicatePages { get; internal set; }

    /// <summary>Bytes that its pages become when packed by zstd at level 1, a MiB at most at a time.</summary>
    public long PackedBytes { get; internal set; }

    /// <summary>Bytes of its objects and of its pages that are not zero.</summary>
    public long Bytes => ObjectBytes + (Pages - ZeroPages) * Image.ImageLimits.PageSize;
}
