using System.Runtime.InteropServices;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Registers: general, segment, debug, floating point and TLS, to the image's records and back.</summary>
internal static class RegisterCapture
{
    /// <summary>Bytes of INT 80h: a call that is to be made again starts this far before its return address.</summary>
    const uint TrapLength = 2;

    /// <summary>orig_ax of a task in user mode.</summary>
    const uint NoCall = uint.MaxValue;

    static readonly (SegmentName Name, string Text)[] DataSegments =
        [(SegmentName.Ds, "ds"), (SegmentName.Es, "es"), (SegmentName.Fs, "fs"), (SegmentName.Gs, "gs"), (SegmentName.Ss, "ss")];

    /// <summary>Saves the registers of a task that is frozen between two instructions or waits in a call; the call is then about to be made again.</summary>
    public static CpuRecord Save(Task task)
    {
        if (ExtendedCheckpointCall.IsRestored(task)) return SaveInCheckpointCall(task, CheckpointCalls.CheckpointNumber);
        var saved = Copy(task);
        if (task.BlockedCall is not { } call) return saved;
        saved.OrigAx = saved.Ax = call.Number;
        saved.Ip = (uint)saved.Ip - TrapLength;
        return saved;
    }

    /// <summary>Saves the registers of a task inside checkpoint(2): in the restarted task the call returns 0.</summary>
    public static CpuRecord SaveInCheckpointCall(Task task, uint number)
    {
        var saved = Copy(task);
        saved.OrigAx = number;
        saved.Ax = 0;
        return saved;
    }

    /// <summary>The three TLS descriptors.</summary>
    public static SavedThread SaveThread(Registers registers) => new(
        new SegmentDescriptor(registers.GetTls(0)), new SegmentDescriptor(registers.GetTls(1)), new SegmentDescriptor(registers.GetTls(2)));

    /// <summary>Registers as an image has them. Descriptors come first, since segment registers refer to them.</summary>
    /// <exception cref="RestoreException">A selector names a descriptor that is not valid for it.</exception>
    public static void Restore(in CpuRecord saved, SavedThread thread, LocalDescriptorTable? ldt, Registers registers)
    {
        registers.Reset();
        registers.Ldt = ldt;
        for (int index = 0; index < thread.Tls.Count; index++) registers.SetTls(index, thread.Tls[index].Raw);
        registers.Eax = (uint)saved.Ax;
        registers.Ebx = (uint)saved.Bx;
        registers.Ecx = (uint)saved.Cx;
        registers.Edx = (uint)saved.Dx;
        registers.Esi = (uint)saved.Si;
        registers.Edi = (uint)saved.Di;
        registers.Ebp = (uint)saved.Bp;
        registers.Esp = (uint)saved.Sp;
        registers.Eip = (uint)saved.Ip;
        registers.Eflags = (uint)saved.Flags;
        ushort[] selectors = [(ushort)saved.Ds, (ushort)saved.Es, (ushort)saved.Fs, (ushort)saved.Gs, (ushort)saved.Ss];
        LoadSegment(registers, SegmentName.Cs, "cs", (ushort)saved.Cs);
        for (int index = 0; index < selectors.Length; index++) LoadSegment(registers, DataSegments[index].Name, DataSegments[index].Text, selectors[index]);
        if (saved.UsesDebug != 0) RestoreDebug(saved, registers);
        if (saved.UsedMath == 0) return;
        if (saved.HasFxsr != 0) registers.RestoreFxsr(saved.FxSave.AsSpan());
        else registers.RestoreFsave(saved.FxSave.AsSpan()[..FxState.FsaveSize]);
    }

