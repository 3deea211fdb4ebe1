using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;

namespace CheckpointRestart.PS.Drives;

/// <summary>What Get-Content takes of the drives beside its own parameters.</summary>
public sealed class CrContentReaderParameters
{
    /// <summary>Bytes instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>All in one piece: one text, or an array of bytes.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>How lines are encoded.</summary>
    [Parameter]
    [Completion.EncodingTransformation]
    [ArgumentCompleter(typeof(Completion.EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);
}

/// <summary>Reads contents of a drive for Get-Content: lines, bytes, or all at once.</summary>
sealed class ContentReader : IContentReader
{
    const int Piece = 1 << 16;

    /// <summary>Bytes of a line, and of a text in one piece. A guest makes a file that is as long as it likes, of nothing.</summary>
    const long MostLine = 1 << 26, MostText = 1 << 29;

    readonly Stream stream;
    readonly StreamReader? lines;
    readonly bool raw;
    readonly Func<bool> isStopping;
    readonly Action<Action> guarded;
    readonly byte[] buffer = new byte[Piece];
    int at, count;
    bool isDone;

    /// <param name="contents">What is read.</param>
    /// <param name="parameters">How.</param>
    /// <param name="isStopping">True once somebody has pressed Ctrl+C.</param>
    /// <param name="guarded">Does something; what goes wrong becomes an error of the drive's.</param>
    internal ContentReader(Readable contents, CrContentReaderParameters? parameters, Func<bool> isStopping, Action<Action> guarded)
    {
        this.isStopping = isStopping;
        this.guarded = guarded;
        raw = parameters is { Raw.IsPresent: true };
        bool isText = contents.IsText && parameters is not { AsByteStream.IsPresent: true };
        stream = new PieceStream(contents.Open(), isStopping, raw ? (isText ? MostText : Array.MaxLength) : isText ? MostLine : long.MaxValue, endsAtLines: isText && !raw);
        if (isText) lines = new StreamReader(stream, parameters?.Encoding ?? new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, Piece);
    }

    public IList Read(long readCount)
    {
        var found = new List<object>();
        guarded(() => Read(readCount, found));
        return found;
    }

    void Read(long readCount, List<object> found)
    {
        if (raw)
        {
            if (isDone) return;
            isDone = true;
            found.Add(lines != null ? lines.ReadToEnd() : All());
            return;
        }
        long most = readCount <= 0 ? long.MaxValue : readCount;
        while (found.Count < most && !isStopping())
        {
            if (lines != null)
            {
                if (lines.ReadLine() is not { } line) break;
                found.Add(line);
                continue;
            }
            if (at == count && !Fill()) break;
            found.Add(buffer[at++]);
        }
    }

    public void Seek(long offset, SeekOrigin origin) => throw new PSNotSupportedException("Contents of this drive are read from the front: -Tail is not there.");

    public void Close() => Dispose();

    public void Dispose()
    {
        lines?.Dispose();
        stream.Dispose();
    }

    bool Fill()
    {
        at = 0;
        count = stream.Read(buffer);
        return count > 0;
    }

    byte[] All()
    {
        using var all = new MemoryStream();
        while (!isStopping() && stream.Read(buffer) is > 0 and var read) all.Write(buffer, 0, read);
        return all.ToArray();
    }
}
