using System.Runtime.InteropServices;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Runs cases on our processor as the guest oracle runs them on the real one.</summary>
internal sealed class VectorMachine : IDisposable
{
    const VmFlags Readable = VmFlags.Read | VmFlags.May, ReadWrite = Readable | VmFlags.Write;

    /// <summary>Instructions that no case needs.</summary>
    const int Gone = 2000;
    const uint Resume = 0x10000;

    static readonly byte[] Zero = new byte[2 * VectorLayout.PageSize];
    static readonly byte[] Breakpoints = [.. Enumerable.Repeat((byte)0xCC, (int)VectorLayout.PageSize)];

    readonly MemoryAccount account = new(4096);
    readonly AddressSpace memory;
    readonly LocalDescriptorTable descriptors = new();
    Registers registers = new(), spare = new();
    readonly Processor processor;
    readonly byte[] image = new byte[512];

    internal VectorMachine(CpuEngine engine = CpuEngine.Auto)
    {
        processor = new Processor { Engine = engine, TranslateAfter = 1 };
        memory = new AddressSpace(account);
        Map(VectorLayout.Code, VectorLayout.PageSize, ReadWrite | VmFlags.Exec);
        Map(VectorLayout.Data - VectorLayout.PageSize, VectorLayout.PageSize, ReadWrite);
        memory.Write(VectorLayout.Data - VectorLayout.PageSize, [.. Enumerable.Range(0, (int)VectorLayout.PageSize).Select(VectorLayout.Constant)]);
        Assert.Equal(Errno.None, memory.Protect(VectorLayout.Data - VectorLayout.PageSize, VectorLayout.PageSize, VmFlags.Read));
        Map(VectorLayout.Data, 2 * VectorLayout.PageSize, ReadWrite);
        Map(VectorLayout.Stack, 2 * VectorLayout.PageSize, ReadWrite);
        foreach (var descriptor in VectorLayout.Descriptors) descriptors[descriptor.Selector >> 3] = descriptor.Raw;
        registers.Ldt = descriptors;
    }

    /// <summary>What comes out of a case.</summary>
    /// <param name="made">The case.</param>
    /// <param name="pieces">True to run with a budget of one at a time.</param>
    /// <param name="result">The outcome.</param>
    internal void Run(ref VectorState made, bool pieces, out VectorState result)
    {
        Load(ref made);
        Trap trap = default;
        for (int i = 0; i < Gone && trap.Kind == TrapKind.None; i++) trap = processor.Run(registers, memory, pieces ? 1u : Gone, out _);
        result = made;
        Take(ref result, trap);
    }

    internal Registers Registers => registers;

    internal AddressSpace Memory => memory;

    /// <summary>Goes on from where it is.</summary>
    internal Trap Run(ulong budget, out ulong retired) => processor.Run(registers, memory, budget, out retired);

    /// <summary>Goes on in other registers, which have what an image carries of these.</summary>
    internal void Restore()
    {
        RegisterCapture.Restore(RegisterCapture.Save(registers, hasFxsr: true), RegisterCapture.SaveThread(registers), descriptors, spare);
        (registers, spare) = (spare, registers);
    }

    public void Dispose()
    {
        processor.Dispose();
        registers.Dispose();
        spare.Dispose();
        memory.Dispose();
        account.Dispose();
        descriptors.Dispose();
    }

    /// <summary>Makes a case's state the machine's.</summary>
    internal void Load(ref VectorState made)
    {
        memory.Write(VectorLayout.Code, Breakpoints);
        memory.Write(VectorLayout.Data, Zero);
        memory.Write(VectorLayout.Stack, Zero);
        memory.Write(VectorLayout.Code + made.Place, ((ReadOnlySpan<byte>)made.Code)[..Math.Min((int)made.Length, (int)VectorLayout.PageSize - made.Place)]);
        memory.Write(VectorLayout.DataWindow, made.Data);
        memory.Write(VectorLayout.Data, made.DataLow);
        memory.Write(VectorLayout.DataEnd - VectorState.EdgeSize, made.DataHigh);
        memory.Write(VectorLayout.StackWindow, made.Stack);
        memory.Write(VectorLayout.Stack, made.StackLow);
        memory.Write(VectorLayout.StackEnd - VectorState.EdgeSize, made.StackHigh);
        (registers.Eax, registers.Ecx, registers.Edx, registers.Ebx) = (made.Gpr[0], made.Gpr[1], made.Gpr[2], made.Gpr[3]);
        (registers.Esp, registers.Ebp, registers.Esi, registers.Edi) = (made.Gpr[4], made.Gpr[5], made.Gpr[6], made.Gpr[7]);
        registers.Eip = made.Eip;
        registers.Eflags = made.Eflags;
        registers.SetDebug(6, 0xFFFF0FF0);
        Load(SegmentName.Cs, made.Cs);
        Load(SegmentName.Ss, made.Ss);
        Load(SegmentName.Ds, made.Ds);
        Load(SegmentName.Es, made.Es);
        Load(SegmentName.Fs, made.Fs);
        Load(SegmentName.Gs, made.Gs);
        ((ReadOnlySpan<byte>)made.Fx).CopyTo(image);
        registers.RestoreFxsr(image);
    }

    void Load(SegmentName name, ushort selector)
    {
        if (!registers.TryLoadSegment(name, selector)) throw new InvalidOperationException($"a case starts with {selector:x} in {name}");
    }

    /// <summary>The state, as an outcome.</summary>
    internal void Take(ref VectorState result, in Trap trap)
    {
        Span<uint> gpr = result.Gpr;
        ((ReadOnlySpan<uint>)[registers.Eax, registers.Ecx, registers.Edx, registers.Ebx, registers.Esp, registers.Ebp, registers.Esi, registers.Edi]).CopyTo(gpr);
        result.Eip = registers.Eip;
        result.Eflags = registers.Eflags & ~Resume;
        if (trap.Kind == TrapKind.Exception)
        {
            var info = Faults.Describe(registers, trap);
            (result.Trap, result.Error, result.Address) = (trap.Vector, trap.ErrorCode, trap.Vector == 14 ? trap.Address : 0);
            (result.Signal, result.SignalCode) = ((uint)info.Signal, (uint)info.Code);
            if (trap.Vector == 3) result.Eip--;
        }
        else
        {
            (result.Trap, result.Error, result.Address, result.Signal, result.SignalCode) = (VectorState.GivenUp, 0, 0, (uint)Signal.SIGALRM, 0);
        }
        (result.Es, result.Cs, result.Ss, result.Ds, result.Fs, result.Gs) = (registers.Es, registers.Cs, registers.Ss, registers.Ds, registers.Fs, registers.Gs);
        registers.SaveFxsr(image);
        image.AsSpan(0, VectorState.FxSize).CopyTo(result.Fx);
        memory.Read(VectorLayout.DataWindow, result.Data);
        memory.Read(VectorLayout.Data, result.DataLow);
        memory.Read(VectorLayout.DataEnd - VectorState.EdgeSize, result.DataHigh);
        memory.Read(VectorLayout.StackWindow, result.Stack);
        memory.Read(VectorLayout.Stack, result.StackLow);
        memory.Read(VectorLayout.StackEnd - VectorState.EdgeSize, result.StackHigh);
    }

    void Map(uint address, uint length, VmFlags flags) => Assert.Equal(Errno.None, memory.Map(address, length, flags, isFixed: true, null, 0, out _));
}
