using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A machine goes on before the pages of its image are read; each group is read and checked when it is first touched, and one that is damaged freezes the machine.</summary>
public sealed class LazyImageTests : IDisposable
{
    const int Size = 16;

    readonly string folder = Directory.CreateTempSubdirectory("cr-lazy-").FullName;

    string ImagePath => Path.Combine(folder, "touch.cr");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<CpuEngine, bool> Engines
    {
        get
        {
            var data = new TheoryData<CpuEngine, bool>();
            foreach (var engine in new[] { CpuEngine.Interpreter, CpuEngine.Tables, CpuEngine.Window })
                foreach (bool isPacked in new[] { false, true }) data.Add(engine, isPacked);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void FewPagesAreReadBeforeItGoesOn(CpuEngine engine, bool isPacked)
    {
        string sum = Save(engine, isPacked);
        using var machine = Restore(engine);
        long all = machine.PendingPages;
        Assert.True(all > Size * 256, $"{all} pages wait");
        Assert.True(machine.RunTo(machine.RetiredInstructions, machine.Tasks[^1], GuestSession.Patience));
        Assert.Equal(all, machine.PendingPages);
        machine.SendInput("0"u8.ToArray());
        Assert.True(machine.RunTo(machine.RetiredInstructions + 1, null, GuestSession.Patience));
        // Where its code, its stack and its data are.
        Assert.InRange(all - machine.PendingPages, 1, 3 * ExtendedLimits.GroupPages);
        Assert.Equal("0 pages, 00000000\n", Answer(machine));
        Assert.InRange(all - machine.PendingPages, 1, 4 * ExtendedLimits.GroupPages);
        Assert.Equal(sum, Order(machine, 'r'));
        Assert.InRange(machine.PendingPages, 0, ExtendedLimits.GroupPages);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ADamagedGroupFreezesTheMachineThatTouchesIt(CpuEngine engine, bool isPacked)
    {
        Save(engine, isPacked);
        using var machine = Restore(engine);
        long offset = Damage(Middle);
        Assert.Equal("0 pages, 00000000\n", Order(machine, '0'));
        ulong begun = machine.RetiredInstructions;
        machine.SendInput("r"u8.ToArray());
        // It stands in front of the instruction that touched the page.
        RequireLost(machine, $"PAGES at offset {offset}: stored pages have their checksum", task =>
        {
            Assert.False(task.Call.IsActive);
            var region = task.AddressSpace!.FindRegion(task.Registers!.Eip);
            Assert.True(region != null && (region.Flags & VmFlags.Exec) != 0);
            Assert.InRange(machine.RetiredInstructions - begun, 1000ul, ulong.MaxValue);
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void AFileThatWasCutIsNoFault(CpuEngine engine, bool isPacked)
    {
        Save(engine, isPacked);
        using var machine = Restore(engine);
        Assert.Equal("0 pages, 00000000\n", Order(machine, '0'));
        using (var file = new FileStream(ImagePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(file.Length / 2);
        machine.SendInput("r"u8.ToArray());
        RequireLost(machine, "an image ends with END, not before");
    }

    [Fact]
    public void AWriteToADamagedGroupFreezesToo()
    {
        Save(CpuEngine.Auto, isPacked: false);
        using var machine = Restore(CpuEngine.Auto);
        Damage(Middle);
        machine.SendInput("9"u8.ToArray());
        RequireLost(machine, "stored pages have their checksum");
    }

    [Fact]
    public void ACallThatTouchesADamagedGroupTellsItsProgramNothing()
    {
        Save(CpuEngine.Auto, isPacked: false);
        // It waits in read(2), whose buffer is on the stack: among the last pages.
        using var machine = Restore(CpuEngine.Auto);
        ulong before = machine.RetiredInstructions;
        Damage(static groups => groups.Count - 1);
        machine.SendInput("r"u8.ToArray());
        RequireLost(machine, "stored pages have their checksum", static task => Assert.True(task.Call.IsActive));
        Assert.Equal(before, machine.RetiredInstructions);
    }

    [Fact]
    public void ReadingAllBeforehandRefusesDamage()
    {
        Save(CpuEngine.Auto, isPacked: false);
        Damage(Middle);
        using var image = ExtendedReader.Open(ImagePath);
        var refused = Assert.Throws<CheckpointImageException>(() => MachineImage.Restore(image, Root, eager: true));
        Assert.Equal("stored pages have their checksum", refused.Rule);
        // Who only wants to start may still.
        MachineImage.Restore(image, Root).Dispose();
    }

    [Fact]
    public void AnEagerMachineNeedsItsFileNoMore()
    {
        string sum = Save(CpuEngine.Auto, isPacked: false);
        using var image = ExtendedReader.Open(ImagePath);
        using var machine = MachineImage.Restore(image, Root, eager: true);
        Assert.Equal(0, machine.PendingPages);
        Damage(Middle);
        machine.Thaw();
        Assert.Equal(sum, Order(machine, 'r'));
    }

    [Fact]
    public void AMachineThatIsPartlyReadIsSavedWhole()
    {
        Save(CpuEngine.Auto, isPacked: false);
        using var lazy = Restore(CpuEngine.Auto);
        using var image = ExtendedReader.Open(ImagePath);
        using var eager = MachineImage.Restore(image, Root, eager: true);
        eager.Thaw();
        Assert.Equal(Order(eager, '0'), Order(lazy, '0'));
        Assert.True(lazy.PendingPages > 0);
        // Over the very file that it is read from.
        using (var half = MachineImage.Capture(lazy))
        {
            Assert.True(lazy.PendingPages > 0);
            AtomicFile.Write(ImagePath, overwrite: true, stream => ExtendedWriter.Write(half, stream));
        }
        Assert.Equal(StateHash.Compute(eager, StateHashScope.Full), StateHash.Compute(lazy, StateHashScope.Full));
        using var next = Restore(CpuEngine.Auto);
        string sum = Order(eager, 'r');
        Assert.Equal(sum, Order(lazy, 'r'));
        Assert.Equal(sum, Order(next, 'r'));
        Assert.Equal(Order(eager, '5'), Order(next, '5'));
        Assert.Equal(Order(eager, 'r'), Order(next, 'r'));
    }

    [Fact]
    public void AnImageOfAMachineThatWaitsForDamagedPagesCannotBeWritten()
    {
        Save(CpuEngine.Auto, isPacked: false);
        using var machine = Restore(CpuEngine.Auto);
        Damage(Middle);
        using var image = MachineImage.Capture(machine);
        string other = Path.Combine(folder, "other.cr");
        var lost = Assert.Throws<LostPagesException>(() => AtomicFile.Write(other, overwrite: false, stream => ExtendedWriter.Write(image, stream)));
        Assert.Contains(ImagePath, lost.Message, StringComparison.Ordinal);
        Assert.Equal([ImagePath], Directory.GetFiles(folder));
        Assert.Null(machine.Loss);
    }

    [Fact]
    public void CopiesShareWhatTheyDoNotWrite()
    {
        string sum = Save(CpuEngine.Auto, isPacked: false);
        var machines = new List<Machine>();
        try
        {
            using (var checkpoint = Core.Checkpoint.Checkpoint.Open(ImagePath))
            using (var copies = new ImageCopies(checkpoint))
                for (int i = 0; i < 3; i++) machines.Add(Restorer.Restore(checkpoint, new RestoreOptions { Root = Root, Copies = copies }).Machine);
            long all = machines[0].PendingPages;
            Assert.True(all > Size * 256);
            Assert.Equal(sum, Order(machines[1], 'r'));
            // One has read them for all.
            Assert.InRange(machines[0].PendingPages, 0, ExtendedLimits.GroupPages);
            string changed = Order(machines[0], '5');
            Assert.NotEqual(sum, Order(machines[0], 'r'));
            Assert.Equal(sum, Order(machines[2], 'r'));
            Assert.Equal(changed, Order(machines[1], '5'));
            foreach (var machine in machines) Assert.InRange(machine.Account.Used, 0, Size * 256 / 10);
            // What is left of the pages is the others'.
            machines[0].Dispose();
            machines[1].Dispose();
            Assert.Equal(sum, Order(machines[2], 'r'));
        }
        finally
        {
            foreach (var machine in machines) machine.Dispose();
        }
    }

    /// <summary>An increment's pages lie in two files; damage in either is told with both names.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnIncrementIsReadFromAllOfItsFiles(bool isDamaged)
    {
        string other = Path.Combine(folder, "increment.cr"), sum;
        Save(CpuEngine.Auto, isPacked: false);
        using (var machine = Restore(CpuEngine.Auto))
        {
            using var parent = Core.Checkpoint.Checkpoint.Open(ImagePath);
            Order(machine, '5');
            // It has said so, and then asks for the next order: only there does it touch nothing.
            Assert.True(machine.WaitUntil(() => machine.Tasks[^1].State == TaskState.Sleeping && machine.State == MachineState.Idle, GuestSession.Patience));
            using var next = Checkpointer.Capture(machine);
            Checkpointer.Write(next, other, new WriteOptions { Parent = parent });
            Assert.InRange(new FileInfo(other).Length, 1, new FileInfo(ImagePath).Length / 2);
            sum = Order(machine, 'r');
        }
        using var lazy = RestoreFile(other, CpuEngine.Auto);
        Assert.InRange(lazy.PendingPages, Size * 256, long.MaxValue);
        if (isDamaged)
        {
            Damage(Middle);
            lazy.SendInput("r"u8.ToArray());
            RequireLost(lazy, "stored pages have their checksum", null, other);
            return;
        }
        File.Delete(ImagePath);
        File.Delete(other);
        Assert.Equal(sum, Order(lazy, 'r'));
    }

    [Fact]
    public void EveryMachineGivesTheFileBack()
    {
        Save(CpuEngine.Auto, isPacked: false);
        Restore(CpuEngine.Auto).Dispose();
        using (var read = Restore(CpuEngine.Auto)) Order(read, 'r');
        using (var damaged = Restore(CpuEngine.Auto))
        {
            Damage(Middle);
            damaged.SendInput("r"u8.ToArray());
            RequireLost(damaged, "checksum");
        }
        using (var image = ExtendedReader.Open(ImagePath)) Assert.Throws<CheckpointImageException>(() => MachineImage.Restore(image, Root, eager: true));
        if (OperatingSystem.IsLinux()) Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd").Select(static link => new FileInfo(link).LinkTarget), target => target == ImagePath);
    }

    static RootOptions Root => new() { HostProgram = GuestFiles.Program("touch") };

    static int Middle(IReadOnlyList<(long Offset, int Bytes)> groups) => groups.Count / 2;

    /// <summary>Saves a program that has touched its memory and waits for orders.</summary>
    /// <returns>What it says to r.</returns>
    string Save(CpuEngine engine, bool isPacked)
    {
        Assert.SkipWhen(Processor.RefusalOf(engine) != null, Processor.RefusalOf(engine) ?? "");
        using var session = GuestSession.StartAlone("touch", Size.ToString(CultureInfo.InvariantCulture));
        session.RunUntil("ready\n");
        session.Machine.Thaw();
        Assert.True(session.Machine.WaitUntil(() => session.Task.State == TaskState.Sleeping, GuestSession.Patience));
        using (var image = MachineImage.Capture(session.Machine))
        using (var file = File.Create(ImagePath))
            ExtendedWriter.Write(image, file, new ExtendedWriterOptions { Compression = isPacked ? 1 : null });
        return Order(session.Machine, 'r');
    }

    Machine Restore(CpuEngine engine) => RestoreFile(ImagePath, engine);

    static Machine RestoreFile(string path, CpuEngine engine)
    {
        Machine machine;
        using (var image = ExtendedReader.Open(path)) machine = MachineImage.Restore(image, Root, options => options with { Engine = engine });
        machine.Thaw();
        return machine;
    }

    /// <summary>Changes a byte of a group's stored pages, in the file.</summary>
    /// <returns>Where they begin.</returns>
    long Damage(Func<IReadOnlyList<(long Offset, int Bytes)>, int> choose)
    {
        IReadOnlyList<(long Offset, int Bytes)> groups;
        using (var image = ExtendedReader.Open(ImagePath)) groups = ((GroupedPages)image.Pages).Stored;
        var (offset, bytes) = groups[choose(groups)];
        using var file = new FileStream(ImagePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset + bytes / 2;
        int old = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)~old);
        return offset;
    }

    void RequireLost(Machine machine, string what, Action<Task>? look = null, string? path = null)
    {
        Assert.True(machine.WaitUntil(() => machine.Loss != null && machine.State == MachineState.Frozen, GuestSession.Patience), $"it is {machine.State}");
        Assert.Contains($"'{path ?? ImagePath}'", machine.Loss!.Message, StringComparison.Ordinal);
        Assert.Contains($"'{ImagePath}'", machine.Loss.Message, StringComparison.Ordinal);
        Assert.Contains(what, machine.Loss.Message, StringComparison.Ordinal);
        ulong at = machine.RetiredInstructions;
        var task = machine.Tasks[^1];
        Assert.Throws<LostPagesException>(machine.Thaw);
        Assert.Throws<LostPagesException>(() => machine.Thaw(task));
        Assert.Throws<LostPagesException>(() => machine.RunTo(at + 1000, task, GuestSession.Patience));
        Assert.Throws<LostPagesException>(() => machine.StepTask(task, StepGoal.Count(1), GuestSession.Patience));
        Assert.Throws<LostPagesException>(() => MachineImage.Capture(machine));
        Assert.False(machine.WaitForExit(task, GuestSession.Patience));
        Assert.Equal(at, machine.RetiredInstructions);
        Assert.Equal(MachineState.Frozen, machine.State);
        Assert.Equal(0, machine.Streams.Unread(StreamKind.Output));
        if (look != null) machine.Execute(m => look(m.Tasks[^1]));
        machine.KillAll();
        Assert.True(machine.WaitUntil(() => machine.HasEnded, GuestSession.Patience));
        Assert.Equal(MachineState.Stopped, machine.State);
    }

    static string Order(Machine machine, char what)
    {
        machine.SendInput(new[] { (byte)what });
        return Answer(machine);
    }

    static string Answer(Machine machine)
    {
        machine.Thaw();
        var text = new StringBuilder();
        var until = DateTime.UtcNow + GuestSession.Patience;
        while (text.Length == 0 || text[^1] != '\n')
        {
            Assert.True(DateTime.UtcNow < until && machine.Loss == null && !machine.HasEnded, $"no answer but {text}; {machine.Loss?.Message}");
            machine.Streams.WaitForOutput(StreamKind.Output, TimeSpan.FromMilliseconds(20), default);
            text.Append(Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output)));
        }
        return text.ToString();
    }
}
