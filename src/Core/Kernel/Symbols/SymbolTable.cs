namespace CheckpointRestart.Core.Kernel.Symbols;

/// <summary>A named thing of an ELF file: a function, an object, or a label.</summary>
/// <param name="Name">As the file has it; control characters shown as dots.</param>
/// <param name="Address">As the file has it, without the load bias.</param>
/// <param name="Size">Bytes; 0 when the file does not say.</param>
public sealed record Symbol(string Name, uint Address, uint Size);

/// <summary>The symbols of one ELF file, for looking up both ways.</summary>
public sealed class SymbolTable
{
    /// <summary>How far back a thing is looked for that a smaller one inside it hides.</summary>
    const int Nested = 16;

    readonly Symbol[] ordered;
    readonly Dictionary<string, Symbol> byName = new(StringComparer.Ordinal);

    /// <param name="symbols">The better of two with equal name or address stands first.</param>
    internal SymbolTable(IEnumerable<Symbol> symbols)
    {
        var seen = new HashSet<uint>();
        var kept = new List<Symbol>();
        foreach (var symbol in symbols)
        {
            byName.TryAdd(symbol.Name, symbol);
            if (seen.Add(symbol.Address)) kept.Add(symbol);
        }
        ordered = [.. kept.OrderBy(static symbol => symbol.Address)];
    }

    /// <summary>A file without symbols.</summary>
    public static SymbolTable Empty { get; } = new([]);

    /// <summary>How many there are, by address.</summary>
    public int Count => ordered.Length;

    /// <summary>Names, in no order.</summary>
    public IReadOnlyCollection<string> Names => byName.Keys;

    /// <summary>The symbol of a name, or null.</summary>
    public Symbol? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The symbol that an address lies in, or null. One without a size reaches to the next.</summary>
    public Symbol? Find(uint address)
    {
        int index = LastAtOrBefore(address);
        for (int back = 0; index >= 0 && back < Nested; back++, index--)
        {
            var found = ordered[index];
            if (address - found.Address < found.Size || (found.Size == 0 && back == 0)) return found;
        }
        return null;
    }

    int LastAtOrBefore(uint address)
    {
        int low = 0, high = ordered.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ordered[middle].Address <= address) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }
}
