using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>The code of a task or image as it is at one moment, with its symbols.</summary>
sealed class CodeView : IDisposable
{
    const uint PageSize = 4096;

    readonly Subject subject;
    readonly CodeSource source;
    readonly IDisposable? files;
    readonly int? taskId;
    readonly Disassembler disassembler;
    readonly Dictionary<uint, byte[]> pages = [];

    /// <param name="subject">What it is the code of.</param>
    /// <param name="source">Its bytes; may throw where there are some and they are not here.</param>
    /// <param name="symbols">Its symbols.</param>
    /// <param name="next">Linear address of the next instruction.</param>
    /// <param name="is16Bit">True when it runs 16-bit code.</param>
    /// <param name="taskId">The task's Id; null for an image.</param>
    /// <param name="files">Closed with the view.</param>
    internal CodeView(Subject subject, CodeSource source, SymbolMap symbols, uint next, bool is16Bit, int? taskId, IDisposable? files)
    {
        this.subject = subject;
        this.source = source;
        this.files = files;
        this.taskId = taskId;
        Symbols = symbols;
        Next = next;
        disassembler = new Disassembler(Read, NameOf, is16Bit);
    }

    internal SymbolMap Symbols { get; }

    /// <summary>Linear address of the next instruction.</summary>
    internal uint Next { get; }

    /// <summary>The instruction at an address.</summary>
    /// <exception cref="CrException">AddressNotMapped, PageNotInImage.</exception>
    internal CrInstruction At(uint address) => Show(disassembler.At(address) ?? throw NotMapped(address));

    /// <summary>Instructions one behind the other. They end early where memory does.</summary>
    /// <exception cref="CrException">AddressNotMapped, PageNotInImage: not even the first can be read.</exception>
    internal IEnumerable<CrInstruction> From(uint address, int count)
    {
        bool any = false;
        foreach (var found in disassembler.From(address, count))
        {
            any = true;
            yield return Show(found);
        }
        if (!any) throw NotMapped(address);
    }

    /// <summary>The instructions in front of an address, decoded from the beginning of the symbol that the byte in front of it lies in; empty when that lies in none.</summary>
    internal IEnumerable<CrInstruction> Before(uint address, int count) =>
        Symbols.Find(address - 1) is { } place ? disassembler.Before(place.Start, address, count).Select(Show) : [];

    /// <summary>An address given as a number in hexadecimal, or as a symbol with or without an offset.</summary>
    /// <exception cref="CrException">SymbolNotFound.</exception>
    internal uint Resolve(string text)
    {
        bool isNumber = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!isNumber && Symbols.Find(text) is { } found) return found;
        if (uint.TryParse(isNumber ? text.AsSpan(2) : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint address)) return address;
        throw new CrException("SymbolNotFound", ErrorCategory.ObjectNotFound, $"{Lifecycle.Sentence(subject.Label)} has no symbol '{text}'.", "Symbols come from the program's file and those that it has mapped, where they are not stripped; an address always works. The files of an image are found with -Root or -FilePath.");
    }

    public void Dispose() => files?.Dispose();

    CrInstruction Show(DecodedInstruction found) => new(found, Symbols.Find(found.Address), found.Address == Next, subject.Label, taskId);

    (string Name, uint Start)? NameOf(uint address, bool exact) =>
        Symbols.Find(address) is { } place && (!exact || place.Offset == 0) ? (place.Name, place.Start) : null;

    int Read(uint address, Span<byte> to)
    {
        int done = 0;
        while (done < to.Length)
        {
            uint start = address & ~(PageSize - 1);
            if (!pages.TryGetValue(start, out var page))
            {
                page = new byte[PageSize];
                try
                {
                    page = page[..source(start, page)];
                }
                catch (CrException) when (done > 0)
                {
                    break;
                }
                if (pages.Count == 4) pages.Clear();
                pages.Add(start, page);
            }
            int within = (int)(address - start), length = Math.Min(to.Length - done, page.Length - within);
            if (length <= 0) break;
            page.AsSpan(within, length).CopyTo(to[done..]);
            done += length;
            address += (uint)length;
        }
        return done;
    }

    CrException NotMapped(uint address) => new("AddressNotMapped", ErrorCategory.ObjectNotFound, $"{Lifecycle.Sentence(subject.Label)} has no memory at {address:x8}.", "Get-CrVma lists the regions.");
}
