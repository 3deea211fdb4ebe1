using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Proc;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Memory;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Debugging;

/// <summary>A process of a live machine. Looking changes nothing in it.</summary>
public sealed class LiveTarget : DebugTarget
{
    readonly Machine machine;
    readonly ThreadGroup group;
    readonly Lock opening = new();
    RootView? files;

    /// <param name="task">A task of the process.</param>
    public LiveTarget(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        machine = task.Machine;
        group = task.Group;
        Task = task;
    }

    /// <summary>The task that it was made for.</summary>
    public Task Task { get; }

    /// <summary>The machine.</summary>
    public Machine Machine => machine;

    /// <inheritdoc/>
    public override int ProcessId => group.Id;

    /// <inheritdoc/>
    public override bool HasSse => machine.Processor.Model.Has(CpuFeatures.Sse);

    /// <inheritdoc/>
    public override IReadOnlyList<DebugThread> Threads => machine.Execute(_ => group.Threads.Select(static thread => new DebugThread(thread.Pid, thread.Comm)).ToArray());

    /// <summary>A thread by its number, or null.</summary>
    public Task? Find(int thread) => machine.Execute(_ => FindHere(thread));

    /// <inheritdoc/>
    public override GuestRegisters? Registers(int thread) => machine.Execute(_ => FindHere(thread) is { Registers: not null } found ? GuestRegisters.Of(found) : null);

    /// <inheritdoc/>
    public override int Read(uint address, Span<byte> to)
    {
        var copy = new byte[to.Length];
        int read = machine.Execute(_ => Memory?.Peek(address, copy) ?? 0);
        copy.AsSpan(0, read).CopyTo(to);
        return read;
    }

    /// <inheritdoc/>
    public override byte[] AuxiliaryVector => machine.Execute(_ => group.AuxiliaryVector);

    /// <inheritdoc/>
    public override string ExecutablePath => machine.Execute(_ => group.Executable?.FullPath() ?? "");

    /// <inheritdoc/>
    public override IReadOnlyList<DebugModule> Modules => machine.Execute(_ => Memory == null ? [] :
        Memory.Regions.Where(static region => region.Source is MappedFile).GroupBy(static region => ((MappedFile)region.Source!).Dentry)
            .Select(static file => new DebugModule(file.Key.FullPath(), [.. file.Select(static region => new FileRegion(region.Start, region.End, (ulong)region.PageOffset << 12))])).ToArray());

    /// <inheritdoc/>
    public override uint? StackStart => machine.Execute(_ => Memory?.Layout.StartStack);

    /// <inheritdoc/>
    public override string Maps => machine.Execute(_ => group.Threads.Count > 0 ? ProcMaps.Format(group.Threads[0]) : "");

    /// <inheritdoc/>
    public override SymbolMap Symbols => SymbolMap.Of(machine.Execute(_ => group.Threads.Count > 0 ? group.Threads[0] : Task));

    /// <inheritdoc/>
    /// <remarks>What is mapped is the file itself; anything else comes from the root beneath what the guest has written, so that nothing is looked up in the guest's own tree.</remarks>
    public override GuestFile? Open(string path, out Errno error)
    {
        var mapped = machine.Execute(_ => Memory?.Regions.Select(static region => region.Source).OfType<MappedFile>()
            .FirstOrDefault(file => string.Equals(file.Dentry.FullPath(), path, StringComparison.Ordinal))?.Dentry.Inode as RegularInode);
        error = Errno.None;
        if (mapped != null) return new GuestFile.Mapped(machine, mapped);
        lock (opening) return OpenBeneath(path, out error);
    }

    AddressSpace? Memory => group.Threads.Count > 0 ? group.Threads[0].AddressSpace : null;

    Task? FindHere(int thread) => group.Threads.FirstOrDefault(one => one.Pid == thread);

    GuestFile.Opened? OpenBeneath(string path, out Errno error)
    {
        try
        {
            files ??= new RootView(machine.Options.Root);
        }
        catch (IOException)
        {
            error = Errno.EIO;
            return null;
        }
        return files.Open(path, out error) is { } file ? new GuestFile.Opened(file, isOwner: true) : null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (opening)
        {
            files?.Dispose();
            files = null;
        }
    }
}
