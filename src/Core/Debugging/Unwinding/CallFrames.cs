namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>The call frame information of one file: .eh_frame (LSB Core, 10.6) or .debug_frame (DWARF 5, 6.4). It is untrusted: what is not as it must be has no rows.</summary>
sealed class CallFrames
{
    const int MostEntries = 1 << 20, MostInstructions = 1 << 16, MostRemembered = 64;
    const byte Omitted = 0xFF;

    readonly byte[] bytes;
    readonly uint address;
    readonly bool isEhFrame;
    readonly Dictionary<int, Common?> commons = [];
    readonly List<Entry> entries = [];

    /// <param name="Start">First address.</param>
    /// <param name="Length">Bytes of code.</param>
    /// <param name="Program">Where its instructions begin.</param>
    /// <param name="End">Where they end.</param>
    readonly record struct Entry(uint Start, uint Length, int Program, int End, Common Common);

    sealed record Common(ulong CodeFactor, long DataFactor, byte Encoding, bool HasAugmentation, bool IsSignalFrame, int Program, int End);

    /// <param name="bytes">The section.</param>
    /// <param name="address">Where it would be without a load bias.</param>
    /// <param name="isEhFrame">False for .debug_frame.</param>
    public CallFrames(byte[] bytes, uint address, bool isEhFrame)
    {
        (this.bytes, this.address, this.isEhFrame) = (bytes, address, isEhFrame);
        int at = 0;
        while (at < bytes.Length && entries.Count < MostEntries && Read(ref at))
        {
        }
        entries.Sort(static (one, other) => one.Start.CompareTo(other.Start));
    }

    /// <summary>The section.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>The rules at an instruction.</summary>
    /// <param name="pc">Its address without the load bias.</param>
    /// <param name="row">The rules.</param>
    /// <param name="isSignalFrame">The frame is one that a signal interrupted: its address is that of an instruction, not of a return.</param>
    public bool TryFind(uint pc, out FrameRow row, out bool isSignalFrame)
    {
        row = default;
        isSignalFrame = false;
        int low = 0, high = entries.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (entries[middle].Start <= pc) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return false;
        var entry = entries[low - 1];
        if (pc - entry.Start >= entry.Length) return false;
        var common = entry.Common;
        isSignalFrame = common.IsSignalFrame;
        row.BaseRegister = FrameRow.Esp;
        var initial = row;
        uint location = entry.Start;
        if (!Execute(common, common.Program, common.End, uint.MaxValue, ref location, ref row, initial)) return false;
        initial = row;
        location = entry.Start;
        return Execute(common, entry.Program, entry.End, pc, ref location, ref row, initial);
    }

    bool Read(ref int at)
    {
        var cursor = new ByteCursor(bytes, at);
        uint length = cursor.Word();
        // .eh_frame ends with a length of 0. 64-bit DWARF is not for i386.
        if (length is 0 or uint.MaxValue || length > cursor.Left) return false;
        int start = cursor.Position, end = start + (int)length;
        at = end;
        int field = cursor.Position;
        uint id = cursor.Word();
        if (isEhFrame ? id == 0 : id == uint.MaxValue) return true;
        if (FindCommon(isEhFrame ? (int)(field - id) : (int)id) is not { } common) return true;
        uint first = Pointer(ref cursor, common.Encoding), count = Pointer(ref cursor, (byte)(common.Encoding & 0x0F));
        if (common.HasAugmentation) cursor.Take((long)Math.Min(cursor.Unsigned(), int.MaxValue));
        if (!cursor.IsBad && cursor.Position <= end && count != 0) entries.Add(new Entry(first, count, cursor.Position, end, common));
        return true;
    }

    Common? FindCommon(int at)
    {
        if (commons.TryGetValue(at, out var known)) return known;
        var read = ReadCommon(at);
        commons.Add(at, read);
        return read;
    }

