using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>The symbols and regions in which bytes of memory differ, as the second image has them.</summary>
/// <param name="first">Asked where the second does not have the task.</param>
/// <param name="second">The second image.</param>
/// <param name="files">Where the files of the images are; null when nobody has said so.</param>
sealed class DifferenceSymbols(CrCheckpoint first, CrCheckpoint second, RootOptions? files)
{
    readonly Dictionary<int, (SymbolMap? Symbols, IReadOnlyList<CrVma> Regions)> tasks = [];

    /// <summary>The symbol, else the region, with the distance to its start; null for what is no memory of a task.</summary>
    internal string? Find(ImageDifference difference)
    {
        if (difference is not { Kind: DifferenceKind.Memory, ProcessId: { } pid, Address: { } address }) return null;
        if (!tasks.TryGetValue(pid, out var task)) tasks.Add(pid, task = Look(pid));
        if (task.Symbols?.Find(address) is { } place) return Show(place.Name, place.Offset);
        return task.Regions.FirstOrDefault(vma => address - vma.Start < vma.Size) is { Name: { } name } region ? Show(name, address - region.Start) : null;
    }

    static string Show(string name, uint offset) => offset == 0 ? name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}+0x{offset:x}");

    (SymbolMap? Symbols, IReadOnlyList<CrVma> Regions) Look(int pid)
    {
        var owner = new[] { second, first }.FirstOrDefault(image => image.Checkpoint.Tasks.Any(task => task.Pid == pid && task.IsAlive));
        if (owner == null) return (null, []);
        var subject = owner.SubjectOf(pid);
        if (files == null && owner.Checkpoint.Machine == null) return (null, subject.Vmas());
        using var code = subject.Code(files);
        return (code.Symbols, subject.Vmas());
    }
}
