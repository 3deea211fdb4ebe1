using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Changes a v5 image. That format has no place to say so.</summary>
internal sealed class V5Editor(CheckpointImage image, CheckpointFiles? files)
{
    readonly SortedDictionary<uint, byte[]> pages = [];
    readonly Dictionary<SavedFile, SavedFile> renamed = new(ReferenceEqualityComparer.Instance);
    CpuRecord cpu = image.Cpu;
    SavedTask task = image.Task;

    /// <exception cref="ChangeRefusedException">It cannot be made.</exception>
    public void Apply(StateChange change)
    {
        switch (change)
        {
            case RegisterChange register: SetRegister(register); break;
            case MemoryChange memory: Write(memory.Address, memory.Bytes.Span); break;
            case DescriptorChange descriptor: Rename(descriptor); break;
            case NameChange name:
                task = new SavedTask(Machine.NameBytes(name.Name)) { State = task.State, ExitState = task.ExitState, ExitCode = task.ExitCode, ExitSignal = task.ExitSignal };
                break;
            case EnvironmentChange variable:
                foreach (var (address, bytes) in new GuestEnvironment(Read).Set((uint)image.Memory.Layout.StartStack, variable.Variable, variable.Value)) Write(address, bytes);
                break;
            default: throw new ArgumentException($"{change} is no change", nameof(change));
        }
    }

    /// <summary>The changed image, whose other pages are the old one's.</summary>
    public CheckpointImage Finish() => new()
    {
        Head = image.Head,
        ProcessId = image.ProcessId,
        Task = task,
        Memory = new SavedMemory
        {
            Layout = image.Memory.Layout,
            Ldt = image.Memory.Ldt,
            Vmas = [.. image.Memory.Vmas.Select(vma => pages.Keys.Any(page => page >= vma.Start && page < vma.End)
                ? new SavedVma { Record = vma.Record, File = vma.File, Pages = new Changed(vma.Pages, pages.Where(page => page.Key >= vma.Start && page.Key < vma.End)) } : vma)],
        },
        Files = new SavedFiles { Descriptors = [.. image.Files.Descriptors.Select(one => renamed.TryGetValue(one.File, out var other) ? one with { File = other } : one)] },
        Thread = image.Thread,
        Cpu = cpu,
    };

    void SetRegister(RegisterChange change)
    {
        if (change.Register.Name is "eax" or "eip" && (uint)cpu.OrigAx != uint.MaxValue)
            throw new ChangeRefusedException(Errno.EBUSY, $"the task is in a system call, which sets {change.Register.Name} when it returns");
        if (cpu.HasFxsr == 0 && RegisterAccess.FeaturesFor(change.Register) is not (default(CpuFeatures) or CpuFeatures.Mmx))
            throw new ChangeRefusedException(Errno.ENODEV, $"{change.Register.Name} is not there: the image is of a processor without SSE");
        using var registers = new Registers();
        RegisterCapture.Restore(cpu, image.Thread, MemoryCapture.RestoreLdt(image.Memory), registers);
        if (RegisterAccess.Set(registers, change.Register, change.Value.Span) is { } reason) throw new ChangeRefusedException(Errno.EINVAL, $"{change.Register.Name} {reason}");
        var saved = RegisterCapture.Save(registers, cpu.HasFxsr != 0);
        saved.OrigAx = cpu.OrigAx;
        cpu = saved;
    }

    int Read(uint address, Span<byte> to) => new ImageMemory(image, files, page => pages.GetValueOrDefault(page)).Read(address, to);

    void Write(uint address, ReadOnlySpan<byte> bytes)
    {
        for (uint at = address & ~0xFFFu; at < address + (ulong)bytes.Length; at += 4096)
        {
            uint shown = Math.Max(at, address);
            if (image.Memory.Find(at) is not { } region) throw Refused(shown, "is not mapped");
            var page = new byte[4096];
            if (Read(at, page) < page.Length) throw Refused(shown, $"is a page of {region.File}, and neither the image nor a root given here has it");
            int from = (int)(shown - address), within = (int)(shown - at);
            bytes.Slice(from, Math.Min(bytes.Length - from, 4096 - within)).CopyTo(page.AsSpan(within));
            pages[at] = page;
        }
    }

    void Rename(DescriptorChange change)
    {
        var found = image.Files.Descriptors.FirstOrDefault(one => one.Number == change.Number)?.File
            ?? throw new ChangeRefusedException(Errno.EBADF, string.Create(CultureInfo.InvariantCulture, $"the task has no descriptor {change.Number}"));
        if (found.Kind != FileKind.Regular) throw new ChangeRefusedException(Errno.EOPNOTSUPP, string.Create(CultureInfo.InvariantCulture, $"descriptor {change.Number} is no regular file"));
        if (!change.Path.StartsWith('/')) throw new ChangeRefusedException(Errno.ENOENT, "the path in an image begins with /");
        var name = new FileName(GuestText.ToBytes(change.Path));
        renamed[found] = new SavedFile { ObjectReference = found.ObjectReference, Kind = found.Kind, Mode = found.Mode, Flags = found.Flags, Position = found.Position, Version = found.Version, Name = name };
    }

    static ChangeRefusedException Refused(uint address, string why) => new(Errno.EFAULT, string.Create(CultureInfo.InvariantCulture, $"{address:x8} {why}"));

    sealed class Changed : PageSet
    {
        readonly PageSet original;
        readonly (uint Address, int Index, byte[]? Bytes)[] all;

        public Changed(PageSet original, IEnumerable<KeyValuePair<uint, byte[]>> changed)
        {
            this.original = original;
            var merged = new SortedDictionary<uint, (int, byte[]?)>();
            for (int i = 0; i < original.Count; i++) merged[original.AddressOf(i)] = (i, null);
            foreach (var (address, bytes) in changed) merged[address] = (-1, bytes);
            all = [.. merged.Select(static page => (page.Key, page.Value.Item1, page.Value.Item2))];
        }

        public override int Count => all.Length;

        public override uint AddressOf(int index) => all[index].Address;

        public override void CopyPages(int first, Span<byte> destination)
        {
            for (; !destination.IsEmpty; destination = destination[ImageLimits.PageSize..])
            {
                var (_, index, bytes) = all[first++];
                if (bytes != null) bytes.CopyTo(destination);
                else original.CopyPages(index, destination[..ImageLimits.PageSize]);
            }
        }
    }
}
