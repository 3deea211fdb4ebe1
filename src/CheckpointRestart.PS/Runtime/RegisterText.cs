using System.Buffers.Binary;
using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>What registers hold, in the words of Intel's manual and of debuggers.</summary>
static class RegisterText
{
    static readonly (int Bit, string Name)[] Flags =
    [
        (0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"), (14, "NT"), (16, "RF"), (17, "VM"), (18, "AC"), (21, "ID"),
    ];

    /// <summary>The six exceptions of x87 and SSE: in FSW and MXCSR from bit 0, in FCW as masks from bit 0, in MXCSR from bit 7.</summary>
    static readonly string[] Exceptions = ["IE", "DE", "ZE", "OE", "UE", "PE"];

    static readonly string[] Roundings = ["to nearest", "down", "up", "to zero"];

    internal static string Word(RegisterName register, uint value, CrRegisters registers) => register.Name switch
    {
        "eflags" => Set(Flags, value),
        "orig_eax" => value == uint.MaxValue ? "in no system call" : "in this system call",
        "eip" or "esp" or "ebp" or "fip" or "fdp" or "fcs" or "fds" or "fop" => "",
        "fcw" => $"round {Roundings[value >> 10 & 3]}, precision {(value >> 8 & 3) switch { 0 => "24", 2 => "53", 3 => "64", _ => "reserved" }}, masked {Masked(value)}",
        "fsw" => $"top {value >> 11 & 7}{Conditions(value)}{After(Raised(value))}{((value & 0x40) != 0 ? ", stack fault" : "")}{((value & 0x80) != 0 ? ", pending" : "")}",
        "ftw" => string.Join(' ', Enumerable.Range(0, 8).Select(i => ((FloatTag)(value >> (2 * i) & 3)).ToString().ToLowerInvariant())),
        "mxcsr" => $"round {Roundings[value >> 13 & 3]}{((value & 0x8000) != 0 ? ", flush to zero" : "")}{((value & 0x40) != 0 ? ", denormals are zero" : "")}, masked {Masked(value >> 7)}{After(Raised(value))}",
        "dr6" => Set([(0, "B0"), (1, "B1"), (2, "B2"), (3, "B3"), (13, "BD"), (14, "BS"), (15, "BT")], value),
        "dr7" => string.Join(' ', Enumerable.Range(0, 4).Where(i => (value >> (2 * i) & 3) != 0).Select(static i => $"dr{i}")) is { Length: > 0 } on ? $"on: {on}" : "all off",
        _ when register.Kind == RegisterKind.Debug => Breakpoint(register.Index, registers.Dr7),
        _ => ((int)value).ToString(CultureInfo.InvariantCulture),
    };

    internal static string Segment(uint selector, SegmentDescriptor descriptor)
    {
        if (descriptor.IsEmpty) return (selector & 0xFFFC) == 0 ? "null" : "no descriptor";
        string kind = descriptor.IsCode
            ? $"code{(descriptor.WritableOrReadable ? ", readable" : "")}{(descriptor.ConformingOrExpandDown ? ", conforming" : "")}"
            : $"data{(descriptor.WritableOrReadable ? ", writable" : "")}{(descriptor.ConformingOrExpandDown ? ", expand-down" : "")}";
        return $"base {descriptor.Base:x8} limit {descriptor.Limit:x8} {kind}, {(descriptor.Big ? 32 : 16)}-bit{(descriptor.Present ? "" : ", not present")}";
    }

    internal static string Float(ReadOnlySpan<byte> bytes, FloatTag tag) =>
        tag == FloatTag.Empty ? "empty" : string.Create(CultureInfo.InvariantCulture, $"{tag.ToString().ToLowerInvariant()} {RegisterBytes.ToDouble(bytes):R}");

    internal static string Mmx(ReadOnlySpan<byte> bytes)
    {
        var lanes = new string[4];
        for (int i = 0; i < 4; i++) lanes[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]).ToString(CultureInfo.InvariantCulture);
        return $"int16 {string.Join(' ', lanes)}";
    }

    internal static string Vector(ReadOnlySpan<byte> bytes)
    {
        var lanes = new string[4];
        for (int i = 0; i < 4; i++) lanes[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]).ToString("G6", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"float {string.Join(' ', lanes)}  double {BinaryPrimitives.ReadDoubleLittleEndian(bytes):G6} {BinaryPrimitives.ReadDoubleLittleEndian(bytes[8..]):G6}");
    }

    static string Breakpoint(int index, uint control)
    {
        if ((control >> (2 * index) & 3) == 0) return "off";
        uint field = control >> (16 + 4 * index) & 15;
        string length = (field >> 2) switch { 0 => "1 byte", 1 => "2 bytes", 2 => "8 bytes", _ => "4 bytes" };
        return (field & 3) switch { 0 => "on execution", 1 => $"on writing, {length}", 2 => $"on input and output, {length}", _ => $"on access, {length}" };
    }

    static string Masked(uint value)
    {
        var masked = Enumerable.Range(0, 6).Where(i => (value >> i & 1) != 0).Select(static i => Exceptions[i]).ToArray();
        return masked.Length switch { 0 => "none", 6 => "all", _ => string.Join(' ', masked) };
    }

    static string Raised(uint value) => string.Join(' ', Enumerable.Range(0, 6).Where(i => (value >> i & 1) != 0).Select(static i => Exceptions[i]));

    static string Conditions(uint value) => After(Set([(8, "C0"), (9, "C1"), (10, "C2"), (14, "C3")], value));

    static string After(string text) => text.Length == 0 ? "" : ", " + text;

    static string Set((int Bit, string Name)[] names, uint value) => string.Join(' ', names.Where(name => (value >> name.Bit & 1) != 0).Select(static name => name.Name));
}
