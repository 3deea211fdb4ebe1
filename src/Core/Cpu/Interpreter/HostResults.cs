using System.Numerics;
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles<T>(HostResult kind, T a, T b, T result) where T : unmanaged, IBinaryFloatingPointIeee754<T> => kind switch
    {
        HostResult.Sum => !T.IsSubnormal(a) && !T.IsSubnormal(b) && !T.IsSubnormal(result) && T.IsFinite(result),
        HostResult.Product => !T.IsSubnormal(a) && !T.IsSubnormal(b) && ((T.Abs(result) > Smallest<T>() && T.IsFinite(result)) || (result == T.Zero && (a == T.Zero || b == T.Zero))),
        HostResult.Root => !T.IsSubnormal(b) && T.IsFinite(result),
        _ => !T.IsSubnormal(a) && !T.IsSubnormal(b) && !T.IsNaN(a) && !T.IsNaN(b),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Settles<T>(HostResult kind, Vector128<T> a, Vector128<T> b, Vector128<T> result) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector128<T> zero = Vector128<T>.Zero;
        Vector128<T> magnitude = Vector128.Abs(result);
        Vector128<T> finite = Vector128.LessThan(magnitude, Vector128.Create(T.PositiveInfinity));
        Vector128<T> settled = kind switch
        {
            HostResult.Sum => Vector128.AndNot(finite, Denormal(a) | Denormal(b) | Denormal(result)),
            HostResult.Product => Vector128.AndNot(
                (Vector128.GreaterThan(magnitude, Vector128.Create(Smallest<T>())) & finite) | (Vector128.Equals(result, zero) & (Vector128.Equals(a, zero) | Vector128.Equals(b, zero))),
                Denormal(a) | Denormal(b)),
            HostResult.Root => Vector128.AndNot(finite, Denormal(b)),
            _ => Vector128.AndNot(Vector128.Equals(a, a) & Vector128.Equals(b, b), Denormal(a) | Denormal(b)),
        };
        return settled.AsByte() == Vector128<byte>.AllBitsSet;
    }

    /// <summary>The smallest normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Smallest<T>() where T : unmanaged =>
        typeof(T) == typeof(double) ? Unsafe.BitCast<double, T>(2.2250738585072014e-308) : Unsafe.BitCast<float, T>(1.17549435e-38f);

    /// <summary>Where a value is denormal: not zero, and below the smallest normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Denormal<T>(Vector128<T> value) where T : unmanaged =>
        Vector128.AndNot(Vector128.LessThan(Vector128.Abs(value), Vector128.Create(Smallest<T>())), Vector128.Equals(value, Vector128<T>.Zero));
}
