using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Pictures.Html;

/// <content>Address spaces: their regions, what their pages are, and which of them the page has with it.</content>
sealed partial class PageData
{
    /// <summary>Runs of one condition that a map has, at most; with more, pages are put together.</summary>
    const int MostRuns = 12_000;

    /// <summary>The address spaces, that of the saved task first.</summary>
    List<AddressSpaceView> FindSpaces()
    {
        var spaces = new List<AddressSpaceView>();
        var byObject = new Dictionary<uint, AddressSpaceView>();
        foreach (var task in checkpoint.Tasks.Where(static task => task.IsAlive).OrderBy(task => task.Pid == checkpoint.ProcessId ? 0 : 1))
        {
            cancellation.ThrowIfCancellationRequested();
            uint number = MemoryOf(task.Pid);
            if (!byObject.TryGetValue(number, out var space))
            {
                space = new AddressSpaceView(checkpoint.ViewOf(task.Pid), MemoryMap.Of(checkpoint, task.Pid, cancellation), new CheckpointFiles(checkpoint, options.Files, task.Pid));
                byObject.Add(number, space);
                spaces.Add(space);
            }
            space.Tasks.Add(task.Pid);
        }
        return spaces;
    }

    /// <summary>The object of a task's memory; v5 has one.</summary>
    uint MemoryOf(int pid) =>
        checkpoint.Extended?.OfKind("task").FirstOrDefault(task => task["pid"] is ulong number && number == (ulong)pid)?.Follow("memory")?.Number ?? 0;

    /// <summary>Puts pages into the page while there is room: what the registers point at, then what the image has, then what its files have.</summary>
    void Choose(List<AddressSpaceView> spaces)
    {
        var page = new byte[ImageLimits.PageSize];
        foreach (var space in spaces)
        {
            foreach (int pid in space.Tasks)
            {
                var cpu = checkpoint.ViewOf(pid).Cpu;
                foreach (ulong register in (ulong[])[cpu.Sp, cpu.Ip, cpu.Bp]) Take(space, (uint)register & ~0xFFFu, page, PageOrigin.Image, PageOrigin.File);
            }
        }
        foreach (var space in spaces)
        {
            foreach (var region in space.Image.Memory.Vmas)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < region.Pages.Count && !contents.IsFull; i++) Take(space, region.Pages.AddressOf(i), page, PageOrigin.Image);
            }
        }
        foreach (var space in spaces)
        {
            foreach (var region in space.Image.Memory.Vmas.Where(static region => region.File != null))
            {
                cancellation.ThrowIfCancellationRequested();
                for (long address = region.Start; address < region.End && !contents.IsFull; address += ImageLimits.PageSize) Take(space, (uint)address, page, PageOrigin.File);
            }
        }
    }

    void Take(AddressSpaceView space, uint address, byte[] page, params ReadOnlySpan<PageOrigin> from)
    {
        if (space.Contents.ContainsKey(address) || !from.Contains(space.Read(address, page))) return;
        // The map says which pages are zero.
        if (!page.AsSpan().ContainsAnyExcept((byte)0) && space.Map.Regions.FirstOrDefault(region => address - region.Start < region.End - region.Start) is { } region
            && region.Pages[(int)((address - region.Start) >> 12)] == PageCondition.Zero) return;
        if (contents.Add(page) is var number and >= 0) space.Contents.Add(address, number);
    }

    void WriteSpaces(List<AddressSpaceView> spaces)
    {
        var changed = ChangedPages();
        json.WriteStartArray("memories");
        foreach (var space in spaces)
        {
            json.WriteStartObject();
            json.WriteStartArray("tasks");
            foreach (int pid in space.Tasks) json.WriteNumberValue(pid);
            json.WriteEndArray();
            int grain = GrainOf(space.Map);
            json.WriteNumber("grain", grain);
            json.WriteStartArray("regions");
            var pages = space.Tasks.SelectMany(pid => changed.GetValueOrDefault(pid, [])).ToHashSet();
            foreach (var region in space.Map.Regions) WriteRegion(space, region, grain, pages);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void WriteRegion(AddressSpaceView space, MappedRegion region, int grain, HashSet<uint> changed)
    {
        json.WriteStartObject();
        json.WriteNumber("start", region.Start);
        json.WriteNumber("end", region.End);
        Text("permissions", region.Permissions);
        Text("name", region.Name);
        Text("path", region.Path);
        if (region.Offset != 0) json.WriteNumber("offset", region.Offset);
        json.WriteStartObject("counts");
        foreach (var group in region.Pages.CountBy(static page => page).OrderBy(static group => group.Key)) json.WriteNumber(NameOf(group.Key), group.Value);
        json.WriteEndObject();
        json.WriteStartArray("runs");
        foreach (var (first, count, condition) in region.Coarse(grain).Runs())
        {
            json.WriteNumberValue(first * grain);
            json.WriteNumberValue(Math.Min(count * grain, region.Pages.Count - first * grain));
            json.WriteNumberValue((int)condition);
        }
        json.WriteEndArray();
        WriteNumbered("contents", space.Contents.Where(entry => entry.Key - region.Start < region.End - region.Start).Select(entry => ((int)((entry.Key - region.Start) >> 12), entry.Value)));
        if (options.Reference != null) WriteNumbered("changed", changed.Where(page => page >= region.Start >> 12 && page < region.End >> 12).Order().Select(page => (int)(page - (region.Start >> 12))).Select(static page => (page, page)));
        json.WriteEndObject();
    }

    /// <summary>Pages whose numbers follow each other as they do: first page, how many, the first one's number.</summary>
    void WriteNumbered(string name, IEnumerable<(int Page, int Number)> pages)
    {
        json.WriteStartArray(name);
        var run = (First: 0, Count: 0, Number: 0);
        foreach (var (page, number) in pages)
        {
            if (run.Count > 0 && page == run.First + run.Count && number == run.Number + run.Count)
            {
                run.Count++;
                continue;
            }
            Flush();
            run = (page, 1, number);
        }
        Flush();
        json.WriteEndArray();

        void Flush()
        {
            if (run.Count == 0) return;
            json.WriteNumberValue(run.First);
            json.WriteNumberValue(run.Count);
            json.WriteNumberValue(run.Number);
        }
    }

    /// <summary>How many pages are put together, a power of two.</summary>
    static int GrainOf(MemoryMap map)
    {
        int grain = 1;
        while (map.Regions.Sum(region => region.Coarse(grain).Runs().Count()) > MostRuns) grain *= 2;
        return grain;
    }

    /// <summary>The script's names of what a page is: their order is that of the numbers in runs.</summary>
    static string NameOf(PageCondition condition) => condition.ToString().ToLowerInvariant();

    /// <summary>Numbers of the pages in which bytes differ, by task.</summary>
    Dictionary<int, HashSet<uint>> ChangedPages()
    {
        var changed = new Dictionary<int, HashSet<uint>>();
        foreach (var difference in differences)
        {
            if (difference is not { Kind: DifferenceKind.Memory, ProcessId: { } pid, Address: { } address, Length: > 0 }) continue;
            if (!changed.TryGetValue(pid, out var pages)) changed.Add(pid, pages = []);
            for (uint page = address >> 12; page <= (address + difference.Length - 1) >> 12; page++) pages.Add(page);
        }
        return changed;
    }
}
