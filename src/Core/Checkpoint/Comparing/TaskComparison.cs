using System.Globalization;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>Compares what two images hold of one task in the model that both formats have.</summary>
internal sealed class TaskComparison(CheckpointImage first, CheckpointImage second, CancellationToken cancellation)
{
    static readonly (string Name, Func<CpuRecord, ulong> Get)[] Registers =
    [
        ("eax", static cpu => cpu.Ax), ("ebx", static cpu => cpu.Bx), ("ecx", static cpu => cpu.Cx), ("edx", static cpu => cpu.Dx),
        ("esi", static cpu => cpu.Si), ("edi", static cpu => cpu.Di), ("ebp", static cpu => cpu.Bp), ("esp", static cpu => cpu.Sp),
        ("eip", static cpu => cpu.Ip), ("eflags", static cpu => cpu.Flags), ("orig-eax", static cpu => (uint)cpu.OrigAx),
        ("cs", static cpu => cpu.Cs), ("ss", static cpu => cpu.Ss), ("ds", static cpu => cpu.Ds), ("es", static cpu => cpu.Es), ("fs", static cpu => cpu.Fs), ("gs", static cpu => cpu.Gs),
        // Without breakpoints v5 has none of them.
        ("dr0", static cpu => Debug(cpu, cpu.Dr0)), ("dr1", static cpu => Debug(cpu, cpu.Dr1)), ("dr2", static cpu => Debug(cpu, cpu.Dr2)),
        ("dr3", static cpu => Debug(cpu, cpu.Dr3)), ("dr6", static cpu => Debug(cpu, cpu.Dr6)), ("dr7", static cpu => Debug(cpu, cpu.Dr7)),
    ];

    readonly List<ImageDifference> found = [];

    public IReadOnlyList<ImageDifference> Run()
    {
        Compare(DifferenceKind.Task, "comm", first.Task.Comm, second.Task.Comm);
        Compare(DifferenceKind.Task, "state", first.Task.State, second.Task.State);
        var (left, right) = (first.Cpu, second.Cpu);
        foreach (var (name, get) in Registers) Compare(DifferenceKind.Register, name, get(left), get(right));
        foreach (var (name, start, length) in RegisterNames.PiecesOf("fxsave")!)
        {
            byte[] one = [.. MemoryMarshal.AsBytes(new Span<FxSaveArea>(ref left.FxSave)).Slice(start, length)], other = [.. MemoryMarshal.AsBytes(new Span<FxSaveArea>(ref right.FxSave)).Slice(start, length)];
            if (!one.AsSpan().SequenceEqual(other)) Add(DifferenceKind.Register, DifferenceChange.Changed, name, one, other);
        }
        for (int i = 0; i < 3; i++) Compare(DifferenceKind.Register, string.Create(CultureInfo.InvariantCulture, $"tls{i}"), first.Thread.Tls[i], second.Thread.Tls[i]);
        CompareRegions();
        CompareMemory();
        CompareDescriptors();
        return found;
    }

    static ulong Debug(in CpuRecord cpu, ulong value) => cpu.UsesDebug != 0 ? value : 0;

    void CompareRegions()
    {
        var others = second.Memory.Vmas.ToDictionary(static vma => vma.Start);
        foreach (var one in first.Memory.Vmas)
        {
            string name = NameOf(one);
            if (!others.Remove(one.Start, out var other))
            {
                Add(DifferenceKind.Region, DifferenceChange.Removed, name, name, null);
                continue;
            }
            Compare(DifferenceKind.Region, $"{name}.end", one.End, other.End);
            Compare(DifferenceKind.Region, $"{name}.flags", one.Flags, other.Flags);
            Compare(DifferenceKind.Region, $"{name}.offset", one.PageOffset, other.PageOffset);
            Compare(DifferenceKind.Region, $"{name}.file", one.File?.ToString(), other.File?.ToString());
        }
        foreach (var other in others.Values) Add(DifferenceKind.Region, DifferenceChange.Added, NameOf(other), null, NameOf(other));
    }

    void CompareMemory()
    {
        var (left, right) = (new TaskPages(first.Memory), new TaskPages(second.Memory));
        new PageDifferences(left.CopyTo, right.CopyTo).Run(left.Numbers, right.Numbers, (change, address, length, before, after) => found.Add(new ImageDifference
        {
            Kind = DifferenceKind.Memory,
            Change = change,
            ProcessId = (int)first.ProcessId,
            Name = "memory",
            Address = address,
            Length = length,
            Reference = before,
            Difference = after,
        }), cancellation);
    }

    void CompareDescriptors()
    {
        var others = second.Files.Descriptors.ToDictionary(static descriptor => descriptor.Number);
        foreach (var one in first.Files.Descriptors)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"files[{one.Number}]"), file = one.File.Name.ToString();
            if (!others.Remove(one.Number, out var other))
            {
                Add(DifferenceKind.Descriptor, DifferenceChange.Removed, name, file, null);
                continue;
            }
            Compare(DifferenceKind.Descriptor, $"{name}.close-on-exec", one.CloseOnExec, other.CloseOnExec);
            Compare(DifferenceKind.Descriptor, $"{name}.file", file, other.File.Name.ToString());
            Compare(DifferenceKind.Descriptor, $"{name}.file.position", one.File.Position, other.File.Position);
            Compare(DifferenceKind.Descriptor, $"{name}.file.flags", one.File.Flags, other.File.Flags);
        }
        foreach (var other in others.Values)
            Add(DifferenceKind.Descriptor, DifferenceChange.Added, string.Create(CultureInfo.InvariantCulture, $"files[{other.Number}]"), null, other.File.Name.ToString());
    }

    static string NameOf(SavedVma vma) => string.Create(CultureInfo.InvariantCulture, $"regions[{vma.Start:x8}]");

    void Compare<T>(DifferenceKind kind, string name, T left, T right)
    {
        if (!EqualityComparer<T>.Default.Equals(left, right)) Add(kind, DifferenceChange.Changed, name, left, right);
    }

    void Add(DifferenceKind kind, DifferenceChange change, string name, object? left, object? right) =>
        found.Add(new ImageDifference { Kind = kind, Change = change, ProcessId = (int)first.ProcessId, Name = name, Reference = left, Difference = right });

    /// <summary>All pages of a task, numbered one after another.</summary>
    sealed class TaskPages
    {
        readonly List<(SavedVma Vma, int First)> regions = [];

        public TaskPages(SavedMemory memory)
        {
            int number = 0;
            foreach (var vma in memory.Vmas)
            {
                regions.Add((vma, number));
                for (int i = 0; i < vma.Pages.Count; i++) Numbers[vma.Pages.AddressOf(i) / ImageLimits.PageSize] = number++;
            }
        }

        public SortedDictionary<uint, int> Numbers { get; } = [];

        public void CopyTo(int number, Span<byte> page)
        {
            int low = 0, high = regions.Count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                if (regions[middle].First <= number) low = middle;
                else high = middle - 1;
            }
            regions[low].Vma.Pages.CopyPages(number - regions[low].First, page);
        }
    }
}
