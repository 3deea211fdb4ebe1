namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Expressions of call frame information (DWARF 5, 2.5), over 32-bit values.</summary>
static class DwarfExpression
{
    const int MostValues = 64, MostSteps = 1000;

    /// <summary>Evaluates an expression.</summary>
    /// <param name="code">Its bytes.</param>
    /// <param name="registers">EAX to EDI and EIP.</param>
    /// <param name="target">Whose memory it reads.</param>
    /// <param name="initial">What lies on the stack at the beginning; null for nothing.</param>
    /// <returns>Its value; null when it has none.</returns>
    public static uint? Evaluate(ReadOnlySpan<byte> code, ReadOnlySpan<uint> registers, DebugTarget target, uint? initial)
    {
        Span<uint> stack = stackalloc uint[MostValues];
        int depth = 0;
        if (initial is { } first) stack[depth++] = first;
        var cursor = new ByteCursor(code);
        for (int steps = 0; !cursor.IsAtEnd; steps++)
        {
            if (steps == MostSteps || depth >= MostValues - 1) return null;
            byte op = cursor.Byte();
            if (Literal(op, ref cursor, registers) is { } literal)
            {
                stack[depth++] = literal;
                continue;
            }
            int needed = op switch { 0x12 or 0x13 or 0x06 or 0x19 or 0x1F or 0x20 or 0x23 or 0x28 or 0x94 => 1, 0x15 => 0, 0x2F or 0x96 => 0, 0x17 => 3, _ => 2 };
            if (depth < needed) return null;
            uint a = depth > 1 ? stack[depth - 2] : 0, b = depth > 0 ? stack[depth - 1] : 0;
            switch (op)
            {
                case 0x06: // DW_OP_deref
                    if (target.ReadWord(b) is not { } word) return null;
                    stack[depth - 1] = word;
                    break;
                case 0x94: // DW_OP_deref_size
                    byte size = cursor.Byte();
                    if (size is 0 or > 4 || target.ReadWord(b) is not { } part) return null;
                    stack[depth - 1] = size == 4 ? part : part & (1u << (8 * size)) - 1;
                    break;
                case 0x12: stack[depth++] = b; break;
                case 0x13: depth--; break;
                case 0x14: stack[depth++] = a; break;
                case 0x15: // DW_OP_pick
                    int index = cursor.Byte();
                    if (index >= depth) return null;
                    uint picked = stack[depth - 1 - index];
                    stack[depth++] = picked;
                    break;
                case 0x16: (stack[depth - 2], stack[depth - 1]) = (b, a); break;
                case 0x17: (stack[depth - 1], stack[depth - 2], stack[depth - 3]) = (a, stack[depth - 3], b); break;
                case 0x19: stack[depth - 1] = (uint)Math.Abs((long)(int)b); break;
                case 0x1F: stack[depth - 1] = 0 - b; break;
                case 0x20: stack[depth - 1] = ~b; break;
                case 0x23: stack[depth - 1] = b + (uint)cursor.Unsigned(); break;
                case 0x2F or 0x28: // DW_OP_skip, DW_OP_bra
                    short distance = (short)cursor.Half();
                    if (op == 0x28) depth--;
                    if (op == 0x2F || b != 0) cursor.Seek(cursor.Position + distance);
                    break;
                case 0x96: break;
                default:
                    if (Operate(op, a, b) is not { } result) return null;
                    stack[--depth - 1] = result;
                    break;
            }
        }
        return cursor.IsBad || depth == 0 ? null : stack[depth - 1];
    }

    static uint? Literal(byte op, ref ByteCursor cursor, ReadOnlySpan<uint> registers)
    {
        switch (op)
        {
            case 0x03: return cursor.Word();
            case 0x08: return cursor.Byte();
            case 0x09: return (uint)(sbyte)cursor.Byte();
            case 0x0A: return cursor.Half();
            case 0x0B: return (uint)(short)cursor.Half();
            case 0x0C or 0x0D: return cursor.Word();
            case 0x0E or 0x0F: return (uint)cursor.Long();
            case 0x10: return (uint)cursor.Unsigned();
            case 0x11: return (uint)cursor.Signed();
            case >= 0x30 and <= 0x4F: return (uint)(op - 0x30);
            case >= 0x70 and <= 0x8F:
                long offset = cursor.Signed();
                return op - 0x70 < registers.Length ? registers[op - 0x70] + (uint)offset : null;
            case 0x92:
                ulong register = cursor.Unsigned();
                long distance = cursor.Signed();
                return register < (ulong)registers.Length ? registers[(int)register] + (uint)distance : null;
            default: return null;
        }
    }

    static uint? Operate(byte op, uint a, uint b) => op switch
    {
        0x1A => a & b,
        0x1B => b == 0 || (a == 0x80000000 && b == uint.MaxValue) ? null : (uint)((int)a / (int)b),
        0x1C => a - b,
        0x1D => b == 0 ? null : a % b,
        0x1E => a * b,
        0x21 => a | b,
        0x22 => a + b,
        0x24 => b > 31 ? 0 : a << (int)b,
        0x25 => b > 31 ? 0 : a >> (int)b,
        0x26 => (uint)((int)a >> (int)Math.Min(b, 31)),
        0x27 => a ^ b,
        0x29 => (int)a == (int)b ? 1u : 0,
        0x2A => (int)a >= (int)b ? 1u : 0,
        0x2B => (int)a > (int)b ? 1u : 0,
        0x2C => (int)a <= (int)b ? 1u : 0,
        0x2D => (int)a < (int)b ? 1u : 0,
        0x2E => a != b ? 1u : 0,
        _ => null,
    };
}
