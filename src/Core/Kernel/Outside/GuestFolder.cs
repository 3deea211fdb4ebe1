using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A directory of a guest that copies go to, as the guest's root makes files: they belong to it. Links are followed as the guest would, within the task's root.</summary>
/// <param name="task">A live task.</param>
/// <param name="directory">Guest path of a directory.</param>
public sealed class GuestFolder(Task task, string directory) : CopyTarget
{
    const uint OwnerOnly = 0x180, OrdinaryPermissions = 0x1FF;

    readonly string top = directory.TrimEnd('/');

    /// <inheritdoc/>
    public override string? RefusalOfLink(int depth, string text) => null;

    /// <inheritdoc/>
    public override TargetKind Find(string place)
    {
        try
        {
            var root = LiveFile.RootOf(task);
            var found = root.Find(PathOf(place), follow: false);
            if (found.IsSymbolicLink) return LeadsToDirectory(root, found) ? TargetKind.Directory : TargetKind.File;
            return found.IsDirectory ? TargetKind.Directory : TargetKind.File;
        }
        catch (SeenFileException exception) when (exception.Errno == Errno.ENOENT)
        {
            return TargetKind.Nothing;
        }
    }

    /// <inheritdoc/>
    public override void MakeDirectory(string place) => task.Machine.ChangeFile(task, FileChange.MakeDirectory, PathOf(place), 0x1ED);

    /// <inheritdoc/>
    public override void Remove(string place) => task.Machine.ChangeFile(task, FileChange.Unlink, PathOf(place));

    /// <inheritdoc/>
    public override void MakeLink(string place, string text) => task.Machine.ChangeFile(task, FileChange.MakeLink, PathOf(place), 0, GuestText.ToBytes(text));

    /// <inheritdoc/>
    public override void Finish(string place, in StatData facts)
    {
        task.Machine.ChangeFile(task, FileChange.SetMode, PathOf(place), facts.Mode & OrdinaryPermissions);
        task.Machine.ChangeFile(task, FileChange.SetTime, PathOf(place), TimeOf(facts));
    }

    /// <inheritdoc/>
    public override CopyWriter Create(string place, bool replace) =>
        new GuestWriter(this, place, task.Machine.OpenForWriting(task, PathOf(place), replace ? FileChange.Create : FileChange.CreateNew, OwnerOnly), replace);

    static bool LeadsToDirectory(LiveFile root, SeenFile link)
    {
        try
        {
            return root.Follow(link).IsDirectory;
        }
        catch (SeenFileException)
        {
            return false;
        }
    }

    string PathOf(string place) => place.Length == 0 ? (top.Length == 0 ? "/" : top) : top + "/" + place;

    static long TimeOf(in StatData facts) => TimeConversions.FromTimespec(Math.Max(facts.ModifyTime.Seconds, 0), facts.ModifyTime.Nanoseconds);

    sealed class GuestWriter(GuestFolder folder, string place, GuestFileWriter file, bool isReplaced) : CopyWriter
    {
        bool isComplete;

        public override void Write(long position, ReadOnlyMemory<byte> bytes) => file.Write(position, bytes);

        public override void Finish(in StatData facts, long length)
        {
            file.SetLength(length);
            file.Set(FileChange.SetMode, facts.Mode & OrdinaryPermissions);
            file.Set(FileChange.SetTime, TimeOf(facts));
            isComplete = true;
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (isComplete || isReplaced) return;
            try
            {
                folder.Remove(place);
            }
            catch (SeenFileException)
            {
                // The guest has taken it away itself.
            }
            catch (ObjectDisposedException)
            {
                // The machine has ended.
            }
        }
    }
}
