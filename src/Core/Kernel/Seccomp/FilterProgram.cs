namespace CheckpointRestart.Core.Kernel.Seccomp;

/// <summary>One instruction of a classic BPF program (struct sock_filter).</summary>
/// <param name="Code">Operation.</param>
/// <param name="True">Instructions to skip when a condition holds.</param>
/// <param name="False">Instructions to skip when it does not.</param>
/// <param name="Value">Operand.</param>
public readonly record struct FilterInstruction(ushort Code, byte True, byte False, uint Value);

/// <summary>A checked program that decides on a system call from its number and arguments (Linux: net/core/filter.c, kernel/seccomp.c).</summary>
public sealed partial class FilterProgram
{
    /// <summary>BPF_MAXINSNS.</summary>
    public const int MostInstructions = 4096;

    /// <summary>Bytes of struct seccomp_data, all that a program can load.</summary>
    public const int DataSize = 64;

    const int MemoryWords = 16;

    const ushort LoadAbsolute = 0x20, LoadLength = 0x80, LoadIndexLength = 0x81, LoadImmediate = 0x00, LoadIndexImmediate = 0x01, LoadMemory = 0x60, LoadIndexMemory = 0x61,
        Store = 0x02, StoreIndex = 0x03, ToIndex = 0x07, ToAccumulator = 0x87, ReturnValue = 0x06, ReturnAccumulator = 0x16, Negate = 0x84, Jump = 0x05;

    const ushort AluClass = 4, JumpClass = 5, IndexSource = 8;

    readonly FilterInstruction[] code;

    FilterProgram(FilterInstruction[] code) => this.code = code;

    /// <summary>Instructions.</summary>
    public int Length => code.Length;

    /// <summary>The instructions, for who tells what a machine holds.</summary>
    public IReadOnlyList<FilterInstruction> Instructions => code;

    /// <summary>Checks a program: it ends, stays within itself and its memory, and does only what a filter of system calls may. Null when not (EINVAL).</summary>
    public static FilterProgram? Check(FilterInstruction[] code)
    {
        for (int at = 0; at < code.Length; at++)
            if (!IsAllowed(code[at], code.Length - at - 1)) return null;
        return code[^1].Code is ReturnValue or ReturnAccumulator && StoresBeforeLoads(code) ? new FilterProgram(code) : null;
    }

    /// <param name="after">Instructions that follow.</param>
    static bool IsAllowed(in FilterInstruction instruction, int after)
    {
        uint value = instruction.Value;
        switch (instruction.Code)
        {
            case LoadAbsolute: return value < DataSize && (value & 3) == 0;
            case LoadMemory or LoadIndexMemory or Store or StoreIndex: return value < MemoryWords;
            case LoadLength or LoadIndexLength or LoadImmediate or LoadIndexImmediate or ToIndex or ToAccumulator or ReturnValue or ReturnAccumulator or Negate: return true;
            case Jump: return value < (uint)after;
        }
        int operation = instruction.Code >> 4;
        bool isImmediate = (instruction.Code & IndexSource) == 0;
        return (instruction.Code & 7) switch
        {
            AluClass when instruction.Code < 0x80 || operation == 10 => operation switch
            {
                3 => !isImmediate || value != 0,
                6 or 7 => !isImmediate || value < 32,
                _ => true,
            },
            JumpClass when operation is >= 1 and <= 4 => instruction.True < after && instruction.False < after,
            _ => false,
        };
    }

    /// <summary>No way through the program reads a word of memory that was not written on it (check_load_and_stores).</summary>
    static bool StoresBeforeLoads(FilterInstruction[] code)
    {
        var valid = new ushort[code.Length];
        Array.Fill(valid, ushort.MaxValue);
        ushort written = 0;
        for (int at = 0; at < code.Length; at++)
        {
            written &= valid[at];
            var (operation, yes, no, value) = code[at];
            switch (operation)
            {
                case Store or StoreIndex: written |= (ushort)(1 << (int)value); break;
                case LoadMemory or LoadIndexMemory when (written & (1 << (int)value)) == 0: return false;
                case Jump:
                    valid[at + 1 + (int)value] &= written;
                    written = ushort.MaxValue;
                    break;
                case not (LoadMemory or LoadIndexMemory) when (operation & 7) == JumpClass:
                    valid[at + 1 + yes] &= written;
                    valid[at + 1 + no] &= written;
                    written = ushort.MaxValue;
                    break;
            }
        }
        return true;
    }

    /// <summary>Runs the program over a struct seccomp_data in words.</summary>
    public uint Run(ReadOnlySpan<uint> data)
    {
        Span<uint> memory = stackalloc uint[MemoryWords];
        uint a = 0, x = 0;
        for (int at = 0; ; at++)
        {
            ref readonly var instruction = ref code[at];
            uint value = instruction.Value;
            switch (instruction.Code)
            {
                case LoadAbsolute: a = data[(int)value / 4]; break;
                case LoadLength: a = DataSize; break;
                case LoadIndexLength: x = DataSize; break;
                case LoadImmediate: a = value; break;
                case LoadIndexImmediate: x = value; break;
                case LoadMemory: a = memory[(int)value]; break;
                case LoadIndexMemory: x = memory[(int)value]; break;
                case Store: memory[(int)value] = a; break;
                case StoreIndex: memory[(int)value] = x; break;
                case ToIndex: x = a; break;
                case ToAccumulator: a = x; break;
                case Negate: a = 0 - a; break;
                case ReturnValue: return value;
                case ReturnAccumulator: return a;
                case Jump: at += (int)value; break;
                default:
                    uint operand = (instruction.Code & IndexSource) != 0 ? x : value;
                    int operation = instruction.Code >> 4;
                    if ((instruction.Code & 7) == JumpClass)
                    {
                        bool holds = operation switch { 1 => a == operand, 2 => a > operand, 3 => a >= operand, _ => (a & operand) != 0 };
                        at += holds ? instruction.True : instruction.False;
                        break;
                    }
                    // A division by zero ends the program with 0.
                    if (operation == 3 && operand == 0) return 0;
                    a = operation switch
                    {
                        0 => a + operand,
                        1 => a - operand,
                        2 => a * operand,
                        3 => a / operand,
                        4 => a | operand,
                        5 => a & operand,
                        6 => a << (int)operand,
                        7 => a >> (int)operand,
                        _ => a ^ operand,
                    };
                    break;
            }
        }
    }
}