    /// <summary>Refuses an image that a processor cannot go on with. v5 does not say what the image's processor had but FXSAVE, and demands that
    /// both have it or neither; what else a program needs shows when it gets there, as SIGILL.</summary>
    /// <exception cref="RestoreException">EINVAL: FXSAVE's form of the floating-point state is only one's, or there are SSE registers that the processor has not.</exception>
    public static void CheckProcessor(in CpuRecord saved, CpuModel model)
    {
        if (model.Has(CpuFeatures.Fxsr) != (saved.HasFxsr != 0))
        {
            throw new RestoreException(Errno.EINVAL, saved.HasFxsr != 0
                ? $"the image was taken on a processor with FXSAVE, and an {model} has none"
                : $"the image was taken on a processor without FXSAVE, as an i586 is, and this one, {model}, has it");
        }
        if (saved.UsedMath == 0 || saved.HasFxsr == 0 || model.Has(CpuFeatures.Sse)) return;
        var area = saved.FxSave.AsSpan();
        if (area.Slice(FxState.XmmStart, FxState.XmmSize).ContainsAnyExcept((byte)0) || BitConverter.ToUInt32(area[FxState.MxcsrStart..]) != FxState.InitialMxcsr)
            throw new RestoreException(Errno.EINVAL, $"the image has values in SSE registers, and an {model} has none");
    }

    static void RestoreDebug(in CpuRecord saved, Registers registers)
    {
        registers.SetDebug(0, (uint)saved.Dr0);
        registers.SetDebug(1, (uint)saved.Dr1);
        registers.SetDebug(2, (uint)saved.Dr2);
        registers.SetDebug(3, (uint)saved.Dr3);
        registers.SetDebug(6, (uint)saved.Dr6);
        registers.SetDebug(7, (uint)saved.Dr7);
    }

    static void LoadSegment(Registers registers, SegmentName name, string text, ushort selector)
    {
        if (!registers.TryLoadSegment(name, selector))
            throw new RestoreException(Errno.EINVAL, $"{text} cannot hold the selector 0x{selector:x}: its descriptor is not valid there");
    }

    static CpuRecord Copy(Task task) => Save(task.Registers!, task.Machine.Processor.Model.Has(CpuFeatures.Fxsr));

    /// <summary>Saves registers of user mode.</summary>
    /// <param name="registers">The registers.</param>
    /// <param name="hasFxsr">The floating-point state has FXSAVE's form, else FSAVE's.</param>
    internal static CpuRecord Save(Registers registers, bool hasFxsr)
    {
        // DR7's bit 10 always reads as 1 and enables nothing.
        bool usesDebug = (registers.GetDebug(7) & 0xFF) != 0;
        var saved = new CpuRecord
        {
            Ax = registers.Eax,
            Bx = registers.Ebx,
            Cx = registers.Ecx,
            Dx = registers.Edx,
            Si = registers.Esi,
            Di = registers.Edi,
            Bp = registers.Ebp,
            Sp = registers.Esp,
            Ip = registers.Eip,
            OrigAx = NoCall,
            Flags = registers.Eflags,
            Cs = registers.Cs,
            Ds = registers.Ds,
            Es = registers.Es,
            Fs = registers.Fs,
            Gs = registers.Gs,
            Ss = registers.Ss,
            UsesDebug = usesDebug ? (ushort)1 : (ushort)0,
            UsedMath = registers.UsedMath ? (ushort)1 : (ushort)0,
            HasFxsr = hasFxsr ? (ushort)1 : (ushort)0,
        };
        if (usesDebug)
        {
            saved.Dr0 = registers.GetDebug(0);
            saved.Dr1 = registers.GetDebug(1);
            saved.Dr2 = registers.GetDebug(2);
            saved.Dr3 = registers.GetDebug(3);
            saved.Dr6 = registers.GetDebug(6);
            saved.Dr7 = registers.GetDebug(7);
        }
        if (!registers.UsedMath) return saved;
        var area = MemoryMarshal.AsBytes(new Span<FxSaveArea>(ref saved.FxSave));
        if (hasFxsr) registers.SaveFxsr(area);
        else registers.SaveFsave(area[..FxState.FsaveSize]);
        return saved;
    }
}
