using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>Walks two Extended images side by side from their machines: objects are paired by the way that leads to them, since their numbers mean nothing outside their image.</summary>
internal sealed class ObjectComparison(ExtendedImage first, ExtendedImage second, CancellationToken cancellation)
{
    readonly Queue<Pair> waiting = new();
    readonly Dictionary<uint, uint> partners = [], partnersBack = [];
    readonly HashSet<(int Pid, bool IsNew)> newOrGone = [];
    readonly List<ImageDifference> found = [];

    /// <summary>All that differs; what was asked for when the images were taken is left out.</summary>
    public IReadOnlyList<ImageDifference> Run()
    {
        Meet(first.OfKind("machine").FirstOrDefault(), second.OfKind("machine").FirstOrDefault(), new Place("", null, DifferenceKind.Object));
        while (waiting.TryDequeue(out var pair))
        {
            cancellation.ThrowIfCancellationRequested();
            Compare(pair.Left.Fields, pair.Right.Fields, pair.Place);
        }
        return found;
    }

    void Meet(ExtendedObject? left, ExtendedObject? right, Place place)
    {
        if (left == null && right == null) return;
        bool isNew = left != null && right != null && left.Kind == right.Kind && !partners.ContainsKey(left.Number) && !partnersBack.ContainsKey(right.Number);
        if (isNew)
        {
            partners.Add(left!.Number, right!.Number);
            partnersBack.Add(right.Number, left.Number);
            waiting.Enqueue(new Pair(left, right, PlaceOf(left, place)));
        }
        else if (left == null || right == null || !partners.TryGetValue(left.Number, out uint partner) || partner != right.Number)
        {
            Add(place, ChangeOf(left, right), left == null ? null : ObjectNames.Of(left), right == null ? null : ObjectNames.Of(right));
        }
    }

    static Place PlaceOf(ExtendedObject one, Place place) => one.Kind switch
    {
        "machine" => place with { Path = "" },
        "task" => new Place("", (int)one.Fields.Uint("pid"), DifferenceKind.Task),
        "memory" => place with { Path = "", Kind = DifferenceKind.Region },
        "descriptors" => place with { Path = "", Kind = DifferenceKind.Descriptor },
        "dentry" => new Place(ObjectNames.Of(one), null, DifferenceKind.File),
        _ => place,
    };

    void Compare(IReadOnlyList<ExtendedField> left, IReadOnlyList<ExtendedField> right, Place place)
    {
        foreach (var field in left) Compare(field.Value, right.Value(field.Name), place.In(field.Name));
        foreach (var field in right)
            if (!left.Any(other => other.Name == field.Name)) Compare(null, field.Value, place.In(field.Name));
    }

    void Compare(object? left, object? right, Place place)
    {
        if (place is { Kind: DifferenceKind.Register, Path: "fxsave" }) (left, right) = (left ?? RegisterNames.Unused, right ?? RegisterNames.Unused);
        switch (left ?? right)
        {
            case null: break;
            case ExtendedObject: Meet(left as ExtendedObject, right as ExtendedObject, place); break;
            case PageRun[]: ComparePages(left as PageRun[] ?? [], right as PageRun[] ?? [], place); break;
            case IReadOnlyList<IReadOnlyList<ExtendedField>>:
                CompareLists(left as IReadOnlyList<IReadOnlyList<ExtendedField>> ?? [], right as IReadOnlyList<IReadOnlyList<ExtendedField>> ?? [], place);
                break;
            case IReadOnlyList<ExtendedField>:
                Compare(left as IReadOnlyList<ExtendedField> ?? [], right as IReadOnlyList<ExtendedField> ?? [], place);
                break;
            case byte[] when left is byte[] one && right is byte[] other: CompareBytes(one, other, place); break;
            default:
                if (!Equals(left, right)) Add(place, ChangeOf(left, right), left, right);
                break;
        }
    }

    void CompareBytes(byte[] left, byte[] right, Place place)
    {
        if (left.AsSpan().SequenceEqual(right)) return;
        if (place.Kind == DifferenceKind.Register && left.Length == right.Length && RegisterNames.PiecesOf(place.Name) is { } pieces)
        {
            foreach (var (name, start, length) in pieces)
            {
                var (one, other) = (Part(left, start, length), Part(right, start, length));
                if (!one.AsSpan().SequenceEqual(other)) Add(place with { Path = name }, DifferenceChange.Changed, one, other);
            }
            return;
        }
        foreach (var (start, length) in ByteRanges.Of(left, right)) Add(place, DifferenceChange.Changed, Part(left, start, length), Part(right, start, length), (uint)start, length);
        int common = Math.Min(left.Length, right.Length);
        if (left.Length > common) Add(place, DifferenceChange.Removed, left[common..], null, (uint)common, left.Length - common);
        if (right.Length > common) Add(place, DifferenceChange.Added, null, right[common..], (uint)common, right.Length - common);
    }

