namespace CheckpointRestart.Core.Image.Records;

/// <summary>What a register image may hold, so that nothing comes back that user mode could not have (reference 2.4, rules of v17 to v20).</summary>
internal static class CpuRules
{
    // CF PF AF ZF SF TF DF OF NT RF AC ID: what user mode may change.
    private const uint UserFlags = 0x25_4DD5;

    // Bit (LEN << 2 | R/W) is set where i386's ptrace refuses the pair: I/O breakpoints, 8-byte lengths, execution with a length.
    private const uint BadBreakpoints = 0x5f54;

    private const uint GeneralDetect = 1 << 13;

    internal static void Validate(in CpuRecord cpu, in RecordRules rules)
    {
        var words = cpu.Ax | cpu.Bx | cpu.Cx | cpu.Dx | cpu.Si | cpu.Di | cpu.Bp | cpu.Sp | cpu.Ip | cpu.OrigAx | cpu.Flags;
        rules.Require(words <= uint.MaxValue, "a register is a 32-bit value, zero extended", words)
             .Require((cpu.Flags & ~(ulong)UserFlags) == 0x202, "EFLAGS has bit 1 and IF set, IOPL, VM, VIF, VIP and reserved bits clear", cpu.Flags)
             .Require(cpu.HasFxsr <= 1, "the processor state is in FSAVE's form (has_fxsr 0) or in FXSAVE's (1)", cpu.HasFxsr);
        Selector(cpu.Cs, 0x73, mayBeNull: false, "cs is 0x73, or a TLS or LDT selector of privilege 3", rules);
        Selector(cpu.Ss, 0x7b, mayBeNull: false, "ss is 0x7b, or a TLS or LDT selector of privilege 3", rules);
        Selector(cpu.Ds, 0x7b, mayBeNull: true, "ds is null, 0x7b, or a TLS or LDT selector of privilege 3", rules);
        Selector(cpu.Es, 0x7b, mayBeNull: true, "es is null, 0x7b, or a TLS or LDT selector of privilege 3", rules);
        Selector(cpu.Fs, 0x7b, mayBeNull: true, "fs is null, 0x7b, or a TLS or LDT selector of privilege 3", rules);
        Selector(cpu.Gs, 0x7b, mayBeNull: true, "gs is null, 0x7b, or a TLS or LDT selector of privilege 3", rules);
        if (cpu.UsesDebug != 0) DebugRegisters(cpu, rules);
    }

    /// <summary>The index of a TLS selector, or −1.</summary>
    internal static int TlsIndex(ulong selector) => selector is 0x33 or 0x3b or 0x43 ? (int)(selector - 0x33) / 8 : -1;

    /// <summary>The index of an LDT selector of privilege 3, or −1.</summary>
    internal static int LdtIndex(ulong selector) => selector <= ushort.MaxValue && (selector & 7) == 7 ? (int)(selector >> 3) : -1;

    private static void Selector(ulong selector, ulong flat, bool mayBeNull, string rule, in RecordRules rules) =>
        rules.Require(selector == flat || TlsIndex(selector) >= 0 || LdtIndex(selector) >= 0 || (mayBeNull && selector <= 3), rule, selector);

    private static void DebugRegisters(in CpuRecord cpu, in RecordRules rules)
    {
        rules.Require((cpu.Dr6 | cpu.Dr7) <= uint.MaxValue, "a debug register is a 32-bit value, zero extended", cpu.Dr6 | cpu.Dr7)
             .Require((cpu.Dr7 & GeneralDetect) == 0, "general detect (DR7 bit 13) is off", cpu.Dr7);
        ReadOnlySpan<ulong> addresses = [cpu.Dr0, cpu.Dr1, cpu.Dr2, cpu.Dr3];
        for (var i = 0; i < 4; i++)
        {
            var kind = (int)(cpu.Dr7 >> (16 + (4 * i))) & 0xf;
            rules.Require((BadBreakpoints >> kind & 1) == 0, "a breakpoint is on execution, writing or access, of 1, 2 or 4 bytes", cpu.Dr7);
            var enabled = (cpu.Dr7 >> (2 * i) & 3) != 0;
            rules.Require(!enabled || addresses[i] < ImageLimits.UserSpaceEnd - 3, "a breakpoint's address is below 3 GiB", addresses[i]);
        }
    }
}
