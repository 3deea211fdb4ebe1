using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Checksums of what an image leaves to files of the root: the ranges that are mapped, and the beginnings of other files that are open. A file that has other bytes there,
/// though its size and time are the same, is told at restore.</summary>
internal sealed class FileChecks : IStateObject
{
    /// <summary>Bytes of a file that is open and not mapped.</summary>
    const long Beginning = 1 << 20;

    /// <summary>Bytes of all ranges of a file; what lies behind is not looked at.</summary>
    const long MostOfFile = 64 << 20;

    const int MostRanges = 1 << 16;

    sealed class Check
    {
        public required RegularInode File;
        public required long First, Length;
        public ulong High, Low;
    }

    readonly List<Check> checks = [];

    /// <summary>What to hash, found while the machine stood still.</summary>
    readonly List<(Check Check, LowerContents Contents)> plan = [];

    string IStateObject.StateKind => "file-checks";

    void IStateObject.Visit(StateVisitor visitor)
    {
        var read = visitor.List("checks", checks, MostRanges, static (v, check) => new Check
        {
            File = v.Need("file", check?.File),
            First = v.Number("first", check?.First ?? 0, 0, long.MaxValue / 2),
            Length = v.Number("length", check?.Length ?? 0, 1, long.MaxValue / 2),
            High = v.Word("hash-high", check?.High ?? 0),
            Low = v.Word("hash-low", check?.Low ?? 0),
        });
        if (!visitor.IsReading) return;
        var ends = new Dictionary<RegularInode, long>(ReferenceEqualityComparer.Instance);
        foreach (var check in read)
        {
            visitor.Require(check.First >= ends.GetValueOrDefault(check.File), "ranges of a file ascend and do not overlap");
            ends[check.File] = check.First + check.Length;
        }
        checks.AddRange(read);
    }

    /// <summary>Finds the ranges. On the machine's thread; nothing is read.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="isThere">Whether the image has a file.</param>
    public static FileChecks Plan(Machine machine, Func<RegularInode, bool> isThere)
    {
        var ranges = new Dictionary<RegularInode, SortedSet<(long First, long End)>>(ReferenceEqualityComparer.Instance);
        var order = new List<RegularInode>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var task in machine.AllTasks)
        {
            if (task.AddressSpace is { } memory && seen.Add(memory))
                foreach (var region in memory.Regions)
                    if (region.Source is MappedFile { Dentry.Inode: RegularInode mapped }) Add(mapped, (long)region.PageOffset << 12, ((long)region.PageOffset << 12) + region.Length);
        }
        foreach (var task in machine.AllTasks)
        {
            if (task.Files is not { } files || !seen.Add(files)) continue;
            foreach (int number in files.Numbers)
                if (files[number] is RegularFile { Inode: RegularInode open } && !ranges.ContainsKey(open)) Add(open, 0, Beginning);
        }
        var result = new FileChecks();
        foreach (var file in order)
        {
            if (!isThere(file) || file.LowerContents is not { } contents) continue;
            long left = MostOfFile, end = 0;
            foreach (var (first, rangeEnd) in ranges[file])
            {
                long from = Math.Max(first, end), to = Math.Min(Math.Min(rangeEnd, contents.Length), from + left);
                end = Math.Max(end, rangeEnd);
                if (to <= from || result.plan.Count >= MostRanges) continue;
                left -= to - from;
                result.plan.Add((new Check { File = file, First = from, Length = to - from }, contents));
            }
        }
        return result;

        void Add(RegularInode file, long first, long end)
        {
            if (!ranges.TryGetValue(file, out var list))
            {
                ranges.Add(file, list = []);
                order.Add(file);
            }
            list.Add((first, end));
        }
    }

    /// <summary>Reads the ranges. Any thread: the machine may have gone on. What is no longer as it was gets no checksum.</summary>
    public void Read()
    {
        foreach (var (check, contents) in plan)
        {
            if (!contents.TryHash(check.First, check.Length, again: false, out var hash)) continue;
            (check.High, check.Low) = hash;
            checks.Add(check);
        }
        plan.Clear();
    }

    /// <summary>Files whose contents are others than those that the image's machine had. After they were taken, on the machine's thread.</summary>
    public IEnumerable<RegularInode> Differing() => checks
        .Where(static check => check.File.LowerContents is { } contents && (!contents.TryHash(check.First, check.Length, again: true, out var hash) || hash != (check.High, check.Low)))
        .Select(static check => check.File).Distinct();
}