    Common? ReadCommon(int at)
    {
        if (at < 0 || at >= bytes.Length) return null;
        var cursor = new ByteCursor(bytes, at);
        uint length = cursor.Word();
        if (length > cursor.Left) return null;
        int end = cursor.Position + (int)length;
        if (cursor.Word() != (isEhFrame ? 0 : uint.MaxValue)) return null;
        byte version = cursor.Byte();
        if (version is not (1 or 3 or 4)) return null;
        var augmentation = cursor.Text();
        if (version == 4 && (cursor.Byte() != 4 || cursor.Byte() != 0)) return null;
        ulong codeFactor = cursor.Unsigned();
        long dataFactor = cursor.Signed();
        ulong returnRegister = version == 1 ? cursor.Byte() : cursor.Unsigned();
        if (returnRegister != FrameRow.Eip) return null;
        byte encoding = 0;
        bool isSignal = false;
        if (augmentation is [(byte)'z', .. var letters])
        {
            int data = (int)Math.Min(cursor.Unsigned(), int.MaxValue), behind = cursor.Position + Math.Min(data, cursor.Left);
            foreach (byte letter in letters)
            {
                if (letter == 'R') encoding = cursor.Byte();
                else if (letter == 'L') cursor.Byte();
                else if (letter == 'P') Pointer(ref cursor, cursor.Byte());
                else if (letter == 'S') isSignal = true;
                else if (letter != 'B') return null;
            }
            cursor.Seek(behind);
        }
        else if (!augmentation.IsEmpty)
        {
            return null;
        }
        return cursor.IsBad || cursor.Position > end ? null : new Common(codeFactor, dataFactor, encoding, augmentation is [(byte)'z', ..], isSignal, cursor.Position, end);
    }

    /// <summary>An encoded pointer (DW_EH_PE_*).</summary>
    uint Pointer(ref ByteCursor cursor, byte encoding)
    {
        if (encoding == Omitted) return 0;
        uint origin = (encoding & 0x70) == 0x10 ? address + (uint)cursor.Position : 0;
        uint value = (encoding & 0x0F) switch
        {
            0x01 => (uint)cursor.Unsigned(),
            0x02 => cursor.Half(),
            0x09 => (uint)cursor.Signed(),
            0x0A => (uint)(short)cursor.Half(),
            0x04 or 0x0C => (uint)cursor.Long(),
            _ => cursor.Word(),
        };
        return value == 0 ? 0 : value + origin;
    }

