using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: in the order in which they were added.</content>
internal sealed partial class AsyncFiles : IStateObject
{
    string IStateObject.StateKind => "async-files";

    void IStateObject.Visit(StateVisitor visitor)
    {
        var read = visitor.List<(OpenFile File, int Descriptor)>("files", files, 1 << 20, static (v, entry) => (v.Need("file", entry.File), v.Int("descriptor", entry.Descriptor)));
        if (!visitor.IsReading) return;
        files.AddRange(read);
        visitor.Require(files.DistinctBy(static entry => entry.File, ReferenceEqualityComparer.Instance).Count() == files.Count, "a file sends its signals once");
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(files.TrueForAll(static entry => (entry.File.Flags & OpenFlags.Async) != 0), "a file that sends signals has O_ASYNC"));
    }

    /// <summary>Reading: makes sure that all are files of the object that has news for them.</summary>
    public void RequireAll(StateVisitor visitor, Predicate<OpenFile> isOf) =>
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(files.TrueForAll(entry => isOf(entry.File)), "the files that an object sends signals for are its own"));
}
