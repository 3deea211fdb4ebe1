using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Loading;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Signal frames of i386 on the user's stack (Linux: arch/x86/kernel/signal.c, asm/sigframe.h), with the floating-point state as
/// fsave header and fxsave image.</summary>
internal static class SignalFrames
{
    /// <summary>Where in an old frame, and in the struct ucontext of one with a siginfo, struct sigcontext is.</summary>
    public const int OldContext = 8, UserContext = 20;

    const int FxSize = 512, FsaveSize = 112, FsaveStatus = 108;
    const int OldFrameSize = 732, OldExtraMask = 720, OldReturnCode = 724;
    const int InfoFrameSize = 268, InfoInfo = 16, InfoUser = 144, InfoContext = InfoUser + UserContext, InfoMask = InfoContext + SignalContext.Size, InfoReturnCode = 260;
    /// <summary>The most bytes that a frame takes, alignment included: AT_MINSIGSTKSZ.</summary>
    public const uint LargestFrame = (InfoFrameSize + 15 + FsaveSize + FxSize + 63 + 15) & ~15;

    const uint FixedFlags = 0x40000 | 0x10000 | 0x800 | 0x400 | 0x100 | 0x80 | 0x40 | 0x10 | 0x4 | 0x1;
    const uint DirectionFlag = 0x400, ResumeFlag = 0x10000, TrapFlag = 0x100;

