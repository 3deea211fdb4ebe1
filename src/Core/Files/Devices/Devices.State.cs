using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
internal sealed partial class NullFile : IStateObject
{
    string IStateObject.StateKind => "null-file";

    void IStateObject.Visit(StateVisitor visitor) => VisitFile(visitor);
}

/// <content>State.</content>
internal sealed partial class ZeroFile : IStateObject
{
    string IStateObject.StateKind => "zero-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        visitor.Flag("full", isFull);
    }
}

/// <content>State.</content>
internal sealed partial class RandomFile : IStateObject
{
    string IStateObject.StateKind => "random-file";

    void IStateObject.Visit(StateVisitor visitor) => VisitFile(visitor);
}

/// <content>State.</content>
public sealed partial class StreamInode : IStateObject
{
    string IStateObject.StateKind => "stream";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        visitor.Enum("stream", Kind);
        VisitInode(visitor);
    }

    internal static StreamInode Create(StateVisitor visitor, FileTreeServices services) =>
        new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), services.Streams, visitor.Enum("stream", StreamKind.Input), services.Clock);
}

/// <content>State.</content>
internal sealed partial class StreamFile : IStateObject
{
    string IStateObject.StateKind => "stream-file";

    void IStateObject.Visit(StateVisitor visitor) => VisitFile(visitor);
}

/// <content>State.</content>
public sealed partial class MachineStreams
{
    /// <summary>What is in the streams, and how much has passed.</summary>
    /// <param name="visitor">The visitor.</param>
    /// <param name="keepsContents">Reading: only who waits is taken from the image. What has gone out or come in stays so, and all who wait look again.</param>
    internal void Visit(StateVisitor visitor, bool keepsContents = false)
    {
        int count = visitor.BeginList("streams", buffers.Length, buffers.Length);
        visitor.Require(count == buffers.Length, "there are three streams");
        for (int stream = 0; stream < buffers.Length; stream++)
        {
            visitor.Item();
            if (keepsContents) new StreamBuffer(Limit).Visit(visitor, Limit);
            else buffers[stream].Visit(visitor, Limit);
            var queue = QueueOf((StreamKind)stream);
            queue.Visit(visitor, "waiters");
            if (keepsContents) visitor.Later(OpenFile.HoldersAreThere + 1, queue.Wake);
        }
        visitor.EndList();
    }
}

/// <content>State.</content>
internal sealed partial class StreamBuffer
{
    public void Visit(StateVisitor visitor, int most)
    {
        lock (gate)
        {
            long position = visitor.Number("position", bytesIn - count, 0);
            var bytes = visitor.Bytes("unread", Peek(), most) ?? [];
            bool ended = visitor.Flag("ended", isEnded);
            isWriterWaiting = visitor.Flag("writer-waits", isWriterWaiting);
            if (!visitor.IsReading) return;
            start = count = 0;
            isEnded = false;
            bytesIn = position;
            Write(bytes);
            isEnded = ended;
        }
    }
}

/// <content>State: the directory of terminals.</content>
internal sealed partial class PtsDirectoryInode : IStateObject
{
    string IStateObject.StateKind => "pts-root";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        VisitInode(visitor);
        ptmx = visitor.Need("ptmx", ptmx);
    }

    internal static PtsDirectoryInode Create(StateVisitor visitor, FileTree tree) =>
        new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), tree.Terminals, tree.Devices);
}
