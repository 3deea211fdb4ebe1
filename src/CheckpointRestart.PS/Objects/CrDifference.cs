using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Comparing;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Objects;

/// <summary>One thing that tells two checkpoints apart.</summary>
public sealed class CrDifference
{
    readonly ImageDifference difference;

    internal CrDifference(ImageDifference difference, string? symbol, string reference, string source)
    {
        this.difference = difference;
        Symbol = symbol;
        ReferenceSource = reference;
        DifferenceSource = source;
    }

    /// <summary>What differs.</summary>
    public DifferenceKind Kind => difference.Kind;

    /// <summary>Changed; Added for what only the second has, Removed for what only the first has.</summary>
    public DifferenceChange Change => difference.Change;

    /// <summary>The pid, in the guest, of the task that has it; null for what belongs to the machine.</summary>
    public int? ProcessId => difference.ProcessId;

    /// <summary>A register, or a path of fields.</summary>
    public string Name => difference.Name;

    /// <summary>Where bytes differ: an address of memory, or an offset in a file or field; null for other values.</summary>
    public uint? Address => difference.Address;

    /// <summary>How many bytes differ; 0 for other values.</summary>
    public long Length => difference.Length;

    /// <summary>The symbol or region that the bytes lie in, with an offset; null without one.</summary>
    public string? Symbol { get; }

    /// <summary>What the first has: a number, text, bytes, or the name of an object; null for nothing.</summary>
    public object? ReferenceValue => difference.Reference;

    /// <summary>What the second has.</summary>
    public object? DifferenceValue => difference.Difference;

    /// <summary>The first.</summary>
    public string ReferenceSource { get; }

    /// <summary>The second.</summary>
    public string DifferenceSource { get; }

    /// <summary>Where it is, on one line.</summary>
    public string Place => Address is { } address && Kind == DifferenceKind.Memory
        ? string.Create(CultureInfo.InvariantCulture, $"{address:x8}+{Length}{(Symbol == null ? "" : " " + Symbol)}")
        : Address is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{Name} {offset:x}+{Length}") : Name;

    /// <summary>What the first has, on one line.</summary>
    public string ReferenceText => Show(ReferenceValue);

    /// <summary>What the second has, on one line.</summary>
    public string DifferenceText => Show(DifferenceValue);

    /// <inheritdoc/>
    public override string ToString() => GuestText.ForDisplay($"{Kind} {Place}: {ReferenceText} -> {DifferenceText}");

    string Show(object? value) => value switch
    {
        null => "",
        byte[] bytes => string.Join(' ', bytes.Take(8).Select(static one => one.ToString("x2", CultureInfo.InvariantCulture))) + (bytes.Length > 8 ? " ..." : ""),
        ulong number when Kind is DifferenceKind.Register or DifferenceKind.Region => number.ToString("x8", CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
