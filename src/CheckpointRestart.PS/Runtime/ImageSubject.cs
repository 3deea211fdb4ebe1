using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.PS.Objects;
using VmFlags = CheckpointRestart.Core.VmFlags;

namespace CheckpointRestart.PS.Runtime;

/// <summary>A task of a checkpoint, in memory or opened from a file.</summary>
sealed partial class ImageSubject(Checkpoint checkpoint, string label, int pid) : Subject
{
    RegionFiles? behind;

    CheckpointImage Image
    {
        get
        {
            try
            {
                return checkpoint.ViewOf(pid);
            }
            catch (RestoreException)
            {
                throw new CrException("TaskEnded", ErrorCategory.ObjectNotFound, $"Task {Task} of {Label} had ended: its memory, registers and descriptors are gone.", "Get-CrTask -Checkpoint lists its tasks.");
            }
        }
    }

    internal override string Label { get; } = label;

    internal override int ProcessId => pid;

    internal override CrHeader Header() => new(checkpoint.Head, Label)
    {
        Format = checkpoint.Format,
        ProcessId = pid,
        Name = checkpoint.Tasks.FirstOrDefault(task => task.Pid == pid)?.Comm ?? "",
    };

    internal override IEnumerable<CrRecord> Records() => checkpoint.Records().Select(record => new CrRecord(record, Label));

    internal override IReadOnlyList<CrVma> Vmas() => [.. Image.Memory.Vmas.Select(Describe)];

    internal override MemoryMap Map(CancellationToken cancellation)
    {
        // Says what is wrong with the task, when something is.
        _ = Image;
        return MemoryMap.Of(checkpoint, pid, cancellation);
    }

    internal override IEnumerable<CrPage> Pages(CrVma vma)
    {
        if (Image.Memory.Find(vma.Start) is not { } saved) yield break;
        for (int i = 0; i < saved.Pages.Count; i++)
            yield return new CrPage(this, saved.Pages.AddressOf(i), PageState.Present | PageState.Private, vma);
    }

    internal override IReadOnlyList<CrFileDescriptor> Descriptors() =>
    [
        .. Image.Files.Descriptors.Select(descriptor => new CrFileDescriptor
        {
            Number = descriptor.Number,
            Kind = (CrFileKind)descriptor.File.Kind,
            Path = descriptor.File.Name.ToString(),
            Flags = descriptor.File.Flags,
            Mode = descriptor.File.Mode,
            Position = descriptor.File.Position,
            CloseOnExec = descriptor.CloseOnExec,
            ObjectReference = descriptor.File.ObjectReference,
            Source = Label,
        }),
    ];

    internal override CrRegisters Registers()
    {
        var cpu = Image.Cpu;
        using var unused = new Registers();
        return new CrRegisters
        {
            Source = Label,
            Eax = (uint)cpu.Ax,
            Ebx = (uint)cpu.Bx,
            Ecx = (uint)cpu.Cx,
            Edx = (uint)cpu.Dx,
            Esi = (uint)cpu.Si,
            Edi = (uint)cpu.Di,
            Ebp = (uint)cpu.Bp,
            Esp = (uint)cpu.Sp,
            Eip = (uint)cpu.Ip,
            Eflags = (CrProcessorFlags)cpu.Flags,
            OrigEax = (int)(uint)cpu.OrigAx,
            Cs = (ushort)cpu.Cs,
            Ss = (ushort)cpu.Ss,
            Ds = (ushort)cpu.Ds,
            Es = (ushort)cpu.Es,
            Fs = (ushort)cpu.Fs,
            Gs = (ushort)cpu.Gs,
            Dr0 = (uint)cpu.Dr0,
            Dr1 = (uint)cpu.Dr1,
            Dr2 = (uint)cpu.Dr2,
            Dr3 = (uint)cpu.Dr3,
            // Without breakpoints the image has none of them, and a restored task those of a new program.
            Dr6 = cpu.UsesDebug != 0 ? (uint)cpu.Dr6 : unused.GetDebug(6),
            Dr7 = cpu.UsesDebug != 0 ? (uint)cpu.Dr7 : unused.GetDebug(7),
            UsedMath = cpu.UsedMath != 0,
            FxSave = FloatingPoint(cpu),
            Descriptors = new[] { cpu.Cs, cpu.Ss, cpu.Ds, cpu.Es, cpu.Fs, cpu.Gs }.Select(static selector => (ushort)selector).Distinct()
                .ToDictionary(static selector => selector, selector => Image.DescriptorOf(selector)),
            Tls = Image.Thread.Tls.ToArray(),
        };
    }

