using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Drives;

/// <summary>Writes contents of a guest's file for Set-Content and Add-Content. Lines end with a line feed, whatever the host's lines end with.</summary>
sealed class ContentWriter : IContentWriter
{
    /// <summary>The permissions of a file that is made: -rw-r--r--.</summary>
    internal const uint NewMode = 0x1A4;

    readonly GuestFileWriter file;
    readonly CrContentWriterParameters? parameters;
    readonly Action<Action> guarded;
    readonly MemoryStream pending = new();
    long position;

    /// <param name="task">Whose file it is.</param>
    /// <param name="path">Guest path.</param>
    /// <param name="parameters">How it is written.</param>
    /// <param name="guarded">Does something; what goes wrong becomes an error of the drive's.</param>
    internal ContentWriter(CrTask task, string path, CrContentWriterParameters? parameters, Action<Action> guarded)
    {
        this.parameters = parameters;
        this.guarded = guarded;
        file = task.Machine.Kernel.OpenForWriting(task.Task, path, FileChange.Find, NewMode);
    }

    public IList Write(IList content)
    {
        guarded(() =>
        {
            foreach (object? item in content) Add(item is PSObject wrapped ? wrapped.BaseObject : item);
            if (pending.Length >= Machine.FilePiece) Flush();
        });
        return content;
    }

    /// <summary>Only the end can be gone to: that is what Add-Content does.</summary>
    public void Seek(long offset, SeekOrigin origin) => position = origin == SeekOrigin.End ? -1 : offset;

    public void Close() => guarded(Flush);

    public void Dispose() => pending.Dispose();

    void Flush()
    {
        var all = pending.ToArray().AsMemory();
        pending.SetLength(0);
        while (!all.IsEmpty)
        {
            var piece = all[..Math.Min(all.Length, Machine.FilePiece)];
            file.Write(position, piece);
            if (position >= 0) position += piece.Length;
            all = all[piece.Length..];
        }
    }

    void Add(object? item)
    {
        if (parameters is { AsByteStream.IsPresent: true })
        {
            if (item is byte[] many) pending.Write(many);
            else pending.WriteByte(LanguagePrimitives.ConvertTo<byte>(item));
            return;
        }
        if (item is IEnumerable list and not string)
        {
            foreach (object? one in list) Add(one is PSObject wrapped ? wrapped.BaseObject : one);
            return;
        }
        string text = LanguagePrimitives.ConvertTo<string>(item) ?? "";
        pending.Write((parameters?.Encoding ?? new UTF8Encoding(false)).GetBytes(parameters is { NoNewline.IsPresent: true } ? text : text + "\n"));
    }
}
