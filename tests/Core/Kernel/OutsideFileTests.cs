using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Files;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Files of a machine looked at and changed by somebody outside.</summary>
public sealed class OutsideFileTests : IDisposable
{
    readonly HostDirectory host = new();

    public OutsideFileTests()
    {
        host.Write("root/etc/motd", "of the host");
        host.Write("root/etc/long", string.Concat(Enumerable.Range(0, 5000).Select(static i => $"line {i}\n")));
        host.Write("root/deep/er/file", "deep");
        Directory.CreateDirectory(host.At("root/tmp"));
        File.CreateSymbolicLink(host.At("root/link"), "/etc/../etc/motd");
        File.CreateSymbolicLink(host.At("root/out"), "../../../etc/motd");
        File.CreateSymbolicLink(host.At("root/loop"), "loop");
        File.Copy(GuestFiles.Program("stepper"), host.At("root/stepper"));
    }

    public void Dispose() => host.Dispose();

    Machine Start(out Task task)
    {
        var machine = new Machine(new MachineOptions { Root = new RootOptions { HostDirectory = host.At("root") }, Clock = ClockKind.Virtual });
        task = machine.Start(new ProgramOptions { FilePath = "/stepper", Suspended = true });
        return machine;
    }

    static string Text(SeenFile file)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1000];
        for (int read; (read = file.Read(all.Length, buffer)) > 0;) all.Write(buffer, 0, read);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    static IEnumerable<SeenFile> Walk(SeenFile directory)
    {
        foreach (var child in directory.List())
        {
            yield return child;
            if (!child.IsDirectory) continue;
            foreach (var below in Walk(child)) yield return below;
        }
    }

    [Fact]
    public void Looking_at_everything_changes_nothing()
    {
        using var machine = Start(out var task);
        string before = StateHash.Compute(machine, StateHashScope.Full);
        int files = 0;
        foreach (var file in Walk(LiveFile.RootOf(task)))
        {
            files++;
            if (file.IsSymbolicLink) _ = file.Target;
            if (!file.IsRegular) continue;
            try
            {
                _ = Text(file);
            }
            catch (SeenFileException exception) when (exception.Errno == Errno.EOPNOTSUPP)
            {
            }
        }
        Assert.True(files > 100, $"{files} files");
        Assert.Equal(before, StateHash.Compute(machine, StateHashScope.Full));
        Assert.Empty(machine.Execute(static m => m.Events.ToArray()));
    }

    [Fact]
    public void A_look_finds_what_the_task_would()
    {
        using var machine = Start(out var task);
        var root = LiveFile.RootOf(task);
        Assert.Equal("of the host", Text(root.Find("/link")));
        Assert.Equal("/etc/motd", root.Find("/link").Path);
        Assert.Equal("of the host", Text(root.Find("/out")));
        Assert.Equal("/etc/../etc/motd", root.Find("/link", follow: false).Target);
        Assert.Equal("deep", Text(root.Find("deep/er/../er/./file")));
        Assert.Equal("/", root.Find("/../../..").Path);
        Assert.Equal($"{task.Pid}", root.Find("/proc/self", follow: false).Target);
        Assert.Equal("stepper\n", Text(root.Find("/proc/self/comm")));
        Assert.Equal("/stepper", root.Find("/proc/self/exe").Path);
        Assert.Equal(new FileInfo(host.At("root/etc/long")).Length, root.Find("/etc/long").Facts.Size);
        Assert.Equal(Errno.ENOENT, Assert.Throws<SeenFileException>(() => root.Find("/etc/none")).Errno);
        Assert.Equal(Errno.ENOTDIR, Assert.Throws<SeenFileException>(() => root.Find("/etc/motd/x")).Errno);
        Assert.Equal(Errno.ELOOP, Assert.Throws<SeenFileException>(() => root.Find("/loop")).Errno);
    }

    [Fact]
    public void What_is_written_is_there_for_the_guest_and_an_event_each()
    {
        using var machine = Start(out var task);
        machine.ChangeFile(task, FileChange.MakeDirectory, "/new", 0x1ED);
        var writer = machine.OpenForWriting(task, "/new/file", FileChange.CreateNew, 0x1A4);
        writer.Write(0, "hello "u8.ToArray());
        writer.Write(-1, "world"u8.ToArray());
        writer.Set(FileChange.SetMode, 0x180);
        machine.ChangeFile(task, FileChange.MakeLink, "/new/link", 0, "file"u8.ToArray());
        machine.OpenForWriting(task, "/link", FileChange.Create, 0x1A4).Write(0, "changed"u8.ToArray());
        machine.ChangeFile(task, FileChange.Unlink, "/deep/er/file");
        machine.ChangeFile(task, FileChange.RemoveDirectory, "/deep/er");

        var root = LiveFile.RootOf(task);
        Assert.Equal("hello world", Text(root.Find("/new/link")));
        Assert.Equal(0x8180u, root.Find("/new/file").Facts.Mode);
        Assert.Equal("changed", Text(root.Find("/etc/motd")));
        Assert.Equal("of the host", File.ReadAllText(host.At("root/etc/motd")));
        Assert.Empty(root.Find("/deep").List());

        var events = machine.Execute(static m => m.Events.ToArray());
        Assert.All(events, static e => Assert.Equal(MachineEventKind.File, e.Kind));
        Assert.Equal([FileChange.MakeDirectory, FileChange.CreateNew, FileChange.Write, FileChange.Write, FileChange.SetMode, FileChange.MakeLink, FileChange.Create, FileChange.Write, FileChange.Unlink, FileChange.RemoveDirectory],
            events.Select(static e => (FileChange)(uint)e.Value));
        Assert.Equal("/link", PathIn(events[6]));
        Assert.Equal("/etc/motd", PathIn(events[7]));
        Assert.Equal("changed", Encoding.UTF8.GetString(events[7].Bytes.AsSpan(12 + PathIn(events[7]).Length)));
    }

    static string PathIn(MachineEvent happened) => Encoding.UTF8.GetString(happened.Bytes, 4, BinaryPrimitives.ReadInt32LittleEndian(happened.Bytes));

    [Fact]
    public void What_is_refused_says_why_and_is_an_event_too()
    {
        using var machine = Start(out var task);
        Assert.Equal(Errno.EEXIST, Refused(() => machine.OpenForWriting(task, "/etc/motd", FileChange.CreateNew, 0x1A4)));
        Assert.Equal(Errno.EISDIR, Refused(() => machine.OpenForWriting(task, "/etc", FileChange.Create, 0x1A4)));
        Assert.Equal(Errno.EOPNOTSUPP, Refused(() => machine.OpenForWriting(task, "/dev/null", FileChange.Create, 0x1A4)));
        Assert.Equal(Errno.EOPNOTSUPP, Refused(() => machine.OpenForWriting(task, "/proc/sys/kernel/core_pattern", FileChange.Create, 0x1A4)));
        Assert.Equal(Errno.ETXTBSY, Refused(() => machine.OpenForWriting(task, "/stepper", FileChange.Create, 0x1A4)));
        Assert.Equal(Errno.ENOENT, Refused(() => machine.OpenForWriting(task, "/none/x", FileChange.Create, 0x1A4)));
        Assert.Equal(Errno.ENOTEMPTY, Refused(() => machine.ChangeFile(task, FileChange.RemoveDirectory, "/deep")));
        Assert.Equal(Errno.EISDIR, Refused(() => machine.ChangeFile(task, FileChange.Unlink, "/deep")));
        Assert.Equal(8, machine.Execute(static m => m.Events.Count));
    }

    [Fact]
    public void What_is_given_another_name_has_it_and_each_refusal_names_what_is_in_the_way()
    {
        using var machine = Start(out var task);
        Move("/etc/motd", "/deep/news");
        Move("/deep/er", "/etc/here");
        Move("/link", "/deep/link");
        var root = LiveFile.RootOf(task);
        Assert.Equal("of the host", Text(root.Find("/deep/news")));
        Assert.Equal("deep", Text(root.Find("/etc/here/file")));
        Assert.True(root.Find("/deep/link", follow: false).IsSymbolicLink);
        Assert.DoesNotContain(root.Find("/etc").List(), static file => file.Name == "motd");
        Assert.True(File.Exists(host.At("root/etc/motd")));

        Assert.Equal((Errno.EEXIST, "/etc/long"), Refused("/deep/news", "/etc/long"));
        Assert.Equal((Errno.ENOENT, "/none"), Refused("/none", "/deep/x"));
        Assert.Equal((Errno.ENOENT, "/none/x"), Refused("/deep/news", "/none/x"));
        Assert.Equal((Errno.EINVAL, "/etc/here"), Refused("/etc/here", "/etc/here/below"));
        Assert.Equal((Errno.EXDEV, "/dev/news"), Refused("/deep/news", "/dev/news"));
        Assert.Equal((Errno.EBUSY, "/proc"), Refused("/proc", "/etc/proc"));
        machine.ChangeFile(task, FileChange.Rename, "/deep/news", 0, "/etc/long"u8.ToArray());
        Assert.Equal("of the host", Text(root.Find("/etc/long")));
        var events = machine.Execute(static m => m.Events.ToArray());
        Assert.Equal(10, events.Length);
        Assert.Equal("/deep/news", Encoding.UTF8.GetString(events[0].Bytes.AsSpan(12 + PathIn(events[0]).Length)));

        void Move(string from, string to) => machine.ChangeFile(task, FileChange.Rename, from, 1, Encoding.UTF8.GetBytes(to));

        (Errno, string) Refused(string from, string to)
        {
            var refused = Assert.Throws<SeenFileException>(() => Move(from, to));
            return (refused.Errno, refused.Path);
        }
    }

    static Errno Refused(Action action) => Assert.Throws<SeenFileException>(action).Errno;

    [Fact]
    public void A_file_that_is_written_is_the_one_that_was_found()
    {
        using var machine = Start(out var task);
        var writer = machine.OpenForWriting(task, "/tmp/x", FileChange.CreateNew, 0x1A4);
        writer.Write(0, "one"u8.ToArray());
        // As a guest would that hopes for something better to be overwritten.
        machine.ChangeFile(task, FileChange.Unlink, "/tmp/x");
        machine.ChangeFile(task, FileChange.MakeLink, "/tmp/x", 0, "/etc/motd"u8.ToArray());
        Assert.Equal(Errno.ENOENT, Refused(() => writer.Write(3, "two"u8.ToArray())));
        Assert.Equal("of the host", Text(LiveFile.RootOf(task).Find("/etc/motd")));
    }

    [Fact]
    public void An_image_has_the_files_of_the_machine()
    {
        using var machine = Start(out var task);
        _ = machine.OpenForWriting(task, "/tmp/holes", FileChange.CreateNew, 0x1A4);
        machine.OpenForWriting(task, "/tmp/holes", FileChange.Find, 0).Write(300_000, "end"u8.ToArray());
        machine.OpenForWriting(task, "/etc/long", FileChange.Find, 0).Write(5000, "CHANGED"u8.ToArray());
        machine.ChangeFile(task, FileChange.Unlink, "/deep/er/file");
        using var checkpoint = Checkpointer.Capture(machine);
        using var lower = LowerFile.Open(new RootOptions { HostDirectory = host.At("root") });
        var stored = StoredFile.RootOf(checkpoint, task.Pid, lower);
        var live = LiveFile.RootOf(task);
        // What the kernel makes as it is looked at is in no image.
        foreach (var file in live.List().Where(static file => file.Name is not ("proc" or "sys" or "dev")).SelectMany(static file => file.IsDirectory ? Walk(file).Prepend(file) : [file]))
        {
            var other = stored.Find(file.Path, follow: false);
            Assert.Equal((file.Facts.Mode, file.Facts.Size, file.Facts.ModifyTime), (other.Facts.Mode, other.Facts.Size, other.Facts.ModifyTime));
            if (file.IsDirectory) Assert.Equal(file.List().Select(static child => child.Name), other.List().Select(static child => child.Name));
            else if (file.IsSymbolicLink) Assert.Equal(file.Target, other.Target);
            else if (file.IsRegular) Assert.Equal(Text(file), Text(other));
        }
        // Without the root there is what the machine changed, and the rest is named.
        var alone = StoredFile.RootOf(checkpoint, task.Pid);
        Assert.EndsWith("end", Text(alone.Find("/tmp/holes")), StringComparison.Ordinal);
        Assert.Equal(Errno.ENODATA, Assert.Throws<SeenFileException>(() => Text(alone.Find("/etc/motd"))).Errno);
    }
}
