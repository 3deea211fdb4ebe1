using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Measuring;

/// <summary>Tells where the bytes of an image went.</summary>
public static class ImageMeasure
{
    /// <summary>Reads all of an image and divides its bytes.</summary>
    /// <returns>The parts, the largest first. Each byte belongs to one of them.</returns>
    /// <exception cref="CheckpointImageException">A page is damaged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<ImageShare> Divide(Checkpoint checkpoint, ImageDivision by, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var shares = new Shares();
        if (checkpoint.Extended is { } machine) Divide(machine, by, shares, cancellation);
        else Divide(checkpoint.Image, by, shares, cancellation);
        return [.. shares.All.OrderByDescending(static share => share.Bytes).ThenBy(static share => share.Name, StringComparer.Ordinal)];
    }

    static void Divide(ExtendedImage image, ImageDivision by, Shares shares, CancellationToken cancellation)
    {
        var owners = new ImageShare?[image.Pages.Count];
        var tasks = OwnersByTask(image);
        foreach (var one in image.Objects)
        {
            cancellation.ThrowIfCancellationRequested();
            string of = tasks.GetValueOrDefault(one.Number, "machine");
            var share = shares[by == ImageDivision.Task ? of : by == ImageDivision.Kind ? one.Kind : "objects"];
            share.Objects++;
            share.ObjectBytes += one.Bytes.Length;
            var regions = by == ImageDivision.Region && one.Kind == "memory" ? RegionsOf(one, of) : null;
            var own = by == ImageDivision.Region ? null : share;
            foreach (var run in one.Fields.Where(static field => field.Tag == FieldTag.Pages).SelectMany(static field => (PageRun[])field.Value!))
            {
                for (uint i = 0; i < run.Count; i++)
                    owners[run.Page + i] ??= regions == null ? own ??= shares[one.ToString()] : shares[NameOf(regions, run.First + i) ?? of];
            }
        }
        using var meter = new PageMeter();
        var page = new byte[ImageLimits.PageSize];
        for (int i = 0; i < owners.Length; i++)
        {
            if (i % 256 == 0) cancellation.ThrowIfCancellationRequested();
            image.Pages.CopyTo(i, page);
            meter.Add(owners[i] ?? shares["unused"], page);
        }
    }

    static void Divide(CheckpointImage image, ImageDivision by, Shares shares, CancellationToken cancellation)
    {
        string task = string.Create(CultureInfo.InvariantCulture, $"task {image.ProcessId} ({image.Task.Comm})");
        using var meter = new PageMeter();
        var page = new byte[ImageLimits.PageSize];
        foreach (var vma in image.Memory.Vmas)
        {
            cancellation.ThrowIfCancellationRequested();
            if (vma.Pages.Count == 0) continue;
            var share = shares[by == ImageDivision.Task ? task : by == ImageDivision.Kind ? "memory" : Label(vma.Start, vma.End, vma.File?.ToString(), task)];
            for (int i = 0; i < vma.Pages.Count; i++)
            {
                vma.Pages.CopyPages(i, page);
                meter.Add(share, page);
            }
        }
    }

    /// <summary>The task that each object belongs to: the first that refers to it.</summary>
    static Dictionary<uint, string> OwnersByTask(ExtendedImage image)
    {
        var owners = new Dictionary<uint, string>();
        foreach (var task in image.OfKind("task").OrderBy(static task => task.Fields.Uint("pid")))
        {
            string name = ObjectNames.Of(task);
            owners.TryAdd(task.Number, name);
            foreach (var field in task.Fields)
            {
                if (field.Value is ExtendedObject { Kind: "process" or "memory" or "descriptors" or "signal-handlers" or "fs" } own) owners.TryAdd(own.Number, name);
            }
        }
        return owners;
    }

    static List<(uint First, uint End, string Name)> RegionsOf(ExtendedObject memory, string task)
    {
        var regions = new List<(uint First, uint End, string Name)>();
        foreach (var region in memory.Fields.Items("regions"))
        {
            uint start = region.Uint("start"), end = region.Uint("end");
            string? file = region.Follow("source")?.Follow("dentry") is { } dentry ? TaskView.PathOf(dentry, null) : null;
            regions.Add((start >> 12, end >> 12, Label(start, end, file, task)));
        }
        return regions;
    }

    static string? NameOf(List<(uint First, uint End, string Name)> regions, uint page)
    {
        foreach (var (first, end, name) in regions)
            if (page >= first && page < end) return name;
        return null;
    }

    static string Label(uint start, uint end, string? file, string task) =>
        string.Create(CultureInfo.InvariantCulture, $"{task} {start:x8}-{end:x8}{(file == null ? "" : " " + file)}");

    sealed class Shares
    {
        readonly Dictionary<string, ImageShare> byName = new(StringComparer.Ordinal);

        public IEnumerable<ImageShare> All => byName.Values;

        public ImageShare this[string name]
        {
            get
            {
                if (!byName.TryGetValue(name, out var share)) byName.Add(name, share = new ImageShare(name));
                return share;
            }
        }
    }
}
