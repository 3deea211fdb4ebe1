using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Segment registers in the order of their numbers in machine code.</summary>
public enum SegmentName
{
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
}

/// <summary>The registers of one task.</summary>
public sealed unsafe partial class Registers : IDisposable
{
    /// <summary>The code selector of user mode.</summary>
    public const ushort UserCode = Segments.UserCode;

    /// <summary>The data selector of user mode.</summary>
    public const ushort UserData = Segments.UserData;

    CpuState* state;

    /// <summary>Registers as execve(2) leaves them: all zero, flat segments, IF set.</summary>
    public Registers()
    {
        state = (CpuState*)NativeMemory.AlignedAlloc((nuint)sizeof(CpuState), 64);
        Reset();
    }

    ~Registers() => Free();

    internal CpuState* State => state;

    public uint Eax { get => state->Eax; set => state->Eax = value; }
    public uint Ecx { get => state->Ecx; set => state->Ecx = value; }
    public uint Edx { get => state->Edx; set => state->Edx = value; }
    public uint Ebx { get => state->Ebx; set => state->Ebx = value; }
    public uint Esp { get => state->Esp; set => state->Esp = value; }
    public uint Ebp { get => state->Ebp; set => state->Ebp = value; }
    public uint Esi { get => state->Esi; set => state->Esi = value; }
    public uint Edi { get => state->Edi; set => state->Edi = value; }
    public uint Eip { get => state->Eip; set => state->Eip = value; }

    /// <summary>EFLAGS. Setting takes what user mode may change (CF PF AF ZF SF OF TF DF NT AC ID) and RF; IF stays set.</summary>
    public uint Eflags
    {
        get => Flags.Get(state);
        set
        {
            Flags.SetUser(state, value);
            state->SystemFlags = (state->SystemFlags & ~Flags.Resume) | (value & Flags.Resume);
        }
    }

    public ushort Cs => state->Cs.Selector;
    public ushort Ds => state->Ds.Selector;
    public ushort Es => state->Es.Selector;
    public ushort Fs => state->Fs.Selector;
    public ushort Gs => state->Gs.Selector;
    public ushort Ss => state->Ss.Selector;

    /// <summary>The local descriptor table; null for none. Shared by the threads of an address space.</summary>
    public LocalDescriptorTable? Ldt { get; set; }

    /// <summary>GDT entries 6 to 8, raw; 0 for none. Their selectors are 33h, 3Bh and 43h.</summary>
    /// <param name="index">0 to 2.</param>
    public ulong GetTls(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 2);
        return state->Tls[index];
    }

    /// <summary>Sets GDT entry 6 + <paramref name="index"/>. A segment register that holds its selector follows, as Linux has it.</summary>
    public void SetTls(int index, ulong descriptor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 2);
        state->Tls[index] = descriptor;
        ReloadSegments();
    }

    /// <summary>The selector of a segment register.</summary>
    public ushort GetSegment(SegmentName name) => Segments.At(state, Offset(name))->Selector;

    /// <summary>Loads a segment register as the processor would in user mode.</summary>
    /// <returns>False when the selector is not valid for it; then nothing changed.</returns>
    public bool TryLoadSegment(SegmentName name, ushort selector)
    {
        BindDescriptors();
        if (name != SegmentName.Cs) return Segments.Load(state, Offset(name), selector, out _) == 0;
        if (Segments.CheckCode(state, selector, fromReturn: true, out ulong raw, out _) != 0) return false;
        Segments.Fill(&state->Cs, selector, raw);
        return true;
    }

    /// <summary>Loads DS, ES, FS and GS anew from the tables, as a return to user mode does after descriptors changed; what became invalid is null.</summary>
    public void ReloadSegments()
    {
        BindDescriptors();
        foreach (var name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Fs, SegmentName.Gs])
        {
            if (!TryLoadSegment(name, GetSegment(name))) Segments.Fill(Segments.At(state, Offset(name)), 0, 0);
        }
    }

    /// <summary>A debug register, 0 to 7 (4 and 5 read as 6 and 7 do).</summary>
    public uint GetDebug(int index) => state->Dr[index is 4 or 5 ? index + 2 : index & 7];

    /// <summary>Sets a debug register.</summary>
    public void SetDebug(int index, uint value) => state->Dr[index is 4 or 5 ? index + 2 : index & 7] = value;

    /// <summary>Copies everything, as fork(2) does; the descriptor table stays shared until the caller gives another.</summary>
    public void CopyFrom(Registers other)
    {
        *state = *other.state;
        Ldt = other.Ldt;
    }

    /// <summary>Back to what a new program gets.</summary>
    public void Reset()
    {
        *state = default;
        Ldt = null;
        state->SystemFlags = Flags.Fixed;
        Flags.SetStatus(state, 0);
        foreach (var name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Ss]) _ = TryLoadSegment(name, UserData);
        _ = TryLoadSegment(SegmentName.Cs, UserCode);
        Segments.Fill(&state->Fs, 0, 0);
        Segments.Fill(&state->Gs, 0, 0);
        ResetDebug();
        ResetFpu();
    }

    /// <summary>No breakpoints: what a program, a process and a thread begin with.</summary>
    public void ResetDebug()
    {
        for (int i = 0; i < 4; i++) state->Dr[i] = 0;
        state->Dr[6] = Breakpoints.StatusFixed;
        state->Dr[7] = Breakpoints.ControlFixed;
        state->Met = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal void BindDescriptors()
    {
        state->Ldt = Ldt == null ? null : Ldt.Pointer;
        state->LdtCount = Ldt == null ? 0 : (uint)Ldt.Count;
    }

    void Free()
    {
        NativeMemory.AlignedFree(state);
        state = null;
    }

    static int Offset(SegmentName name) => CpuState.SegmentOffset + (int)name * 16;
}
