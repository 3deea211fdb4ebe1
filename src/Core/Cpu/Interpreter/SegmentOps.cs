using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>MOV, PUSH and POP of segment registers, LDS and its kin, LAR LSL VERR VERW ARPL, SLDT STR SMSW SGDT SIDT.</summary>
internal static unsafe class SegmentOps
{
    /// <summary>What Linux shows where the processor keeps descriptor tables from user mode (arch/x86/kernel/umip.c).</summary>
    const uint GdtBase = 0xFFFE0000, IdtBase = 0xFFFF0000, MachineStatus = 0x80050033, TaskRegister = 0x80, LdtSelector = 0x88;

    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Mov_rm16_Sreg, &StoreRegister<W16>, &StoreMemory);
        table.Add(Code.Mov_r32m16_Sreg, &StoreRegister<W32>, &StoreMemory);
        table.Add(Code.Mov_Sreg_rm16, &LoadRegister, &LoadMemory, OpTraits.EndsBlock);
        table.Add(Code.Mov_Sreg_r32m16, &LoadRegister, &LoadMemory, OpTraits.EndsBlock);
        table.Add(Code.Pushw_ES, &Push16);
        table.Add(Code.Pushd_ES, &Push32);
        table.Add(Code.Pushw_CS, &Push16);
        table.Add(Code.Pushd_CS, &Push32);
        table.Add(Code.Pushw_SS, &Push16);
        table.Add(Code.Pushd_SS, &Push32);
        table.Add(Code.Pushw_DS, &Push16);
        table.Add(Code.Pushd_DS, &Push32);
        table.Add(Code.Pushw_FS, &Push16);
        table.Add(Code.Pushd_FS, &Push32);
        table.Add(Code.Pushw_GS, &Push16);
        table.Add(Code.Pushd_GS, &Push32);
        table.Add(Code.Popw_ES, &Pop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Popd_ES, &Pop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Popw_SS, &Pop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Popd_SS, &Pop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Popw_DS, &Pop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Popd_DS, &Pop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Popw_FS, &Pop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Popd_FS, &Pop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Popw_GS, &Pop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Popd_GS, &Pop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Les_r16_m1616, null, &LoadPointer<W16, ToEs>, OpTraits.EndsBlock);
        table.Add(Code.Les_r32_m1632, null, &LoadPointer<W32, ToEs>, OpTraits.EndsBlock);
        table.Add(Code.Lds_r16_m1616, null, &LoadPointer<W16, ToDs>, OpTraits.EndsBlock);
        table.Add(Code.Lds_r32_m1632, null, &LoadPointer<W32, ToDs>, OpTraits.EndsBlock);
        table.Add(Code.Lss_r16_m1616, null, &LoadPointer<W16, ToSs>, OpTraits.EndsBlock);
        table.Add(Code.Lss_r32_m1632, null, &LoadPointer<W32, ToSs>, OpTraits.EndsBlock);
        table.Add(Code.Lfs_r16_m1616, null, &LoadPointer<W16, ToFs>, OpTraits.EndsBlock);
        table.Add(Code.Lfs_r32_m1632, null, &LoadPointer<W32, ToFs>, OpTraits.EndsBlock);
        table.Add(Code.Lgs_r16_m1616, null, &LoadPointer<W16, ToGs>, OpTraits.EndsBlock);
        table.Add(Code.Lgs_r32_m1632, null, &LoadPointer<W32, ToGs>, OpTraits.EndsBlock);
        table.Add(Code.Lar_r16_rm16, &AccessRights<W16>, &AccessRights<W16>);
        table.Add(Code.Lar_r32_r32m16, &AccessRights<W32>, &AccessRights<W32>);
        table.Add(Code.Lsl_r16_rm16, &Limit<W16>, &Limit<W16>);
        table.Add(Code.Lsl_r32_r32m16, &Limit<W32>, &Limit<W32>);
        table.Add(Code.Verr_rm16, &VerifyRead);
        table.Add(Code.Verr_r32m16, &VerifyRead);
        table.Add(Code.Verw_rm16, &VerifyWrite);
        table.Add(Code.Verw_r32m16, &VerifyWrite);
        table.Add(Code.Arpl_rm16_r16, &AdjustPrivilegeRegister, &AdjustPrivilegeMemory);
        table.Add(Code.Arpl_r32m16_r32, &AdjustPrivilegeRegister, &AdjustPrivilegeMemory);
        table.Add(Code.Sldt_rm16, &StoreLdt<W16>, &StoreLdtMemory);
        table.Add(Code.Sldt_r32m16, &StoreLdt<W32>, &StoreLdtMemory);
        table.Add(Code.Str_rm16, &StoreTask<W16>, &StoreTaskMemory);
        table.Add(Code.Str_r32m16, &StoreTask<W32>, &StoreTaskMemory);
        table.Add(Code.Smsw_rm16, &StoreStatus<W16>, &StoreStatusMemory);
        table.Add(Code.Smsw_r32m16, &StoreStatus<W32>, &StoreStatusMemory);
        table.Add(Code.Sgdt_m1632_16, null, &StoreGdt);
        table.Add(Code.Sgdt_m1632, null, &StoreGdt);
        table.Add(Code.Sidt_m1632_16, null, &StoreIdt);
        table.Add(Code.Sidt_m1632, null, &StoreIdt);
    }

    interface ITarget
    {
        static abstract int Offset { get; }
    }

    readonly struct ToEs : ITarget { public static int Offset => CpuState.SegmentOffset; }
    readonly struct ToSs : ITarget { public static int Offset => CpuState.SegmentOffset + 0x20; }
    readonly struct ToDs : ITarget { public static int Offset => CpuState.SegmentOffset + 0x30; }
    readonly struct ToFs : ITarget { public static int Offset => CpuState.SegmentOffset + 0x40; }
    readonly struct ToGs : ITarget { public static int Offset => CpuState.SegmentOffset + 0x50; }

    static ushort Selector(CpuState* s, int offset) => Segments.At(s, offset)->Selector;

    static void StoreRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, Selector(s, op->B));

    static void StoreMemory(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), Selector(s, op->B));

    static void LoadRegister(CpuState* s, Op* op) => Load(s, op, op->A, (ushort)W16.Get(s, op->B));

    static void LoadMemory(CpuState* s, Op* op) => Load(s, op, op->A, Guest.Read<ushort>(s, op, Guest.Address(s, op)));

    static void Load(CpuState* s, Op* op, int offset, ushort selector)
    {
        if (offset == CpuState.SegmentOffset + 0x10) GuestFault.Raise(s, op, Vectors.InvalidOpcode);
        byte vector = Segments.Load(s, offset, selector, out uint code);
        if (vector != 0) GuestFault.Raise(s, op, vector, code);
        s->Eip = op->Next;
        s->Event |= CpuEvent.Mode;
    }

    static void Push16(CpuState* s, Op* op) => Stack.Push16(s, op, Selector(s, op->A));

    /// <summary>The selector is zero extended: newer Intel processors would leave the upper half of the stack's slot alone.</summary>
    static void Push32(CpuState* s, Op* op) => Stack.Push32(s, op, Selector(s, op->A));

    static void Pop<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint value = W.Read(s, op, Stack.Address(s, op, 0, (uint)W.Bits / 8));
        uint moved = s->Esp + (uint)W.Bits / 8, mask = Stack.Mask(s);
        Load(s, op, op->A, (ushort)value);
        s->Esp = (s->Esp & ~mask) | (moved & mask);
    }

    static void LoadPointer<W, T>(CpuState* s, Op* op) where W : struct, IWidth where T : struct, ITarget
    {
        uint address = Guest.Address(s, op);
        uint value = W.Read(s, op, address);
        Load(s, op, T.Offset, Guest.Read<ushort>(s, op, address + (uint)W.Bits / 8));
        W.Set(s, op->A, value);
    }

    static ushort Operand(CpuState* s, Op* op, int register) =>
        op->Size != 0 ? Guest.Read<ushort>(s, op, Guest.Address(s, op)) : (ushort)W16.Get(s, register);

    /// <summary>The descriptor, when user mode may look at it.</summary>
    static bool Visible(CpuState* s, ushort selector, out ulong raw)
    {
        raw = (selector & 0xFFFC) == 0 ? 0 : Segments.Descriptor(s, selector);
        if (raw == 0 || (raw >> 44 & 1) == 0) return false;
        bool conforming = (raw >> 42 & 3) == 3;
        uint privilege = (uint)(raw >> 45) & 3;
        return conforming || privilege == 3;
    }

    static void SetZero(CpuState* s, bool on) => Flags.SetStatus(s, (Flags.GetStatus(s) & ~Flags.Zero) | (on ? Flags.Zero : 0));

    static void AccessRights<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        bool visible = Visible(s, Operand(s, op, op->B), out ulong raw);
        SetZero(s, visible);
        if (visible) W.Set(s, op->A, (uint)(raw >> 32) & (W.Bits == 16 ? 0xFF00u : 0x00FFFF00));
    }

    static void Limit<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        bool visible = Visible(s, Operand(s, op, op->B), out ulong raw);
        SetZero(s, visible);
        if (!visible) return;
        uint limit = (uint)(raw & 0xFFFF) | (uint)(raw >> 32 & 0xF0000);
        W.Set(s, op->A, (raw >> 55 & 1) != 0 ? (limit << 12) | 0xFFF : limit);
    }

    static void VerifyRead(CpuState* s, Op* op)
    {
        bool visible = Visible(s, Operand(s, op, op->A), out ulong raw);
        bool code = (raw >> 43 & 1) != 0, second = (raw >> 41 & 1) != 0;
        SetZero(s, visible && (!code || second));
    }

    static void VerifyWrite(CpuState* s, Op* op)
    {
        bool visible = Visible(s, Operand(s, op, op->A), out ulong raw);
        bool code = (raw >> 43 & 1) != 0, second = (raw >> 41 & 1) != 0;
        SetZero(s, visible && !code && second);
    }

    static void AdjustPrivilegeRegister(CpuState* s, Op* op)
    {
        uint a = W16.Get(s, op->A), b = W16.Get(s, op->B);
        bool raise = (a & 3) < (b & 3);
        if (raise) W16.Set(s, op->A, (a & ~3u) | (b & 3));
        SetZero(s, raise);
    }

    /// <summary>The operand is written only when it changes: one that can only be read does not fault else.</summary>
    static void AdjustPrivilegeMemory(CpuState* s, Op* op)
    {
        uint address = Guest.Address(s, op);
        uint a = Guest.Read<ushort>(s, op, address), b = W16.Get(s, op->B);
        bool raise = (a & 3) < (b & 3);
        if (raise) Guest.Write(s, op, Guest.WriteAddress(s, op), (ushort)((a & ~3u) | (b & 3)));
        SetZero(s, raise);
    }

    static uint Ldt(CpuState* s) => s->LdtCount == 0 ? 0 : LdtSelector;

    static void StoreLdt<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, Ldt(s));

    static void StoreLdtMemory(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), (ushort)Ldt(s));

    static void StoreTask<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, TaskRegister);

    static void StoreTaskMemory(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), (ushort)TaskRegister);

    static void StoreStatus<W>(CpuState* s, Op* op) where W : struct, IWidth => W.Set(s, op->A, MachineStatus);

    static void StoreStatusMemory(CpuState* s, Op* op) => Guest.Write(s, op, Guest.WriteAddress(s, op), unchecked((ushort)MachineStatus));

    static void StoreGdt(CpuState* s, Op* op) => StoreTable(s, op, GdtBase);

    static void StoreIdt(CpuState* s, Op* op) => StoreTable(s, op, IdtBase);

    static void StoreTable(CpuState* s, Op* op, uint @base)
    {
        byte* bytes = s->Scratch;
        *(ushort*)bytes = 0;
        *(uint*)(bytes + 2) = @base;
        Guest.WriteBytes(s, op, Guest.WriteAddress(s, op), new ReadOnlySpan<byte>(bytes, 6));
    }
}