    /// <summary>Runs instructions up to the row of an address (DWARF 5, 6.4.2).</summary>
    bool Execute(Common common, int start, int end, uint pc, ref uint location, ref FrameRow row, in FrameRow initial)
    {
        var cursor = new ByteCursor(bytes.AsSpan(0, end), start);
        var remembered = new Stack<FrameRow>();
        for (int count = 0; !cursor.IsAtEnd; count++)
        {
            if (count == MostInstructions) return false;
            byte code = cursor.Byte();
            int low = code & 0x3F;
            switch (code >> 6)
            {
                case 1:
                    location += (uint)((ulong)low * common.CodeFactor);
                    if (location > pc) return true;
                    continue;
                case 2:
                    Set(ref row, low, new FrameRule(RuleKind.AtOffset, Factored(common, (long)cursor.Unsigned())));
                    continue;
                case 3:
                    Restore(ref row, low, initial);
                    continue;
            }
            switch (low)
            {
                case 0x00: // DW_CFA_nop
                    break;
                case 0x01: // DW_CFA_set_loc
                    location = Pointer(ref cursor, common.Encoding);
                    if (location > pc) return true;
                    break;
                case 0x02 or 0x03 or 0x04: // DW_CFA_advance_loc1, 2, 4
                    ulong delta = low == 2 ? cursor.Byte() : low == 3 ? cursor.Half() : cursor.Word();
                    location += (uint)(delta * common.CodeFactor);
                    if (location > pc) return true;
                    break;
                case 0x05: // DW_CFA_offset_extended
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.AtOffset, Factored(common, (long)cursor.Unsigned())));
                    break;
                case 0x06: // DW_CFA_restore_extended
                    Restore(ref row, Register(ref cursor), initial);
                    break;
                case 0x07: // DW_CFA_undefined
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.Undefined));
                    break;
                case 0x08: // DW_CFA_same_value
                    Set(ref row, Register(ref cursor), default);
                    break;
                case 0x09: // DW_CFA_register
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.InRegister, Register(ref cursor)));
                    break;
                case 0x0A: // DW_CFA_remember_state
                    if (remembered.Count == MostRemembered) return false;
                    remembered.Push(row);
                    break;
                case 0x0B: // DW_CFA_restore_state
                    if (!remembered.TryPop(out row)) return false;
                    break;
                case 0x0C: // DW_CFA_def_cfa
                    (row.BaseRegister, row.BaseOffset) = (Register(ref cursor), (int)cursor.Unsigned());
                    break;
                case 0x0D: // DW_CFA_def_cfa_register
                    row.BaseRegister = Register(ref cursor);
                    break;
                case 0x0E: // DW_CFA_def_cfa_offset
                    row.BaseOffset = (int)cursor.Unsigned();
                    break;
                case 0x0F: // DW_CFA_def_cfa_expression
                    row.BaseRegister = -1;
                    row.BaseExpression = Expression(ref cursor, RuleKind.IsExpression);
                    break;
                case 0x10: // DW_CFA_expression
                    Set(ref row, Register(ref cursor), Expression(ref cursor, RuleKind.AtExpression));
                    break;
                case 0x11: // DW_CFA_offset_extended_sf
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.AtOffset, Factored(common, cursor.Signed())));
                    break;
                case 0x12: // DW_CFA_def_cfa_sf
                    (row.BaseRegister, row.BaseOffset) = (Register(ref cursor), Factored(common, cursor.Signed()));
                    break;
                case 0x13: // DW_CFA_def_cfa_offset_sf
                    row.BaseOffset = Factored(common, cursor.Signed());
                    break;
                case 0x14: // DW_CFA_val_offset
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.IsOffset, Factored(common, (long)cursor.Unsigned())));
                    break;
                case 0x15: // DW_CFA_val_offset_sf
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.IsOffset, Factored(common, cursor.Signed())));
                    break;
                case 0x16: // DW_CFA_val_expression
                    Set(ref row, Register(ref cursor), Expression(ref cursor, RuleKind.IsExpression));
                    break;
                case 0x2E: // DW_CFA_GNU_args_size
                    cursor.Unsigned();
                    break;
                case 0x2F: // DW_CFA_GNU_negative_offset_extended
                    Set(ref row, Register(ref cursor), new FrameRule(RuleKind.AtOffset, -Factored(common, (long)cursor.Unsigned())));
                    break;
                default:
                    return false;
            }
        }
        return !cursor.IsBad;
    }

    static int Register(ref ByteCursor cursor) => (int)Math.Min(cursor.Unsigned(), 255);

    static int Factored(Common common, long value) => (int)(value * common.DataFactor);

    static FrameRule Expression(ref ByteCursor cursor, RuleKind kind)
    {
        long length = (long)Math.Min(cursor.Unsigned(), int.MaxValue);
        int start = cursor.Position;
        cursor.Take(length);
        return new FrameRule(kind, 0, start, cursor.IsBad ? 0 : (int)length);
    }

    /// <summary>Of the many registers that DWARF knows, those of the x87 and SSE have no part in it.</summary>
    static void Set(ref FrameRow row, int register, FrameRule rule)
    {
        if (register < FrameRow.Registers) row.Rules[register] = rule;
    }

    static void Restore(ref FrameRow row, int register, in FrameRow initial)
    {
        if (register < FrameRow.Registers) row.Rules[register] = initial.Rules[register];
    }
}
