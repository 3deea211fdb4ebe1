namespace CheckpointRestart.Core.Files;

/// <summary>A pipe: 64 KiB between readers and writers.</summary>
public sealed class Pipe
{
    /// <summary>Bytes that one write puts in as a whole or not at all.</summary>
    public const int AtomicBytes = 4096;

    /// <summary>Bytes that the pipe holds.</summary>
    public const int DefaultCapacity = 65536;

    /// <summary>Makes a pipe with its two ends (pipe2(2)).</summary>
    /// <param name="tree">The machine's tree: it numbers the inode.</param>
    /// <param name="flags">O_NONBLOCK and O_DIRECT.</param>
    public static void Create(FileTree tree, OpenFlags flags, out OpenFile reader, out OpenFile writer) => throw new NotSupportedException();
}
