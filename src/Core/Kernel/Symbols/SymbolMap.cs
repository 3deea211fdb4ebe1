using System.Globalization;
using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Symbols;

/// <summary>A region that shows a part of a file.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="Offset">Where in the file it begins, in bytes; a multiple of 4096.</param>
public readonly record struct FileRegion(uint Start, uint End, ulong Offset);

/// <summary>A place named by a symbol.</summary>
/// <param name="Name">The symbol's.</param>
/// <param name="Start">Where the thing begins in the address space.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="File">Guest path of the file that has the symbol.</param>
public readonly record struct SymbolPlace(string Name, uint Start, uint Offset, string File)
{
    /// <inheritdoc/>
    public override string ToString() => Offset == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}+0x{Offset:x}");
}

/// <summary>The symbols of the ELF files that an address space shows, each at its load bias. It is of the moment at which it was made, and may be used on any thread.</summary>
public sealed class SymbolMap
{
    /// <summary>Segments of a file, and regions that show it, that are looked at. Programs have a handful; what a hostile one makes up must not take long.</summary>
    const int MostPieces = 64;

    /// <summary>Symbols of all files together.</summary>
    const int MostSymbols = 1 << 21;

    readonly List<Module> modules = [];
    int symbols;

    sealed record Module(string File, uint Bias, uint Start, uint End, SymbolTable Table);

    /// <summary>Every name, once, in order.</summary>
    public IEnumerable<string> Names => modules.SelectMany(static module => module.Table.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The symbols of what a task has mapped. A file is read once, until it changes. Any thread.</summary>
    public static SymbolMap Of(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(machine =>
        {
            var map = new SymbolMap();
            if (task.AddressSpace is not { } memory) return map;
            if (memory.FindRegion(Vdso.Address) is { Name: "[vdso]" }) map.AddVdso();
            var cache = machine.GetService<SymbolCache>();
            foreach (var file in memory.Regions.Where(static region => region.Source is MappedFile).GroupBy(static region => ((MappedFile)region.Source!).Dentry))
                map.Add(file.Key.FullPath(), cache.Get(machine.Tree, file.Key), [.. file.Select(static region => new FileRegion(region.Start, region.End, (ulong)region.PageOffset << 12))]);
            return map;
        });
    }

    /// <summary>Adds a file that is open for reading.</summary>
    /// <param name="file">Closed by the caller.</param>
    /// <param name="path">Its guest path.</param>
    /// <param name="regions">Where it is mapped.</param>
    public void Add(OpenFile file, string path, IReadOnlyList<FileRegion> regions) => Add(path, SymbolFile.Read(file), regions);

    /// <summary>Adds the vdso's entry points.</summary>
    public void AddVdso() => modules.Add(new Module("[vdso]", 0, Vdso.Address, Vdso.Address + Vdso.Size,
        new SymbolTable(Vdso.EntryPoints.Select(static entry => new Symbol(entry.Name, entry.Address, (uint)entry.Length)))));

    /// <summary>What lies at an address, or null.</summary>
    public SymbolPlace? Find(uint address)
    {
        foreach (var module in modules)
            if (address >= module.Start && address < module.End && module.Table.Find(address - module.Bias) is { } symbol)
                return new SymbolPlace(symbol.Name, symbol.Address + module.Bias, address - module.Bias - symbol.Address, module.File);
        return null;
    }

    /// <summary>The address of a symbol, or of one with an offset: main, main+18, main+0x12. Null when there is none of that name.</summary>
    public uint? Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var module in modules)
            if (module.Table.Find(text) is { } symbol) return symbol.Address + module.Bias;
        int plus = text.LastIndexOf('+');
        return plus > 0 && ParseOffset(text.AsSpan(plus + 1)) is { } offset && Find(text[..plus]) is { } start ? start + offset : null;
    }

    static uint? ParseOffset(ReadOnlySpan<char> text)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(isHex ? text[2..] : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out uint offset) ? offset : null;
    }

    void Add(string path, SymbolFile file, IReadOnlyList<FileRegion> regions)
    {
        symbols += file.Table.Count;
        if (symbols > MostSymbols) return;
        foreach (uint bias in file.BiasesOf([.. regions.Take(MostPieces)]))
            modules.Add(new Module(path, bias, file.Segments.Min(static segment => segment.Address) + bias, file.Segments.Max(static segment => segment.Address + segment.MemorySize) + bias, file.Table));
    }

    /// <summary>What is kept of an ELF file.</summary>
    internal sealed record SymbolFile(IReadOnlyList<ElfSegment> Segments, bool IsPositionIndependent, SymbolTable Table)
    {
        /// <summary>A file without any.</summary>
        public static readonly SymbolFile None = new([], false, SymbolTable.Empty);

        public static SymbolFile Read(OpenFile file) =>
            ElfFile.Read(file, out var elf, out _) == Errno.None ? new SymbolFile([.. elf!.Loads.Take(MostPieces)], elf.IsPositionIndependent, SymbolReader.Read(file)) : None;

        /// <summary>What the addresses of the file are moved by where it is mapped, once for each time that it is. Several segments may show one page of the
        /// file, so a bias counts only where no other one finds more segments in their places.</summary>
        public IEnumerable<uint> BiasesOf(IReadOnlyList<FileRegion> regions)
        {
            if (Segments.Count == 0) return [];
            var candidates = !IsPositionIndependent ? [0u]
                : Segments.SelectMany(segment => regions.Select(region => region.Start - FirstPage(segment.Address) - (uint)(region.Offset - FirstPage(segment.Offset)))).Distinct();
            var counted = candidates.Select(bias => (Bias: bias, Found: Segments.Count(segment => regions.Any(region => Shows(region, segment, bias))))).ToArray();
            int most = counted.Length == 0 ? 0 : counted.Max(static candidate => candidate.Found);
            return most == 0 ? [] : counted.Where(candidate => candidate.Found == most).Select(static candidate => candidate.Bias);
        }

        static bool Shows(FileRegion region, ElfSegment segment, uint bias)
        {
            uint start = FirstPage(segment.Address) + bias;
            return start >= region.Start && start < region.End && region.Offset + (start - region.Start) == FirstPage(segment.Offset);
        }

        static uint FirstPage(uint address) => address & ~0xFFFu;
    }

    /// <summary>The files that were read in a machine, as long as they are what they were.</summary>
    sealed class SymbolCache
    {
        readonly ConditionalWeakTable<Inode, Entry> files = [];
        int kept;

        sealed record Entry(long Size, Timespec Modified, SymbolFile File);

        public SymbolFile Get(FileTree tree, Dentry dentry)
        {
            var inode = dentry.Inode;
            if (files.TryGetValue(inode, out var entry) && entry.Size == inode.Size && entry.Modified == inode.ModifyTime) return entry.File;
            var result = tree.OpenFound(dentry, OpenFlags.ReadOnly, out var open);
            if (open == null) return SymbolFile.None;
            try
            {
                var read = result.IsError || result.WouldBlock ? SymbolFile.None : SymbolFile.Read(open);
                kept += read.Table.Count;
                if (kept > MostSymbols)
                {
                    files.Clear();
                    kept = read.Table.Count;
                }
                files.AddOrUpdate(inode, new Entry(inode.Size, inode.ModifyTime, read));
                return read;
            }
            finally
            {
                open.Release();
            }
        }
    }
}
