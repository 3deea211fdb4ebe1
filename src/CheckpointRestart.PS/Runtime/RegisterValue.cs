using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>What a user gives as a register's value, as the bytes that the register holds.</summary>
static class RegisterValue
{
    /// <summary>The bytes, least significant first; null when it is no value for the register.</summary>
    internal static byte[]? Parse(RegisterName register, object value)
    {
        value = Unwrap(value);
        if (value is string text) return ParseText(register, text.Trim());
        if (value is byte[] bytes) return bytes.Length == register.Size ? bytes : null;
        if (value is IEnumerable list) return register.Kind == RegisterKind.Sse ? Lanes([.. list.Cast<object>().Select(Unwrap)]) : null;
        return register.Kind == RegisterKind.FloatingPoint ? (ToDouble(value) is { } number ? RegisterBytes.FromDouble(number) : null)
            : ToInteger(value) is { } integer ? Fit(integer, register.Size) : null;
    }

    /// <summary>What a register takes, in words.</summary>
    internal static string Expected(RegisterName register) => register.Kind switch
    {
        RegisterKind.FloatingPoint => "a number, NaN, Infinity, or all 80 bits as 0x and 20 hexadecimal digits",
        RegisterKind.Sse => "an integer of 128 bits, 16 bytes, or lanes: 2 doubles, 4 singles, or 2, 4, 8 or 16 integers, the lowest first",
        _ => $"an integer of {register.Size * 8} bits, also as text: decimal, or hexadecimal with 0x",
    };

    /// <summary>Bytes as one hexadecimal number.</summary>
    internal static string Format(ReadOnlySpan<byte> bytes) => "0x" + RegisterBytes.ToHexadecimal(bytes);

    /// <summary>The value as a message shows it.</summary>
    internal static string Show(object value) => Unwrap(value) is IEnumerable and not string and var list ? string.Join(", ", ((IEnumerable)list).Cast<object>()) : string.Create(CultureInfo.InvariantCulture, $"{value}");

    static object Unwrap(object value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    static byte[]? ParseText(RegisterName register, string text)
    {
        bool isNegative = text.StartsWith('-');
        var digits = isNegative ? text.AsSpan(1) : text;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            // A leading zero keeps the number positive.
            if (!BigInteger.TryParse("0" + digits[2..].ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) || digits.Length == 2) return null;
            return Fit(isNegative ? -hex : hex, register.Size);
        }
        if (register.Kind == RegisterKind.FloatingPoint)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? RegisterBytes.FromDouble(number) : null;
        return BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? Fit(integer, register.Size) : null;
    }

    static BigInteger? ToInteger(object value) => value switch
    {
        BigInteger integer => integer,
        UInt128 integer => integer,
        ulong integer => integer,
        Enum flags => Convert.ToInt64(flags, CultureInfo.InvariantCulture),
        bool or char => null,
        double number when double.IsInteger(number) => new BigInteger(number),
        double or float or decimal => null,
        IConvertible small => Convert.ToInt64(small, CultureInfo.InvariantCulture),
        _ => null,
    };

    static double? ToDouble(object value) => value switch
    {
        bool or char => null,
        BigInteger integer => (double)integer,
        IConvertible number => Convert.ToDouble(number, CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>Two's complement, when the number fits as a signed or an unsigned one.</summary>
    static byte[]? Fit(BigInteger value, int size)
    {
        var one = BigInteger.One << (size * 8);
        if (value < -(one >> 1) || value >= one) return null;
        if (value < 0) value += one;
        var bytes = new byte[size];
        return value.TryWriteBytes(bytes, out _, isUnsigned: true) ? bytes : null;
    }

    /// <summary>The lanes of an XMM register, lane 0 first. One number with a fraction or an exponent makes all of them floating-point.</summary>
    static byte[]? Lanes(object[] lanes)
    {
        if (lanes.Length is not (2 or 4 or 8 or 16)) return null;
        int size = 16 / lanes.Length;
        var bytes = new byte[16];
        bool isFloat = lanes.Any(static lane => lane is double or float or decimal);
        for (int i = 0; i < lanes.Length; i++)
        {
            var to = bytes.AsSpan(i * size, size);
            if (!isFloat)
            {
                if (ToInteger(lanes[i]) is not { } integer || Fit(integer, size) is not { } lane) return null;
                lane.CopyTo(to);
            }
            else if (ToDouble(lanes[i]) is not { } number || size < 4) return null;
            else if (size == 8) BinaryPrimitives.WriteDoubleLittleEndian(to, number);
            else BinaryPrimitives.WriteSingleLittleEndian(to, (float)number);
        }
        return bytes;
    }
}
