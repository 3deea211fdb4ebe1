using System.Text.Json.Nodes;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>A list of runs of pages in an image's JSON, in which single pages are exchanged.</summary>
internal static class PageRuns
{
    /// <summary>The runs of a field.</summary>
    public static List<PageRun> Read(JsonNode? field)
    {
        var runs = new List<PageRun>();
        foreach (var run in field?["$pages"] as JsonArray ?? [])
            runs.Add(new PageRun(run!["first"]!.GetValue<uint>(), run["count"]!.GetValue<uint>(), run["page"]!.GetValue<uint>(), run["state"]!.GetValue<uint>()));
        return runs;
    }

    /// <summary>A field of runs.</summary>
    public static JsonObject Write(IEnumerable<PageRun> runs) => new()
    {
        ["$pages"] = new JsonArray([.. runs.Select(static run => (JsonNode)new JsonObject { ["first"] = run.First, ["count"] = run.Count, ["page"] = run.Page, ["state"] = run.State })]),
    };

    /// <summary>Gives a page of the object another page of the image.</summary>
    /// <param name="runs">Ascending.</param>
    /// <param name="index">The page's number in the object.</param>
    /// <param name="page">The page of the image.</param>
    /// <param name="state">The state of one that was not there; one that was keeps its own, and these bits in addition.</param>
    /// <param name="without">Bits that one that was loses.</param>
    public static void Set(List<PageRun> runs, uint index, uint page, uint state, uint without)
    {
        int at = runs.FindIndex(run => index - run.First < run.Count && index >= run.First);
        if (at < 0)
        {
            int place = runs.FindIndex(run => run.First > index);
            runs.Insert(place < 0 ? runs.Count : place, new PageRun(index, 1, page, state));
            return;
        }
        var old = runs[at];
        runs.RemoveAt(at);
        uint before = index - old.First, behind = old.Count - before - 1;
        if (behind > 0) runs.Insert(at, new PageRun(index + 1, behind, old.Page + before + 1, old.State));
        runs.Insert(at, new PageRun(index, 1, page, (old.State & ~without) | state));
        if (before > 0) runs.Insert(at, old with { Count = before });
    }
}
