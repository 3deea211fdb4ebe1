using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.PS.Objects;
using KernelTask = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.PS.Runtime;

/// <summary>A live task, as it is between two instructions.</summary>
sealed partial class TaskSubject(CrTask task) : Subject
{
    internal override string Label => task.Label;

    internal override int ProcessId => task.Task.Pid;

    internal override int? TaskId => task.Id;

    internal override CrHeader Header() => Look(kernel =>
    {
        var version = kernel.Machine.Version;
        var time = (ulong)Math.Max(0, kernel.Machine.Clock.Realtime / 1_000_000_000);
        return new CrHeader(HeadRecord.Create(version.Major, version.Minor, version.Patch, time, version.Release, version.Version, version.Machine), Label)
        {
            ProcessId = kernel.Pid,
            Name = kernel.Comm,
        };
    });

    internal override IEnumerable<CrRecord> Records()
    {
        Look(static kernel => kernel);
        using var checkpoint = Checkpointer.Capture(task.Task, new CaptureOptions());
        foreach (var record in RecordInspector.Enumerate(checkpoint.Image)) yield return new CrRecord(record, Label);
    }

    internal override IReadOnlyList<CrVma> Vmas() => Look(kernel => kernel.AddressSpace!.Regions.Select(region => Describe(kernel.AddressSpace, region)).ToArray());

    internal override MemoryMap Map(CancellationToken cancellation) => MemoryMap.Of(task.Task) ?? throw Ended();

    internal override IEnumerable<CrPage> Pages(CrVma vma) => Look(kernel =>
    {
        var found = new List<CrPage>();
        kernel.AddressSpace!.VisitPresent(vma.Start, vma.End, (page, state) => found.Add(new CrPage(this, page << 12, state, vma)));
        return found;
    });

    internal override IReadOnlyList<CrFileDescriptor> Descriptors() => Look(kernel =>
    {
        var objects = new Dictionary<OpenFile, int>(ReferenceEqualityComparer.Instance);
        var table = kernel.Files!;
        return table.Numbers.Select(number => Describe(kernel, table[number]!, number, table.GetCloseOnExec(number), objects)).ToArray();
    });

    internal override CrRegisters Registers() => Look(kernel =>
    {
        var registers = kernel.Registers!;
        var area = new byte[512];
        registers.SaveFxsr(area);
        return new CrRegisters
        {
            Source = Label,
            Eax = registers.Eax,
            Ebx = registers.Ebx,
            Ecx = registers.Ecx,
            Edx = registers.Edx,
            Esi = registers.Esi,
            Edi = registers.Edi,
            Ebp = registers.Ebp,
            Esp = registers.Esp,
            Eip = registers.Eip,
            Eflags = (CrProcessorFlags)registers.Eflags,
            OrigEax = (int)kernel.OrigEax,
            Cs = registers.Cs,
            Ss = registers.Ss,
            Ds = registers.Ds,
            Es = registers.Es,
            Fs = registers.Fs,
            Gs = registers.Gs,
            Dr0 = registers.GetDebug(0),
            Dr1 = registers.GetDebug(1),
            Dr2 = registers.GetDebug(2),
            Dr3 = registers.GetDebug(3),
            Dr6 = registers.GetDebug(6),
            Dr7 = registers.GetDebug(7),
            UsedMath = registers.UsedMath,
            FxSave = area,
            Features = kernel.Machine.Processor.Model.Features,
            Descriptors = new[] { registers.Cs, registers.Ss, registers.Ds, registers.Es, registers.Fs, registers.Gs }.Distinct()
                .ToDictionary(static selector => selector, selector => new SegmentDescriptor(registers.GetDescriptor(selector))),
            Tls = Enumerable.Range(0, 3).Select(index => new SegmentDescriptor(registers.GetTls(index))).ToArray(),
        };
    });

    internal override CodeView Code(RootOptions? files)
    {
        var (next, is16Bit) = Look(static kernel => (kernel.Registers!.LinearEip, kernel.Registers.IsCode16));
        return new CodeView(this, Read, SymbolMap.Of(task.Task), next, is16Bit, task.Id, null);
    }

    internal override DebugTarget Target(RootOptions? files) => new LiveTarget(Look(static kernel => kernel));

    internal override string Hash(StateHashScope scope, RootOptions? files) => StateHash.Compute(task.Task, scope);

    internal override int Read(uint address, Span<byte> to)
    {
        var copy = new byte[to.Length];
        int read = Read(address, copy, copy.Length);
        copy.AsSpan(0, read).CopyTo(to);
        return read;
    }

    internal override int Read(uint address, byte[] to, int length) => Look(kernel => kernel.AddressSpace!.Peek(address, to.AsSpan(0, length)));

    T Look<T>(Func<KernelTask, T> look) => task.Machine.Kernel.Execute(_ => task.Task.AddressSpace is null
        ? throw Ended()
        : look(task.Task));

    CrException Ended() => new("TaskEnded", ErrorCategory.ObjectNotFound, $"{Lifecycle.Sentence(Label)} has ended: its memory, registers and descriptors are gone.", "Get-CrTask shows the exit code.");

    CrVma Describe(AddressSpace memory, Vma region)
    {
        int pages = 0;
        memory.VisitPresent(region.Start, region.End, (_, state) => pages += (state & PageState.Private) != 0 ? 1 : 0);
        return new CrVma(this, region.Start, region.End, region.Flags, region.Source is null ? VmaKind.Anonymous : VmaKind.File, region.Source?.Name, region.Name, region.PageOffset, pages);
    }

    CrFileDescriptor Describe(KernelTask kernel, OpenFile file, int number, bool closeOnExec, Dictionary<OpenFile, int> objects)
    {
        objects.TryAdd(file, objects.Count + 1);
        return new CrFileDescriptor
        {
            Number = number,
            Kind = CrFile.KindOf(file.Inode.Type),
            Path = file.Dentry.FullPath(kernel.FileSystem!.Root),
            Flags = (FileFlags)(uint)file.Flags,
            Mode = (FileModes)(ushort)file.Mode,
            Position = (ulong)file.Position,
            CloseOnExec = closeOnExec,
            ObjectReference = objects[file],
            Source = Label,
        };
    }
}
