using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>SSSE3: PSHUFB, PALIGNR, horizontal sums, PSIGN, PABS, PMADDUBSW, PMULHRSW, on MMX and XMM registers.</summary>
internal static unsafe class Ssse3
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Pshufb_mm_mmm64, &Simd.MmxRegister<ShuffleLowBytes>, &Simd.MmxMemory<ShuffleLowBytes>);
        Simd.Add<ShuffleBytes>(table, Code.Pshufb_xmm_xmmm128);
        AddAcross<AddWords>(table, Code.Phaddw_mm_mmm64, Code.Phaddw_xmm_xmmm128);
        AddAcross<AddDoubles>(table, Code.Phaddd_mm_mmm64, Code.Phaddd_xmm_xmmm128);
        AddAcross<AddSaturated>(table, Code.Phaddsw_mm_mmm64, Code.Phaddsw_xmm_xmmm128);
        AddAcross<SubtractWords>(table, Code.Phsubw_mm_mmm64, Code.Phsubw_xmm_xmmm128);
        AddAcross<SubtractDoubles>(table, Code.Phsubd_mm_mmm64, Code.Phsubd_xmm_xmmm128);
        AddAcross<SubtractSaturated>(table, Code.Phsubsw_mm_mmm64, Code.Phsubsw_xmm_xmmm128);
        Simd.Add<MultiplyAddBytes>(table, Code.Pmaddubsw_mm_mmm64, Code.Pmaddubsw_xmm_xmmm128);
        Simd.Add<MultiplyRounded>(table, Code.Pmulhrsw_mm_mmm64, Code.Pmulhrsw_xmm_xmmm128);
        Simd.Add<SignBytes>(table, Code.Psignb_mm_mmm64, Code.Psignb_xmm_xmmm128);
        Simd.Add<SignWords>(table, Code.Psignw_mm_mmm64, Code.Psignw_xmm_xmmm128);
        Simd.Add<SignDoubles>(table, Code.Psignd_mm_mmm64, Code.Psignd_xmm_xmmm128);
        Simd.Add<AbsoluteBytes>(table, Code.Pabsb_mm_mmm64, Code.Pabsb_xmm_xmmm128);
        Simd.Add<AbsoluteWords>(table, Code.Pabsw_mm_mmm64, Code.Pabsw_xmm_xmmm128);
        Simd.Add<AbsoluteDoubles>(table, Code.Pabsd_mm_mmm64, Code.Pabsd_xmm_xmmm128);
        Simd.AddImmediate<Align>(table, Code.Palignr_xmm_xmmm128_imm8);
        table.Add(Code.Palignr_mm_mmm64_imm8, &Simd.MmxRegisterImmediate<AlignLow>, &Simd.MmxMemoryImmediate<AlignLow>);
    }

    /// <summary>For MMX both operands joined make one vector, and its sums are the lower half of the result.</summary>
    private static void AddAcross<T>(HandlerTable table, Code mmx, Code xmm) where T : IPackedOperation
    {
        table.Add(mmx, &Simd.MmxRegister<Joined<T>>, &Simd.MmxMemory<Joined<T>>);
        Simd.Add<T>(table, xmm);
    }

    private readonly struct Joined<T> : IPackedOperation where T : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<byte> both = Vector128.Create(destination.AsUInt64().ToScalar(), source.AsUInt64().ToScalar()).AsByte();
            return T.Compute(both, both);
        }
    }

    private readonly struct ShuffleBytes : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.Shuffle(destination, source & Vector128.Create((byte)15)) & ~(source.AsSByte() >> 7).AsByte();
    }

    private readonly struct ShuffleLowBytes : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.Shuffle(destination, source & Vector128.Create((byte)7)) & ~(source.AsSByte() >> 7).AsByte();
    }

    private readonly struct Align : IPackedImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            if (immediate >= 32) return default;
            var both = new Joined { Low = source, High = destination };
            return Unsafe.ReadUnaligned<Vector128<byte>>((byte*)&both + immediate);
        }

        /// <summary>Both operands in a row, and zeros behind them.</summary>
        [StructLayout(LayoutKind.Sequential)]
        private struct Joined
        {
            public Vector128<byte> Low, High, Zero;
        }
    }

    private readonly struct AlignLow : IPackedImmediate
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            var both = new UInt128(destination.AsUInt64().ToScalar(), source.AsUInt64().ToScalar());
            return immediate >= 16 ? default : SimdShift.Vector(both >> (immediate * 8));
        }
    }

    private readonly struct MultiplyAddBytes : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> result = default;
            for (int i = 0; i < 8; i++)
            {
                int sum = (destination[2 * i] * (sbyte)source[2 * i]) + (destination[(2 * i) + 1] * (sbyte)source[(2 * i) + 1]);
                result = result.WithElement(i, (short)Math.Clamp(sum, short.MinValue, short.MaxValue));
            }

            return result.AsByte();
        }
    }

    private readonly struct MultiplyRounded : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            (Vector128<int> a0, Vector128<int> a1) = Vector128.Widen(destination.AsInt16());
            (Vector128<int> b0, Vector128<int> b1) = Vector128.Widen(source.AsInt16());
            Vector128<int> one = Vector128<int>.One;
            return Vector128.Narrow((((a0 * b0) >> 14) + one) >> 1, (((a1 * b1) >> 14) + one) >> 1).AsByte();
        }
    }

    private readonly struct AddWords : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> result = default;
            for (int i = 0; i < 4; i++)
            {
                result = result.WithElement(i, (short)(destination.AsInt16()[2 * i] + destination.AsInt16()[(2 * i) + 1]));
                result = result.WithElement(i + 4, (short)(source.AsInt16()[2 * i] + source.AsInt16()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private readonly struct AddDoubles : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<int> result = default;
            for (int i = 0; i < 2; i++)
            {
                result = result.WithElement(i, (int)(destination.AsInt32()[2 * i] + destination.AsInt32()[(2 * i) + 1]));
                result = result.WithElement(i + 2, (int)(source.AsInt32()[2 * i] + source.AsInt32()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private readonly struct SubtractWords : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> result = default;
            for (int i = 0; i < 4; i++)
            {
                result = result.WithElement(i, (short)(destination.AsInt16()[2 * i] - destination.AsInt16()[(2 * i) + 1]));
                result = result.WithElement(i + 4, (short)(source.AsInt16()[2 * i] - source.AsInt16()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private readonly struct SubtractDoubles : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<int> result = default;
            for (int i = 0; i < 2; i++)
            {
                result = result.WithElement(i, (int)(destination.AsInt32()[2 * i] - destination.AsInt32()[(2 * i) + 1]));
                result = result.WithElement(i + 2, (int)(source.AsInt32()[2 * i] - source.AsInt32()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private readonly struct AddSaturated : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> result = default;
            for (int i = 0; i < 4; i++)
            {
                result = result.WithElement(i, Clamp(destination.AsInt16()[2 * i] + destination.AsInt16()[(2 * i) + 1]));
                result = result.WithElement(i + 4, Clamp(source.AsInt16()[2 * i] + source.AsInt16()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private readonly struct SubtractSaturated : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> result = default;
            for (int i = 0; i < 4; i++)
            {
                result = result.WithElement(i, Clamp(destination.AsInt16()[2 * i] - destination.AsInt16()[(2 * i) + 1]));
                result = result.WithElement(i + 4, Clamp(source.AsInt16()[2 * i] - source.AsInt16()[(2 * i) + 1]));
            }

            return result.AsByte();
        }
    }

    private static short Clamp(int value) => (short)Math.Clamp(value, short.MinValue, short.MaxValue);

    private readonly struct SignBytes : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            // Negation is inversion plus one; lanes whose sign is zero vanish.
            Vector128<sbyte> sign = source.AsSByte() >> 7;
            Vector128<sbyte> value = (destination.AsSByte() ^ sign) - sign;
            return Vector128.AndNot(value, Vector128.Equals(source.AsSByte(), Vector128<sbyte>.Zero)).AsByte();
        }
    }

    private readonly struct AbsoluteBytes : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<sbyte> sign = source.AsSByte() >> 7;
            return ((source.AsSByte() ^ sign) - sign).AsByte();
        }
    }

    private readonly struct SignWords : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            // Negation is inversion plus one; lanes whose sign is zero vanish.
            Vector128<short> sign = source.AsInt16() >> 15;
            Vector128<short> value = (destination.AsInt16() ^ sign) - sign;
            return Vector128.AndNot(value, Vector128.Equals(source.AsInt16(), Vector128<short>.Zero)).AsByte();
        }
    }

    private readonly struct AbsoluteWords : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<short> sign = source.AsInt16() >> 15;
            return ((source.AsInt16() ^ sign) - sign).AsByte();
        }
    }

    private readonly struct SignDoubles : IPackedOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            // Negation is inversion plus one; lanes whose sign is zero vanish.
            Vector128<int> sign = source.AsInt32() >> 31;
            Vector128<int> value = (destination.AsInt32() ^ sign) - sign;
            return Vector128.AndNot(value, Vector128.Equals(source.AsInt32(), Vector128<int>.Zero)).AsByte();
        }
    }

    private readonly struct AbsoluteDoubles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source)
        {
            Vector128<int> sign = source.AsInt32() >> 31;
            return ((source.AsInt32() ^ sign) - sign).AsByte();
        }
    }
}