    static byte[] Part(byte[] bytes, int start, int length) => start >= bytes.Length ? [] : bytes[start..Math.Min(start + length, bytes.Length)];

    void CompareLists(IReadOnlyList<IReadOnlyList<ExtendedField>> left, IReadOnlyList<IReadOnlyList<ExtendedField>> right, Place place)
    {
        var (leftKeys, rightKeys) = (KeysOf(left), KeysOf(right));
        if (leftKeys == null || rightKeys == null)
        {
            for (int i = 0; i < Math.Max(left.Count, right.Count); i++)
                CompareItems(i < left.Count ? left[i] : null, i < right.Count ? right[i] : null, place.At(i.ToString(CultureInfo.InvariantCulture)));
            return;
        }
        var others = rightKeys.Zip(right).ToDictionary(static pair => pair.First, static pair => pair.Second, StringComparer.Ordinal);
        for (int i = 0; i < left.Count; i++) CompareItems(left[i], others.GetValueOrDefault(leftKeys[i]), place.At(leftKeys[i]));
        var known = new HashSet<string>(leftKeys, StringComparer.Ordinal);
        for (int i = 0; i < right.Count; i++)
            if (!known.Contains(rightKeys[i])) CompareItems(null, right[i], place.At(rightKeys[i]));
        if (leftKeys.Count == rightKeys.Count && known.SetEquals(rightKeys) && !leftKeys.SequenceEqual(rightKeys))
            Add(place, DifferenceChange.Changed, string.Join(' ', leftKeys), string.Join(' ', rightKeys));
    }

    /// <summary>What tells the entries apart; null when nothing does.</summary>
    static List<string>? KeysOf(IReadOnlyList<IReadOnlyList<ExtendedField>> list)
    {
        var keys = new List<string>(list.Count);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list)
        {
            if (ObjectNames.KeyOf(item) is not { } key || !known.Add(key)) return null;
            keys.Add(key);
        }
        return keys;
    }

    void CompareItems(IReadOnlyList<ExtendedField>? left, IReadOnlyList<ExtendedField>? right, Place place)
    {
        if (left != null && right != null)
        {
            if (left is [{ Value: ExtendedObject one }] && right is [{ Value: ExtendedObject other }]) Meet(one, other, place);
            else Compare(left, right, place);
            return;
        }
        var only = left ?? right!;
        string name = only.Select(static field => field.Value).OfType<ExtendedObject>().Select(ObjectNames.Of).FirstOrDefault() ?? place.Name;
        if (only is [{ Value: ExtendedObject { Kind: "task" } task }])
        {
            place = PlaceOf(task, place) with { Path = "task" };
            // It came or went with all lists that it stands in.
            if (!newOrGone.Add((place.ProcessId!.Value, left == null))) return;
        }
        Add(place, left == null ? DifferenceChange.Added : DifferenceChange.Removed, left == null ? null : name, left == null ? name : null);
    }

    void ComparePages(PageRun[] left, PageRun[] right, Place place)
    {
        if (place.Kind == DifferenceKind.Region) place = place with { Kind = DifferenceKind.Memory };
        var comparison = new PageDifferences(first.Pages.CopyTo, second.Pages.CopyTo);
        comparison.Run(Numbered(left), Numbered(right), (change, address, length, before, after) => Add(place, change, before, after, address, length), cancellation);
    }

    static SortedDictionary<uint, int> Numbered(PageRun[] runs)
    {
        var pages = new SortedDictionary<uint, int>();
        foreach (var run in runs)
            for (uint i = 0; i < run.Count; i++) pages[run.First + i] = (int)(run.Page + i);
        return pages;
    }

    static DifferenceChange ChangeOf(object? left, object? right) => left == null ? DifferenceChange.Added : right == null ? DifferenceChange.Removed : DifferenceChange.Changed;

    void Add(Place place, DifferenceChange change, object? left, object? right, uint? address = null, long length = 0) => found.Add(new ImageDifference
    {
        Kind = place.Kind,
        Change = change,
        ProcessId = place.ProcessId,
        Name = place.Path,
        Address = address,
        Length = length,
        Reference = left,
        Difference = right,
    });

    readonly record struct Pair(ExtendedObject Left, ExtendedObject Right, Place Place);

    /// <summary>How far the walk has come.</summary>
    /// <param name="Path">Names of fields from the task, file or machine on.</param>
    /// <param name="ProcessId">The task that led here.</param>
    /// <param name="Kind">What differences here are.</param>
    readonly record struct Place(string Path, int? ProcessId, DifferenceKind Kind)
    {
        public string Name => Path[(Path.LastIndexOf('.') + 1)..];

        public Place In(string field) => field == "registers" && Kind == DifferenceKind.Task && Path.Length == 0
            ? this with { Kind = DifferenceKind.Register }
            : this with { Path = Path.Length == 0 ? field : $"{Path}.{field}" };

        public Place At(string key) => this with { Path = $"{Path}[{key}]" };
    }
}
