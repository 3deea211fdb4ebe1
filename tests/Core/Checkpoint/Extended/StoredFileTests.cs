using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Files of an image that somebody made to do harm are looked at without any.</summary>
public sealed class StoredFileTests
{
    const int Count = 200;

    [Fact]
    public void Whatever_an_image_says_of_its_files_looking_ends_with_an_answer()
    {
        using var machine = new Machine(GuestRun.OptionsFor("stepper"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.ChangeFile(task, FileChange.MakeDirectory, "/a", 0x1ED);
        machine.ChangeFile(task, FileChange.MakeDirectory, "/a/b", 0x1ED);
        machine.ChangeFile(task, FileChange.MakeLink, "/a/link", 0, "b/../b"u8.ToArray());
        machine.OpenForWriting(task, "/a/b/file", FileChange.CreateNew, 0x1A4).Write(10_000, new byte[30_000]);
        using var taken = Checkpointer.Capture(machine);
        byte[] whole = ImageEditor.Bytes(taken.Extended!);
        using var image = ExtendedReader.Read(new MemoryStream(whole));
        var mutator = new ImageMutator(image, whole);
        int looked = 0;
        for (int seed = 0; seed < Count; seed++)
        {
            try
            {
                using var checkpoint = new Core.Checkpoint.Checkpoint(ExtendedReader.Read(new MemoryStream(mutator.ChangeObjects(new Random(seed)))));
                foreach (var one in checkpoint.Tasks) looked += Look(checkpoint, one.Pid);
            }
            catch (CheckpointImageException)
            {
                // It is refused when it is opened.
            }
            catch (Exception exception) when (exception is not SeenFileException)
            {
                Assert.Fail($"seed {seed}: {exception}");
            }
        }
        Assert.True(looked > Count, $"{looked} files were looked at");
    }

    [Fact]
    public void A_directory_that_is_in_itself_many_times_is_there_once()
    {
        using var machine = new Machine(GuestRun.OptionsFor("stepper"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        foreach (string path in (ReadOnlySpan<string>)["/a", "/a/b", "/a/c"]) machine.ChangeFile(task, FileChange.MakeDirectory, path, 0x1ED);
        using var taken = Checkpointer.Capture(machine);
        using var image = ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(taken.Extended!)));
        var a = image.OfKind("dentry").Single(static one => one["name"] as string == "a");
        var names = image.OfKind("dentry").Where(static one => one["name"] as string is "b" or "c").ToArray();
        // Both directories below become the one above.
        var changed = image;
        foreach (var name in names)
        {
            var now = changed.Find(name.Number)!;
            changed = ImageEditor.Change(changed, now, "inode", _ => changed.Find(a.Number)!.Follow("inode"))!;
        }
        using var checkpoint = new Core.Checkpoint.Checkpoint(ExtendedReader.Read(new MemoryStream(ImageEditor.Bytes(changed))));
        var found = StoredFile.RootOf(checkpoint, task.Pid).Find("/a");
        Assert.True(found.IsDirectory);
        Assert.Empty(found.List());
    }

    static int Look(Core.Checkpoint.Checkpoint checkpoint, int pid)
    {
        int files = 0;
        Try(() => StoredFile.WorkingDirectoryOf(checkpoint, pid));
        Try(() => StoredFile.ProgramOf(checkpoint, pid));
        Try(() => StoredFile.AuxiliaryVectorOf(checkpoint, pid));
        for (int number = 0; number < 4; number++) Try(() => Read(StoredFile.OfDescriptor(checkpoint, pid, number)));
        Try(() => Walk(StoredFile.RootOf(checkpoint, pid), 0, ref files));
        return files;
    }

    static bool Walk(SeenFile file, int depth, ref int files)
    {
        Read(file);
        if (!file.IsDirectory || depth > 20) return true;
        IReadOnlyList<SeenFile> children;
        try
        {
            children = file.List();
        }
        catch (SeenFileException)
        {
            return false;
        }
        foreach (var child in children)
            if (++files < 100_000) Walk(child, depth + 1, ref files);
        return true;
    }

    static bool Read(SeenFile? file)
    {
        if (file == null) return false;
        var buffer = new byte[5000];
        Try(() => file.Read(0, buffer));
        Try(() => file.Read(Math.Max(file.Facts.Size - 100, 0), buffer));
        Try(() => file.IsSymbolicLink ? file.Target : "");
        Try(() => file.Path);
        return true;
    }

    delegate T Looking<T>();

    static void Try<T>(Looking<T> look)
    {
        try
        {
            _ = look();
        }
        catch (SeenFileException)
        {
        }
    }
}