    /// <summary>The floating-point state in FXSAVE's form, whichever the image has.</summary>
    static byte[] FloatingPoint(in CpuRecord cpu)
    {
        var area = cpu.FxSave.AsSpan().ToArray();
        if (cpu.UsedMath != 0 && cpu.HasFxsr != 0) return area;
        using var registers = new Registers();
        if (cpu.UsedMath != 0) registers.RestoreFsave(area);
        registers.SaveFxsr(area);
        return area;
    }

    internal override CodeView Code(RootOptions? files)
    {
        _ = Task;
        var opened = new CheckpointFiles(checkpoint, files, pid);
        var segment = Image.DescriptorOf((ushort)Image.Cpu.Cs);
        return new CodeView(this, (address, to) => Read(address, to, opened), opened.Symbols(), segment.Base + (uint)Image.Cpu.Ip, segment is { IsEmpty: false, Big: false }, null, opened);
    }

    ImageTask Task => checkpoint.Tasks.FirstOrDefault(task => task.Pid == pid)
        ?? throw NoTask(Label, pid);

    internal static CrException NoTask(string label, int pid) => new("TaskNotInImage", ErrorCategory.ObjectNotFound, $"{label} has no task {pid}.", "Get-CrTask -Checkpoint lists its tasks.");

    internal override DebugTarget Target(RootOptions? files) => new ImageTarget(checkpoint, (int)Image.ProcessId, files);

    internal override string Hash(StateHashScope scope, RootOptions? files)
    {
        _ = Task;
        return StateHash.Compute(checkpoint, new RestoreOptions { Root = files ?? checkpoint.Machine?.Root }, scope, pid);
    }

    internal override int Read(uint address, Span<byte> to) => Read(address, to, Behind);

    /// <summary>The files behind its memory, where somebody has said where they are.</summary>
    RegionFiles? Behind => Files == null ? null : behind ??= new RegionFiles(checkpoint, pid, Image, Files);

    int Read(uint address, Span<byte> to, IFilePages? files)
    {
        int read = new ImageMemory(Image, files).Read(address, to);
        if (read == 0 && !to.IsEmpty && Image.Memory.Find(address) is { File: { } file }) throw NotInImage(address, file.ToString(), files);
        return read;
    }

    CrException NotInImage(uint address, string file, IFilePages? files) => new(
        "PageNotInImage",
        ErrorCategory.ObjectNotFound,
        $"The page at {address:x8} was never written: it belongs to the file {file}, and {Label} does not hold it.{((files as RegionFiles)?.Missing(address) is { } reason ? " " + reason : "")}",
        files switch
        {
            null => "Get-CrPage lists what the image holds; New-PSDrive -PSProvider CrImage -Root <image> -Files <root> reads the rest from the root that it was taken over, and the restored task has all.",
            RegionFiles => "Give -Files the root as it was when the image was taken.",
            _ => "Give -Root the directory that holds this file, or -FilePath the program.",
        });

    CrVma Describe(SavedVma vma) => new(this, vma.Start, vma.End, (VmFlags)(uint)vma.Flags, vma.Record.Kind, vma.File?.ToString(), MemoryMap.NameOf(Image, vma), vma.PageOffset, vma.Pages.Count);
}
