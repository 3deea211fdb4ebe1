using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>A file in a target's memory, at one load bias, with what is read of it when it is first asked for.</summary>
sealed class LoadedModule(string path, uint bias, ElfSections? sections)
{
    CallFrames? exceptionFrames, debugFrames;
    LineTable? lines;

    /// <summary>Its guest path.</summary>
    public string Path { get; } = path;

    /// <summary>What its addresses are moved by.</summary>
    public uint Bias { get; } = bias;

    /// <summary>.eh_frame.</summary>
    public CallFrames? ExceptionFrames => exceptionFrames ??= Frames(".eh_frame", true);

    /// <summary>.debug_frame.</summary>
    public CallFrames? DebugFrames => debugFrames ??= Frames(".debug_frame", false);

    /// <summary>.debug_line.</summary>
    public LineTable? Lines => sections == null ? null : lines ??= new LineTable(sections);

    CallFrames? Frames(string name, bool isEhFrame) => sections == null ? null : new CallFrames(sections.Contents(name), sections.Find(name)?.Address ?? 0, isEhFrame);
}

/// <summary>The files in a target's memory, by address.</summary>
sealed class ModuleMap : IDisposable
{
    const int MostRegions = 64, MostModules = 4096;

    readonly List<(uint Start, uint End, LoadedModule Module)> regions = [];
    readonly List<GuestFile> open = [];

    /// <param name="target">Whose.</param>
    public ModuleMap(DebugTarget target)
    {
        foreach (var module in target.Modules.Take(MostModules)) Add(target, module);
        uint vdso = target.Auxiliary(DebugTarget.VdsoHeader) ?? Vdso.Address;
        var page = new byte[Vdso.Size];
        if (target.Read(vdso, page) == page.Length && ElfSections.Read(new GuestFile.InMemory(page)) is { } sections)
            regions.Add((vdso, vdso + Vdso.Size, new LoadedModule("[vdso]", vdso, sections)));
    }

    /// <summary>The file that an address belongs to, or null.</summary>
    public LoadedModule? Find(uint address)
    {
        foreach (var (start, end, module) in regions)
            if (address >= start && address < end) return module;
        return null;
    }

    void Add(DebugTarget target, DebugModule module)
    {
        var file = target.Open(module.Path, out _);
        var sections = file == null ? null : ElfSections.Read(file);
        if (sections == null)
        {
            file?.Dispose();
            // A file that is not here still has a name and an offset.
            uint first = module.Regions.Min(static region => region.Start - (uint)region.Offset);
            Add(module, new LoadedModule(module.Path, first, null));
            return;
        }
        open.Add(file!);
        FileRegion[] shown = [.. module.Regions.Take(MostRegions)];
        var biases = new SymbolMap.SymbolFile([.. sections.Loads], sections.IsPositionIndependent, SymbolTable.Empty).BiasesOf(shown).ToArray();
        if (biases.Length == 1)
        {
            Add(module, new LoadedModule(module.Path, biases[0], sections));
            return;
        }
        foreach (uint bias in biases)
            foreach (var load in sections.Loads)
                regions.Add((load.Address + bias & ~0xFFFu, load.Address + load.MemorySize + bias, new LoadedModule(module.Path, bias, sections)));
    }

    void Add(DebugModule module, LoadedModule loaded)
    {
        foreach (var region in module.Regions) regions.Add((region.Start, region.End, loaded));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in open) file.Dispose();
        open.Clear();
    }
}
