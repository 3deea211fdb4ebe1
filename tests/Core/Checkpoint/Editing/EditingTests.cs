using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Checkpoint.Editing;

/// <summary>An image that is made of another one by changes differs in these alone, runs with them, and says how it was made.</summary>
public sealed class EditingTests : IDisposable
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    readonly string folder = Directory.CreateTempSubdirectory("cr-edit-").FullName;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<CheckpointFormat> Formats => [CheckpointFormat.Extended, CheckpointFormat.V5];

    static RootOptions Root(string guest) => new() { HostProgram = GuestFiles.Program(guest) };

    /// <summary>An image of the stepper behind its call of factorial, whose result is in EAX.</summary>
    Core.Checkpoint.Checkpoint Image(CheckpointFormat format, out int pid, out SymbolMap symbols)
    {
        using var machine = new Machine(GuestRun.OptionsFor("stepper"));
        var task = machine.Start(new ProgramOptions { Suspended = true, Environment = ["HOME=/home/somebody", "LANG=C", "PATH=/bin"] });
        symbols = SymbolMap.Of(task);
        machine.StepTask(task, StepGoal.At(symbols.Find("main+0xd")!.Value), Soon, Token);
        pid = task.Pid;
        using var captured = Checkpointer.Capture(task, new CaptureOptions { Format = format });
        string path = Path.Combine(folder, $"{Guid.NewGuid():n}.cr");
        Checkpointer.Write(captured, path, cancellation: Token);
        return Core.Checkpoint.Checkpoint.Open(path, cancellation: Token);
    }

    string Written(Core.Checkpoint.Checkpoint edited)
    {
        string path = Path.Combine(folder, $"{Guid.NewGuid():n}.cr");
        Checkpointer.Write(edited, path, cancellation: Token);
        return path;
    }

    static string RunOf(Core.Checkpoint.Checkpoint checkpoint, string guest = "stepper")
    {
        var task = Restorer.Restore(checkpoint, new RestoreOptions { Root = Root(guest) });
        using (task.Machine) return GuestRun.Finish(task.Machine, task).Text;
    }

    static RegisterChange Register(int pid, string name, uint value) => new(pid, RegisterAccess.Find(name)!, BitConverter.GetBytes(value));

    [Theory, MemberData(nameof(Formats))]
    public void A_register_counts_for_the_restarted_program(CheckpointFormat format)
    {
        using var image = Image(format, out int pid, out _);
        using var edited = ImageEditor.Apply(image, [Register(pid, "eax", 42)]);
        Assert.Equal("042 hello\n", RunOf(edited));
        using var opened = Core.Checkpoint.Checkpoint.Open(Written(edited), cancellation: Token);
        Assert.Equal("042 hello\n", RunOf(opened));
        Assert.Equal("120 hello\n", RunOf(image));
        var difference = Assert.Single(ImageComparer.Compare(image, opened, Token), static one => one.Kind == DifferenceKind.Register);
        Assert.Equal("eax", difference.Name);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Memory_counts_whether_the_image_had_the_page_or_its_file(CheckpointFormat format)
    {
        using var image = Image(format, out int pid, out var symbols);
        uint buffer = symbols.Find("buffer")!.Value, code = symbols.Find("print")!.Value;
        // Read-only data of the program's file, which the image does not hold: "hello" becomes "HELLO".
        uint text = FindText(image, pid, code & ~0xFFFu, "hello\n");
        Assert.Equal(Errno.EFAULT, Assert.Throws<ChangeRefusedException>(() => ImageEditor.Apply(image, [new MemoryChange(pid, text, "HELLO"u8.ToArray())])).Errno);
        using var edited = ImageEditor.Apply(image, [new MemoryChange(pid, text, "HELLO"u8.ToArray()), new MemoryChange(pid, buffer + 3, "-"u8.ToArray()), Register(pid, "eax", 7)], Root("stepper"));
        using var opened = Core.Checkpoint.Checkpoint.Open(Written(edited), cancellation: Token);
        Assert.Equal("007-HELLO\n", RunOf(opened));
        Assert.Equal("120 hello\n", RunOf(image));
    }

    static uint FindText(Core.Checkpoint.Checkpoint image, int pid, uint page, string text)
    {
        using var target = new Core.Debugging.ImageTarget(image, pid, Root("stepper"));
        var bytes = new byte[4096];
        int read = target.Read(page, bytes);
        int at = bytes.AsSpan(0, read).IndexOf(Encoding.ASCII.GetBytes(text));
        Assert.True(at >= 0);
        return page + (uint)at;
    }

    [Theory, MemberData(nameof(Formats))]
    public void Many_changes_read_back_as_they_were_made_and_touch_nothing_else(CheckpointFormat format)
    {
        using var image = Image(format, out int pid, out _);
        var random = new Random(4);
        var regions = image.ViewOf(pid).Memory.Vmas.Where(static vma => (vma.Flags & Core.VmFlags.Write) != 0).ToArray();
        for (int round = 0; round < 50; round++)
        {
            var region = regions[random.Next(regions.Length)];
            var bytes = new byte[random.Next(1, 6000)];
            random.NextBytes(bytes);
            uint address = region.Start + (uint)random.Next((int)(region.Size - Math.Min(region.Size - 1, (uint)bytes.Length)));
            bytes = bytes[..(int)Math.Min((uint)bytes.Length, region.End - address)];
            using var edited = ImageEditor.Apply(image, [new MemoryChange(pid, address, bytes)], Root("stepper"));
            using var opened = Core.Checkpoint.Checkpoint.Open(Written(edited), cancellation: Token);
            using var before = new Core.Debugging.ImageTarget(image, pid, Root("stepper"));
            using var after = new Core.Debugging.ImageTarget(opened, pid, Root("stepper"));
            foreach (var one in image.ViewOf(pid).Memory.Vmas)
            {
                byte[] was = new byte[one.Size], now = new byte[one.Size];
                Assert.Equal(before.Read(one.Start, was), after.Read(one.Start, now));
                if (one.Start == region.Start) bytes.CopyTo(was.AsSpan((int)(address - one.Start)));
                Assert.True(was.AsSpan().SequenceEqual(now));
            }
            using var machine = Restorer.Restore(opened, new RestoreOptions { Root = Root("stepper"), Suspended = true }).Machine;
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void The_name_and_the_environment_are_the_restarted_programs(CheckpointFormat format)
    {
        using var machine = new Machine(GuestRun.OptionsFor("env"));
        var task = machine.Start(new ProgramOptions { Suspended = true, Environment = ["HOME=/home/somebody", "LANG=C", "PATH=/bin"] });
        using var image = Checkpointer.Capture(task, new CaptureOptions { Format = format });
        StateChange[] changes = [new EnvironmentChange(task.Pid, "HOME", "/root"), new EnvironmentChange(task.Pid, "LANG", null), new NameChange(task.Pid, "other")];
        using var edited = ImageEditor.Apply(image, changes);
        Assert.Equal("other", Assert.Single(edited.Tasks).Comm);
        string said = RunOf(edited, "env");
        Assert.Contains("env HOME=/root\nenv PATH=/bin\n", said, StringComparison.Ordinal);
        Assert.DoesNotContain("LANG", said, StringComparison.Ordinal);
        foreach (var change in changes) LiveEditor.Apply(task, change);
        machine.Thaw(task);
        Assert.Equal(said, GuestRun.Finish(machine, task).Text);
        Assert.Equal("other", task.Comm);
    }

    [Theory, MemberData(nameof(Formats))]
    public void What_cannot_be_is_refused_by_name(CheckpointFormat format)
    {
        using var image = Image(format, out int pid, out _);
        Assert.Equal(Errno.ENOSPC, Refused(new EnvironmentChange(pid, "LANG", "much too long")).Errno);
        Assert.Contains("LANG has room for a value of 1 bytes", Refused(new EnvironmentChange(pid, "LANG", "de")).Message, StringComparison.Ordinal);
        Assert.Equal(Errno.ENOENT, Refused(new EnvironmentChange(pid, "NEW", "x")).Errno);
        Assert.Equal(Errno.EINVAL, Refused(Register(pid, "eflags", 0x3000)).Errno);
        Assert.Equal(Errno.EFAULT, Refused(new MemoryChange(pid, 0x1000, new byte[1])).Errno);
        Assert.Equal(Errno.EFAULT, Refused(new MemoryChange(pid, 0xBFFFFFFF, new byte[2])).Errno);
        Assert.Equal(Errno.ENAMETOOLONG, Refused(new NameChange(pid, "sixteen bytes...")).Errno);
        Assert.Equal(Errno.EBADF, Refused(new DescriptorChange(pid, 77, "/x")).Errno);
        Assert.Equal(Errno.ESRCH, Assert.Throws<RestoreException>(() => ImageEditor.Apply(image, [Register(99, "eax", 1)])).Errno);

        ChangeRefusedException Refused(StateChange change) => Assert.Throws<ChangeRefusedException>(() => ImageEditor.Apply(image, [change], Root("stepper")));
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_descriptor_is_of_the_other_file_at_the_same_position_for_all_that_share_it(CheckpointFormat format)
    {
        string root = Path.Combine(folder, "root");
        Directory.CreateDirectory(Path.Combine(root, "tmp"));
        File.Copy(GuestFiles.Program("dupwriter"), Path.Combine(root, "dupwriter"));
        foreach (string name in (string[])["dup", "dup.log", "other"]) File.WriteAllText(Path.Combine(root, "tmp", name), "");
        var options = new RootOptions { HostDirectory = root, Writable = true };
        using var machine = new Machine(new MachineOptions { Root = options, Clock = ClockKind.Virtual });
        var task = machine.Start(new ProgramOptions { FilePath = "/dupwriter", Arguments = ["/tmp/dup", "0"], Suspended = true });
        while (machine.Execute(_ => task.Files![3]?.Position ?? 0) < 100) machine.StepTask(task, StepGoal.Count(2000), Soon, Token);
        int descriptor = machine.Execute(_ => task.Files!.Numbers.First(number => task.Files[number]!.Dentry.FullPath() == "/tmp/dup"));
        using var image = Checkpointer.Capture(task, new CaptureOptions { Format = format });
        using var edited = ImageEditor.Apply(image, [new DescriptorChange(task.Pid, descriptor, "/tmp/other")], options);
        var restored = Restorer.Restore(edited, new RestoreOptions { Root = options, Suspended = true });
        using (restored.Machine)
        {
            restored.Machine.Execute(_ =>
            {
                var file = restored.Files![descriptor]!;
                Assert.Equal("/tmp/other", file.Dentry.FullPath());
                Assert.Equal(task.Files![descriptor]!.Position, file.Position);
                foreach (int number in task.Files.Numbers)
                    Assert.Equal(ReferenceEquals(task.Files[number], task.Files[descriptor]), ReferenceEquals(restored.Files[number], file));
            });
        }
    }

    [Fact]
    public void An_image_says_how_it_was_made_and_of_which()
    {
        using var image = Image(CheckpointFormat.Extended, out int pid, out _);
        string identity = Convert.ToHexStringLower(image.Extended!.Identity.Span);
        using var first = ImageEditor.Apply(image, [Register(pid, "eax", 42), new NameChange(pid, "other")]);
        using var opened = Core.Checkpoint.Checkpoint.Open(Written(first), cancellation: Token);
        using var second = ImageEditor.Apply(opened, [Register(pid, "ebx", 1)]);
        using var again = Core.Checkpoint.Checkpoint.Open(Written(second), cancellation: Token);
        Assert.Empty(ImageEditor.EditsOf(image));
        Assert.Equal(
            [new ImageEdit($"task {pid}: eax = 0x0000002a", identity), new ImageEdit($"task {pid}: name = other", identity), new ImageEdit($"task {pid}: ebx = 0x00000001", Convert.ToHexStringLower(opened.Extended!.Identity.Span))],
            ImageEditor.EditsOf(again));
        Assert.NotEqual(identity, Convert.ToHexStringLower(opened.Extended.Identity.Span));
    }

    [Fact]
    public void A_page_that_two_processes_have_in_common_since_fork_is_changed_for_the_one()
    {
        using var machine = new Machine(GuestRun.OptionsFor("childholder"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Thaw(task);
        Assert.True(SpinWait.SpinUntil(() => machine.Tasks.Count(static one => !one.HasExited) == 2, Soon));
        machine.Freeze();
        using var image = Checkpointer.Capture(task, new CaptureOptions { Format = CheckpointFormat.Extended });
        int[] pids = [.. image.Tasks.Where(static one => one.IsAlive).Select(static one => one.Pid)];
        uint place = image.ViewOf(pids[0]).Memory.Vmas[^1].End - 16;
        using var edited = ImageEditor.Apply(image, [new MemoryChange(pids[0], place, "changed"u8.ToArray())]);
        Assert.Equal("changed", Read(edited, pids[0], place, "childholder"));
        Assert.Equal(Read(image, pids[1], place, "childholder"), Read(edited, pids[1], place, "childholder"));
    }

    [Fact]
    public void A_page_that_is_a_files_is_completed_with_the_tasks_own_file()
    {
        using var machine = new Machine(GuestSession.Options(GuestSession.SharedRoot));
        machine.Freeze();
        var first = machine.Start(new ProgramOptions { FilePath = "/guests/counter" });
        var second = machine.Start(new ProgramOptions { FilePath = "/guests/stepper" });
        Assert.True(machine.RunTo(2000, timeout: Soon));
        using var image = Checkpointer.Capture(first, new CaptureOptions { Format = CheckpointFormat.Extended });
        var root = machine.Options.Root;
        uint code = image.ViewOf(second.Pid).Memory.Vmas[0].Start;
        using var edited = ImageEditor.Apply(image, [new MemoryChange(second.Pid, code + 4, new byte[] { 0xCC })], root);
        byte[] expected = File.ReadAllBytes(GuestFiles.Program("stepper"))[..256];
        expected[4] = 0xCC;
        using var target = new Core.Debugging.ImageTarget(edited, second.Pid, root);
        var found = new byte[expected.Length];
        Assert.Equal(found.Length, target.Read(code, found));
        Assert.Equal(expected, found);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Behind_a_files_end_its_last_page_is_zero(CheckpointFormat format)
    {
        using var image = Image(format, out int pid, out _);
        using var target = new Core.Debugging.ImageTarget(image, pid, Root("stepper"));
        var region = image.ViewOf(pid).Memory.Vmas[0];
        var bytes = new byte[16];
        bytes.AsSpan().Fill(1);
        Assert.True(new FileInfo(GuestFiles.Program("stepper")).Length < 4096 - bytes.Length);
        Assert.Equal(bytes.Length, target.Read(region.Start + 4096 - (uint)bytes.Length, bytes));
        Assert.Equal(new byte[bytes.Length], bytes);
    }

    [Fact]
    public void Shared_memory_is_changed_for_all_that_share_it()
    {
        using var machine = new Machine(GuestRun.OptionsFor("sharedmap"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        bool IsMapped() => machine.Execute(_ => task.AddressSpace!.Regions.Any(static region => (region.Flags & Core.VmFlags.Shared) != 0));
        while (!IsMapped()) machine.StepTask(task, StepGoal.Count(20), Soon, Token);
        using var image = Checkpointer.Capture(task, new CaptureOptions { Format = CheckpointFormat.Extended });
        var shared = image.ViewOf(task.Pid).Memory.Vmas.First(static vma => (vma.Flags & Core.VmFlags.Shared) != 0);
        using var edited = ImageEditor.Apply(image, [new MemoryChange(task.Pid, shared.Start + 4093, "changed"u8.ToArray())]);
        Assert.Equal("changed", Read(edited, task.Pid, shared.Start + 4093, "sharedmap"));
        var restored = Restorer.Restore(edited, new RestoreOptions { Root = Root("sharedmap"), Suspended = true });
        using (restored.Machine)
        {
            var bytes = new byte[7];
            restored.Machine.Execute(_ => restored.AddressSpace!.Peek(shared.Start + 4093, bytes));
            Assert.Equal("changed"u8.ToArray(), bytes);
        }
    }

    [Fact]
    public void What_is_no_regular_file_stays_what_it_is()
    {
        using var machine = new Machine(GuestRun.OptionsFor("pipeholder"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        while (machine.Execute(_ => task.Files![3] == null)) machine.StepTask(task, StepGoal.Count(20), Soon, Token);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<ChangeRefusedException>(() => LiveEditor.Apply(task, new DescriptorChange(task.Pid, 3, "/pipeholder"))).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<ChangeRefusedException>(() => LiveEditor.Apply(task, new DescriptorChange(task.Pid, 0, "/dev/null"))).Errno);
    }

    static string Read(Core.Checkpoint.Checkpoint checkpoint, int pid, uint address, string guest)
    {
        using var target = new Core.Debugging.ImageTarget(checkpoint, pid, Root(guest));
        var bytes = new byte[7];
        Assert.Equal(bytes.Length, target.Read(address, bytes));
        return Encoding.Latin1.GetString(bytes);
    }
}
