using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image.Records;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Debugging;

/// <summary>The registers of a thread at one moment, of a live task or of an image.</summary>
public sealed class GuestRegisters
{
    readonly uint[] general = new uint[8];
    readonly ushort[] segments = new ushort[6];
    readonly byte[] fsave = new byte[FxState.FsaveSize];
    readonly byte[] fxsave = new byte[FxState.ExtendedSize];

    GuestRegisters()
    {
    }

    /// <summary>EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI: the processor's order, which DWARF shares.</summary>
    public IReadOnlyList<uint> General => general;

    /// <summary>The next instruction.</summary>
    public uint Eip { get; private init; }

    /// <summary>Flags.</summary>
    public uint Eflags { get; private init; }

    /// <summary>The stack pointer.</summary>
    public uint Esp => general[4];

    /// <summary>The system call that the thread is in, or 0xFFFFFFFF.</summary>
    public uint OrigEax { get; private init; }

    /// <summary>CS, SS, DS, ES, FS, GS: gdb's order.</summary>
    public IReadOnlyList<ushort> Segments => segments;

    /// <summary>The x87 state as FSAVE stores it.</summary>
    public ReadOnlySpan<byte> Fsave => fsave;

    /// <summary>XMM0 to XMM7.</summary>
    public ReadOnlySpan<byte> Sse => fxsave.AsSpan(FxState.XmmStart, FxState.XmmSize);

    /// <summary>MXCSR.</summary>
    public uint SseControl => BinaryPrimitives.ReadUInt32LittleEndian(fxsave.AsSpan(FxState.MxcsrStart));

    /// <summary>Those of a task that lives. On its machine's thread.</summary>
    public static GuestRegisters Of(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var r = task.Registers!;
        var made = new GuestRegisters { Eip = r.Eip, Eflags = r.Eflags, OrigEax = task.OrigEax };
        ((ReadOnlySpan<uint>)[r.Eax, r.Ecx, r.Edx, r.Ebx, r.Esp, r.Ebp, r.Esi, r.Edi]).CopyTo(made.general);
        ((ReadOnlySpan<ushort>)[r.Cs, r.Ss, r.Ds, r.Es, r.Fs, r.Gs]).CopyTo(made.segments);
        made.CopyFloat(r);
        return made;
    }

    /// <summary>Those that an image has.</summary>
    public static GuestRegisters Of(in CpuRecord cpu)
    {
        var made = new GuestRegisters { Eip = (uint)cpu.Ip, Eflags = (uint)cpu.Flags, OrigEax = (uint)cpu.OrigAx };
        ((ReadOnlySpan<uint>)[(uint)cpu.Ax, (uint)cpu.Cx, (uint)cpu.Dx, (uint)cpu.Bx, (uint)cpu.Sp, (uint)cpu.Bp, (uint)cpu.Si, (uint)cpu.Di]).CopyTo(made.general);
        ((ReadOnlySpan<ushort>)[(ushort)cpu.Cs, (ushort)cpu.Ss, (ushort)cpu.Ds, (ushort)cpu.Es, (ushort)cpu.Fs, (ushort)cpu.Gs]).CopyTo(made.segments);
        using var registers = new Registers();
        var area = cpu.FxSave.AsSpan();
        if (cpu.UsedMath != 0 && cpu.HasFxsr != 0) registers.RestoreFxsr(area);
        else if (cpu.UsedMath != 0) registers.RestoreFsave(area[..FxState.FsaveSize]);
        made.CopyFloat(registers);
        return made;
    }

    void CopyFloat(Registers registers)
    {
        registers.SaveFsave(fsave);
        registers.SaveFxsr(fxsave);
    }
}
