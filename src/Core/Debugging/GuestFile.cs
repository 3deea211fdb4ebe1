using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Debugging;

/// <summary>A regular file of the guest's root, to read: nothing that the guest could see happens to it.</summary>
public abstract class GuestFile : IDisposable
{
    /// <summary>What stat(2) tells.</summary>
    public abstract StatData Stat { get; }

    /// <summary>Bytes.</summary>
    public long Size => Stat.Size;

    /// <summary>Reads bytes.</summary>
    /// <returns>Bytes read; short at the end, and where the file cannot be read.</returns>
    public abstract int Read(long position, Span<byte> to);

    static StatData StatOf(Inode inode) => inode.Stat(out var data) == Errno.None ? data : default;

    /// <summary>A part of it.</summary>
    /// <returns>Shorter than asked for at the file's end.</returns>
    public byte[] ReadPart(long position, long length, int most)
    {
        // Lengths are the file's claims: no more room is taken than the file has bytes.
        length = Math.Min(Math.Min(length, most), Size - position);
        if (position < 0 || length <= 0) return [];
        var bytes = new byte[length];
        int read = Read(position, bytes);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of it.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Bytes that are here.</summary>
    internal sealed class InMemory(byte[] bytes) : GuestFile
    {
        public override StatData Stat => new() { Size = bytes.Length, Mode = FileModeBits.Regular };

        public override int Read(long position, Span<byte> to)
        {
            if (position >= bytes.Length) return 0;
            int count = (int)Math.Min(to.Length, bytes.Length - position);
            bytes.AsSpan((int)position, count).CopyTo(to);
            return count;
        }
    }

    /// <summary>An open file of a <see cref="RootView"/>.</summary>
    internal sealed class Opened(OpenFile file, bool isOwner) : GuestFile
    {
        bool isClosed;

        public override StatData Stat => StatOf(file.Inode);

        public override int Read(long position, Span<byte> to) => Kernel.Symbols.SymbolReader.ReadUpTo(file, position, to);

        protected override void Dispose(bool disposing)
        {
            if (!isClosed && isOwner) file.Release();
            isClosed = true;
            base.Dispose(disposing);
        }
    }

    /// <summary>A file that a live machine has mapped, read past its opening: the guest sees no open, no access time.</summary>
    internal sealed class Mapped(Kernel.Machine machine, RegularInode inode) : GuestFile
    {
        public override StatData Stat => machine.Execute(_ => StatOf(inode));

        public override int Read(long position, Span<byte> to)
        {
            var copy = new byte[to.Length];
            int read = machine.Execute(_ =>
            {
                int done = 0;
                while (done < copy.Length)
                {
                    var result = inode.Read(position + done, copy.AsSpan(done));
                    if (result.WouldBlock || result.IsError || result.Value <= 0) break;
                    done += (int)result.Value;
                }
                return done;
            });
            copy.AsSpan(0, read).CopyTo(to);
            return read;
        }
    }
}