    /// <summary>Puts a frame on the stack and points the registers at the handler.</summary>
    /// <returns>False when the frame cannot be written.</returns>
    public static bool Push(Task task, in SignalAction action, in SignalInfo info, SignalSet oldMask)
    {
        var registers = task.Registers!;
        bool withInfo = (action.Flags & SignalActionFlags.SignalInfo) != 0;
        uint stack = registers.Esp;
        var alternate = task.SignalStack;
        if ((action.Flags & SignalActionFlags.OnStack) != 0)
        {
            if ((alternate.Flags & AlternateStack.Disabled) == 0 && !alternate.Contains(stack)) stack = alternate.Base + alternate.Size;
        }
        else if (!withInfo && (registers.Ss & 0xFFFF) != Registers.UserData && (action.Flags & SignalActionFlags.Restorer) == 0 && action.Restorer != 0)
        {
            stack = action.Restorer;
        }
        uint fsave = HasFxsr(task) ? ((stack - FxSize) & ~63u) - FsaveSize : (stack - FsaveSize) & ~63u;
        int size = withInfo ? InfoFrameSize : OldFrameSize;
        uint at = ((fsave - (uint)size + 4) & ~15u) - 4;
        // A frame that leaves the alternate stack through its bottom is an overflow, whatever lies below.
        if (alternate.Contains(registers.Esp) && !alternate.Contains(at)) return false;

        Span<byte> frame = stackalloc byte[OldFrameSize];
        frame = frame[..size];
        frame.Clear();
        if (withInfo) FillInfoFrame(task, frame, at, fsave, action, info, oldMask);
        else FillOldFrame(task, frame, fsave, action, info, oldMask);
        if (!WriteFloatingPoint(task, fsave) || !task.AddressSpace!.Write(at, frame)) return false;

        if (withInfo && (alternate.Flags & AlternateStack.AutoDisarm) != 0) task.SignalStack = new(0, 0, AlternateStack.Disabled);
        registers.Esp = at;
        registers.Eip = action.Handler;
        registers.Eax = (uint)info.Signal;
        registers.Edx = withInfo ? at + InfoInfo : 0;
        registers.Ecx = withInfo ? at + InfoUser : 0;
        registers.Eflags &= ~(DirectionFlag | ResumeFlag | TrapFlag);
        foreach (var name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Ss]) registers.TryLoadSegment(name, Registers.UserData);
        registers.TryLoadSegment(SegmentName.Cs, Registers.UserCode);
        registers.ResetFpu();
        return true;
    }

    /// <summary>sigreturn(2) or rt_sigreturn(2): takes the frame from the stack. A bad one is SIGSEGV.</summary>
    public static void Return(Task task, bool withInfo)
    {
        var registers = task.Registers!;
        uint at = registers.Esp - (withInfo ? 4u : 8u);
        Span<byte> frame = stackalloc byte[OldFrameSize];
        frame = frame[..(withInfo ? InfoFrameSize : OldFrameSize)];
        if (!task.AddressSpace!.Read(at, frame))
        {
            Bad(task);
            return;
        }
        ulong mask = withInfo
            ? BinaryPrimitives.ReadUInt64LittleEndian(frame[InfoMask..])
            : BinaryPrimitives.ReadUInt32LittleEndian(frame[(OldContext + 80)..]) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(frame[OldExtraMask..]) << 32;
        task.SavedMask = null;
        task.SetMask(new(mask));
        if (!RestoreContext(task, frame.Slice(withInfo ? InfoContext : OldContext, SignalContext.Size)))
        {
            Bad(task);
            return;
        }
        if (withInfo)
        {
            var stack = MemoryLayoutOf(frame[(InfoUser + 8)..]);
            if ((stack.Flags & ~(AlternateStack.OnStack | AlternateStack.Disabled | AlternateStack.AutoDisarm)) == 0 && !task.SignalStack.Contains(registers.Esp))
                task.SignalStack = stack with { Flags = stack.Flags & ~AlternateStack.OnStack };
        }
    }

    static AlternateStack MemoryLayoutOf(ReadOnlySpan<byte> stack) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(stack),
        BinaryPrimitives.ReadUInt32LittleEndian(stack[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(stack[4..]));

    static void Bad(Task task) => Machine.Force(task, SignalInfo.FromKernel(Signal.SIGSEGV));

    static void FillOldFrame(Task task, Span<byte> frame, uint fsave, in SignalAction action, in SignalInfo info, SignalSet oldMask)
    {
        Put(frame, 0, ReturnAddress(action, Vdso.SignalReturn));
        Put(frame, 4, (uint)info.Signal);
        FillContext(task, frame.Slice(OldContext, SignalContext.Size), fsave, oldMask);
        Put(frame, OldExtraMask, (uint)(oldMask.Bits >> 32));
        SignalContext.Return.CopyTo(frame[OldReturnCode..]);
    }

    static void FillInfoFrame(Task task, Span<byte> frame, uint at, uint fsave, in SignalAction action, in SignalInfo info, SignalSet oldMask)
    {
        Put(frame, 0, ReturnAddress(action, Vdso.InfoSignalReturn));
        Put(frame, 4, (uint)info.Signal);
        Put(frame, 8, at + InfoInfo);
        Put(frame, 12, at + InfoUser);
        info.Write(frame.Slice(InfoInfo, SignalInfo.Size));
        var stack = task.SignalStack;
        Put(frame, InfoUser + 8, stack.Base);
        Put(frame, InfoUser + 12, stack.Flags);
        Put(frame, InfoUser + 16, stack.Size);
        FillContext(task, frame.Slice(InfoContext, SignalContext.Size), fsave, oldMask);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[InfoMask..], oldMask.Bits);
        SignalContext.InfoReturn.CopyTo(frame[InfoReturnCode..]);
    }

    static uint ReturnAddress(in SignalAction action, uint own) => (action.Flags & SignalActionFlags.Restorer) != 0 ? action.Restorer : own;

    static void FillContext(Task task, Span<byte> context, uint fsave, SignalSet oldMask)
    {
        var r = task.Registers!;
        ReadOnlySpan<uint> words =
        [
            r.Gs, r.Fs, r.Es, r.Ds, r.Edi, r.Esi, r.Ebp, r.Esp, r.Ebx, r.Edx, r.Ecx, r.Eax,
            task.LastFault.Trap, task.LastFault.Error, r.Eip, r.Cs, r.Eflags, r.Esp, r.Ss, fsave, (uint)oldMask.Bits, task.LastFault.Cr2,
        ];
        for (int i = 0; i < words.Length; i++) Put(context, i * 4, words[i]);
    }

    static bool HasFxsr(Task task) => task.Machine.Processor.Model.Has(CpuFeatures.Fxsr);

    static bool WriteFloatingPoint(Task task, uint fsave)
    {
        // _fpstate.status is a copy of the status word; magic behind it is 0 when an fxsave image follows, else 0xFFFF.
        Span<byte> image = stackalloc byte[FsaveSize + FxSize];
        image.Clear();
        task.Registers!.SaveFsave(image[..FsaveStatus]);
        image[4..6].CopyTo(image[FsaveStatus..]);
        if (HasFxsr(task))
        {
            task.Registers.SaveFxsr(image[FsaveSize..]);
        }
        else
        {
            image[(FsaveStatus + 2)..FsaveSize].Fill(0xFF);
            image = image[..FsaveSize];
        }
        return task.AddressSpace!.Write(fsave, image);
    }

    static bool RestoreContext(Task task, ReadOnlySpan<byte> context)
    {
        var r = task.Registers!;
        Segment(r, SegmentName.Gs, Get(context, 0));
        Segment(r, SegmentName.Fs, Get(context, 4));
        Segment(r, SegmentName.Es, Get(context, 8));
        Segment(r, SegmentName.Ds, Get(context, 12));
        r.Edi = Get(context, 16);
        r.Esi = Get(context, 20);
        r.Ebp = Get(context, 24);
        r.Esp = Get(context, 28);
        r.Ebx = Get(context, 32);
        r.Edx = Get(context, 36);
        r.Ecx = Get(context, 40);
        r.Eax = Get(context, 44);
        r.Eip = Get(context, 56);
        r.Eflags = (r.Eflags & ~FixedFlags) | (Get(context, 64) & FixedFlags);
        if (!r.TryLoadSegment(SegmentName.Cs, (ushort)(Get(context, 60) | 3)) || !r.TryLoadSegment(SegmentName.Ss, (ushort)(Get(context, 72) | 3))) return false;
        return RestoreFloatingPoint(task, Get(context, 76));
    }

    static bool RestoreFloatingPoint(Task task, uint fsave)
    {
        var registers = task.Registers!;
        if (fsave == 0)
        {
            registers.ResetFpu();
            return true;
        }
        bool hasFxsr = HasFxsr(task);
        Span<byte> image = stackalloc byte[FsaveSize + FxSize];
        if (!hasFxsr) image = image[..FsaveSize];
        if (!task.AddressSpace!.Read(fsave, image)) return false;
        if (hasFxsr)
        {
            // What the kernel takes from where: x87 from the fsave header, MXCSR and XMM from the fxsave image. Reserved MXCSR bits are cleared.
            var fx = image[FsaveSize..];
            Put(fx, 24, Get(fx, 24) & 0xFFFF);
            registers.RestoreFxsr(fx);
        }
        registers.RestoreFsave(image[..FsaveStatus]);
        return true;
    }

    static void Segment(Registers registers, SegmentName name, uint selector)
    {
        var value = (ushort)selector;
        if ((value & ~3) != 0) value |= 3;
        if (!registers.TryLoadSegment(name, value)) registers.TryLoadSegment(name, 0);
    }

    static uint Get(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    static void Put(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);
}
