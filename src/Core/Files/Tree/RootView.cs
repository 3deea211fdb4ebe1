using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A root's files to look at, without a machine: at no time, with nothing random.</summary>
internal sealed class RootView : IDisposable
{
    readonly MemoryAccount account;

    /// <param name="options">The root.</param>
    /// <param name="snapshot">What a machine has changed of it; null for nothing.</param>
    /// <param name="memory">Bytes of file contents that are kept.</param>
    /// <exception cref="IOException">The root cannot be opened.</exception>
    public RootView(RootOptions options, TreeSnapshot? snapshot = null, long memory = 64 << 20)
    {
        account = new MemoryAccount(memory / Frame.Size);
        var services = new FileTreeServices { Account = account, Clock = static () => default, Random = static bytes => bytes.Clear(), Streams = new MachineStreams(4096) };
        options = options with { Writable = false };
        try
        {
            Tree = snapshot == null ? new FileTree(options, services) : new FileTree(snapshot, options, services);
        }
        catch
        {
            account.Dispose();
            throw;
        }
    }

    /// <summary>The tree.</summary>
    public FileTree Tree { get; }

    /// <summary>Opens a regular file to read.</summary>
    /// <param name="path">A guest path from the root.</param>
    /// <param name="error">Why there is none.</param>
    /// <returns>The file, to be released; or null.</returns>
    public OpenFile? Open(string path, out Errno error)
    {
        var result = Tree.Open(new PathStart(Tree.Root, Tree.Root), path, OpenFlags.ReadOnly | OpenFlags.NonBlock, 0, out var file);
        error = result.Errno;
        if (file == null || !result.IsError && !result.WouldBlock && file.Inode.IsRegular) return file;
        error = file.Inode.IsDirectory ? Errno.EISDIR : Errno.EACCES;
        file.Release();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tree.Dispose();
        account.Dispose();
    }
}
