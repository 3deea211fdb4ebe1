namespace CheckpointRestart.Core.Files;

/// <summary>Objects in the order in which they were added. Taking one away costs the same however many there are, and moves nobody while somebody goes through them.</summary>
/// <remarks>Few are looked through; for many there is an index, and holes that are filled up when they are the half.</remarks>
internal sealed class OrderedSet<T> where T : class
{
    const int Few = 16;

    readonly List<T?> entries = [];
    Dictionary<T, int>? places;
    int holes, readers;
    bool hasTwins;

    /// <summary>How many there are.</summary>
    public int Count => entries.Count - holes;

    /// <summary>One past the highest place.</summary>
    public int End => entries.Count;

    /// <summary>What is at a place; null where something was taken away.</summary>
    public T? this[int place] => entries[place];

    /// <summary>Adds an object at the end.</summary>
    public void Add(T item)
    {
        if (places == null && entries.Count >= Few && !hasTwins) BuildPlaces();
        if (places?.TryAdd(item, entries.Count) == false) HaveTwins();
        entries.Add(item);
    }

    /// <summary>Takes an object away; of one that was added twice the first.</summary>
    /// <returns>False when it is not there.</returns>
    public bool Remove(T item)
    {
        int place;
        if (places == null) place = entries.IndexOf(item);
        else if (!places.Remove(item, out place)) return false;
        if (place < 0) return false;
        if (places == null && readers == 0 && holes == 0)
        {
            entries.RemoveAt(place);
            return true;
        }
        entries[place] = null;
        holes++;
        if (readers == 0) Tidy();
        return true;
    }

    /// <summary>Takes all away.</summary>
    public void Clear()
    {
        entries.Clear();
        places = null;
        holes = 0;
        hasTwins = false;
    }

    /// <summary>Somebody begins to go through the places: they stay what they are until <see cref="EndReading"/>.</summary>
    public void BeginReading() => readers++;

    /// <summary>As many times as <see cref="BeginReading"/>.</summary>
    public void EndReading()
    {
        if (--readers == 0) Tidy();
    }

    void Tidy()
    {
        if (holes == 0 || (holes < entries.Count / 2 && places != null)) return;
        entries.RemoveAll(static entry => entry == null);
        holes = 0;
        if (entries.Count == 0) hasTwins = false;
        bool had = places != null;
        places = null;
        if (had && entries.Count >= Few) BuildPlaces();
    }

    void BuildPlaces()
    {
        places = new Dictionary<T, int>(ReferenceEqualityComparer.Instance);
        for (int place = 0; place < entries.Count; place++)
        {
            if (entries[place] is { } entry && !places.TryAdd(entry, place))
            {
                HaveTwins();
                return;
            }
        }
    }

    void HaveTwins()
    {
        hasTwins = true;
        places = null;
    }
}
