using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.External;

/// <summary>The other end of a pipe, socket or terminal, which a task outside of the saved subtree had. It is kept open, so that nobody inside sees it end.</summary>
internal sealed class ExternalEnd
{
    /// <summary>As /proc/pid/fd names what those inside have: pipe:[12], socket:[7], /dev/pts/1, or the path of a FIFO.</summary>
    public string Name { get; set; } = "";

    /// <summary>The file that those inside have open.</summary>
    public required Inode Inside { get; set; }

    /// <summary>What the task outside had open, held by this.</summary>
    public required OpenFile Outside { get; set; }

    /// <summary>The host's stream at this end; null while nothing is.</summary>
    public BoundStream? Stream { get; set; }
}

/// <summary>What of a machine leads to tasks that are not in it.</summary>
internal sealed class ExternalEnds : IStateObject, IDisposable
{
    const int Most = 1 << 16;

    readonly List<ExternalEnd> ends = [];

    public IReadOnlyList<ExternalEnd> All => ends;

    string IStateObject.StateKind => "external-ends";

    void IStateObject.Visit(StateVisitor visitor)
    {
        var read = visitor.List("ends", ends, Most, static (v, end) =>
        {
            string name = v.Text("name", end?.Name, 4096) ?? "";
            v.Require(name.Length > 0, "an external end has a name");
            var inside = v.Need("inside", end?.Inside);
            var outside = v.Held("outside", end?.Outside) ?? throw v.Broken("an external end is open");
            v.Require(outside is PipeFile or SocketFile or TerminalFile, "an external end is of a pipe, a socket or a terminal");
            return end ?? new ExternalEnd { Name = name, Inside = inside, Outside = outside };
        });
        if (visitor.IsReading) ends.AddRange(read);
    }

    /// <summary>Keeps an end, with a reference of its own.</summary>
    public void Add(ExternalEnd end)
    {
        end.Outside.AddReference();
        ends.Add(end);
    }

    /// <summary>Closes an end: those inside see that. On the machine's thread.</summary>
    public void Close(ExternalEnd end)
    {
        if (ends.Remove(end)) end.Outside.Release();
    }

    public void Dispose()
    {
        foreach (var end in ends) end.Stream?.Break();
    }
}
