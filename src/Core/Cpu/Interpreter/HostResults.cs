using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>What a result of the host's arithmetic has to be, so that nothing but it and PE can come of the operation.</summary>
internal enum HostResult
{
    /// <summary>Normal, or zero, which sums are exactly or not at all.</summary>
    Sum,

    /// <summary>Above the smallest normal number, which also tiny products are rounded to, with an underflow; or the zero of a zero operand.</summary>
    Product,

    /// <summary>Of the second operand alone, and normal unless that is zero.</summary>
    Root,

    /// <summary>One of the operands, neither of them a NaN.</summary>
    Choice,
}

/// <summary>
/// Decides, for operations that the host computed to nearest, whether they raise nothing but PE. Denormal operands raise DE; a finite result shows that neither operand
/// is a NaN or, where that would raise anything, an infinity.
/// </summary>
internal static class HostResults
{
    private const double SmallestDouble = 2.2250738585072014e-308;
    private const float SmallestSingle = 1.17549435e-38f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles(HostResult kind, double a, double b, double result) => kind switch
    {
        HostResult.Sum => !IsDenormal(a) && !IsDenormal(b) && !IsDenormal(result) && double.IsFinite(result),
        HostResult.Product => !IsDenormal(a) && !IsDenormal(b) && ((Math.Abs(result) > SmallestDouble && double.IsFinite(result)) || (result == 0 && (a == 0 || b == 0))),
        HostResult.Root => !IsDenormal(b) && double.IsFinite(result),
        _ => !IsDenormal(a) && !IsDenormal(b) && !double.IsNaN(a) && !double.IsNaN(b),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles(HostResult kind, float a, float b, float result) => kind switch
    {
        HostResult.Sum => !IsDenormal(a) && !IsDenormal(b) && !IsDenormal(result) && float.IsFinite(result),
        HostResult.Product => !IsDenormal(a) && !IsDenormal(b) && ((Math.Abs(result) > SmallestSingle && float.IsFinite(result)) || (result == 0 && (a == 0 || b == 0))),
        HostResult.Root => !IsDenormal(b) && float.IsFinite(result),
        _ => !IsDenormal(a) && !IsDenormal(b) && !float.IsNaN(a) && !float.IsNaN(b),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles(HostResult kind, Vector128<double> a, Vector128<double> b, Vector128<double> result)
    {
        Vector128<double> zero = Vector128<double>.Zero;
        Vector128<double> smallest = Vector128.Create(SmallestDouble);
        Vector128<double> magnitude = Vector128.Abs(result);
        Vector128<double> finite = Vector128.LessThan(magnitude, Vector128.Create(double.PositiveInfinity));
        Vector128<double> settled = kind switch
        {
            HostResult.Sum => Vector128.AndNot(finite, Denormal(a) | Denormal(b) | Denormal(result)),
            HostResult.Product => Vector128.AndNot(
                (Vector128.GreaterThan(magnitude, smallest) & finite) | (Vector128.Equals(result, zero) & (Vector128.Equals(a, zero) | Vector128.Equals(b, zero))),
                Denormal(a) | Denormal(b)),
            HostResult.Root => Vector128.AndNot(finite, Denormal(b)),
            _ => Vector128.AndNot(Vector128.Equals(a, a) & Vector128.Equals(b, b), Denormal(a) | Denormal(b)),
        };
        return settled.AsUInt64() == Vector128<ulong>.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles(HostResult kind, Vector128<float> a, Vector128<float> b, Vector128<float> result)
    {
        Vector128<float> zero = Vector128<float>.Zero;
        Vector128<float> smallest = Vector128.Create(SmallestSingle);
        Vector128<float> magnitude = Vector128.Abs(result);
        Vector128<float> finite = Vector128.LessThan(magnitude, Vector128.Create(float.PositiveInfinity));
        Vector128<float> settled = kind switch
        {
            HostResult.Sum => Vector128.AndNot(finite, Denormal(a) | Denormal(b) | Denormal(result)),
            HostResult.Product => Vector128.AndNot(
                (Vector128.GreaterThan(magnitude, smallest) & finite) | (Vector128.Equals(result, zero) & (Vector128.Equals(a, zero) | Vector128.Equals(b, zero))),
                Denormal(a) | Denormal(b)),
            HostResult.Root => Vector128.AndNot(finite, Denormal(b)),
            _ => Vector128.AndNot(Vector128.Equals(a, a) & Vector128.Equals(b, b), Denormal(a) | Denormal(b)),
        };
        return settled.AsUInt32() == Vector128<uint>.AllBitsSet;
    }

    /// <summary>Denormal: not zero, and below the smallest normal number. Shifted left the sign is gone, and one less makes zero the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsDenormal(double value) => (BitConverter.DoubleToUInt64Bits(value) << 1) - 1 < (1UL << 53) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsDenormal(float value) => (BitConverter.SingleToUInt32Bits(value) << 1) - 1 < (1u << 24) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Denormal(Vector128<double> value) =>
        Vector128.AndNot(Vector128.LessThan(Vector128.Abs(value), Vector128.Create(SmallestDouble)), Vector128.Equals(value, Vector128<double>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Denormal(Vector128<float> value) =>
        Vector128.AndNot(Vector128.LessThan(Vector128.Abs(value), Vector128.Create(SmallestSingle)), Vector128.Equals(value, Vector128<float>.Zero));
}
