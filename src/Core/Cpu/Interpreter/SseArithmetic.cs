using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.SseEnvironment;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>ADD, SUB, MUL, DIV, SQRT, MIN and MAX in their PS, PD, SS and SD forms; RCP and RSQRT.</summary>
internal static unsafe class SseArithmetic
{
    /// <summary>An operation in software for every format, and on the host, with the test that tells when the host's result is all that there is to it.</summary>
    internal interface IOperation
    {
        static abstract ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat;

        static abstract double Host(double a, double b);

        static abstract float Host(float a, float b);

        static abstract Vector128<double> Host(Vector128<double> a, Vector128<double> b);

        static abstract Vector128<float> Host(Vector128<float> a, Vector128<float> b);

        /// <summary>What the host's result is known to be: see <see cref="HostResult"/>.</summary>
        static abstract HostResult Kind { get; }
    }

    internal static void Register(HandlerTable table)
    {
        Add<AddOperation>(table, Code.Addps_xmm_xmmm128, Code.Addpd_xmm_xmmm128, Code.Addss_xmm_xmmm32, Code.Addsd_xmm_xmmm64);
        Add<SubtractOperation>(table, Code.Subps_xmm_xmmm128, Code.Subpd_xmm_xmmm128, Code.Subss_xmm_xmmm32, Code.Subsd_xmm_xmmm64);
        Add<MultiplyOperation>(table, Code.Mulps_xmm_xmmm128, Code.Mulpd_xmm_xmmm128, Code.Mulss_xmm_xmmm32, Code.Mulsd_xmm_xmmm64);
        Add<DivideOperation>(table, Code.Divps_xmm_xmmm128, Code.Divpd_xmm_xmmm128, Code.Divss_xmm_xmmm32, Code.Divsd_xmm_xmmm64);
        Add<SquareRootOperation>(table, Code.Sqrtps_xmm_xmmm128, Code.Sqrtpd_xmm_xmmm128, Code.Sqrtss_xmm_xmmm32, Code.Sqrtsd_xmm_xmmm64);
        Add<MinimumOperation>(table, Code.Minps_xmm_xmmm128, Code.Minpd_xmm_xmmm128, Code.Minss_xmm_xmmm32, Code.Minsd_xmm_xmmm64);
        Add<MaximumOperation>(table, Code.Maxps_xmm_xmmm128, Code.Maxpd_xmm_xmmm128, Code.Maxss_xmm_xmmm32, Code.Maxsd_xmm_xmmm64);
        table.Add(Code.Rcpps_xmm_xmmm128, &Reciprocals, &ReciprocalsMemory);
        table.Add(Code.Rsqrtps_xmm_xmmm128, &ReciprocalRoots, &ReciprocalRootsMemory);
        table.Add(Code.Rcpss_xmm_xmmm32, &ReciprocalOne, &ReciprocalOneMemory);
        table.Add(Code.Rsqrtss_xmm_xmmm32, &ReciprocalRootOne, &ReciprocalRootOneMemory);
    }

    private static void Add<T>(HandlerTable table, Code ps, Code pd, Code ss, Code sd) where T : IOperation
    {
        table.Add(ps, &PackedSingle<T>, &PackedSingleMemory<T>);
        table.Add(pd, &PackedDouble<T>, &PackedDoubleMemory<T>);
        table.Add(ss, &ScalarSingle<T>, &ScalarSingleMemory<T>);
        table.Add(sd, &ScalarDouble<T>, &ScalarDoubleMemory<T>);
    }

    private static void ScalarDouble<T>(CpuState* s, Op* op) where T : IOperation => ScalarDouble<T>(s, op, Simd.Low(s, op->B));

    private static void ScalarDoubleMemory<T>(CpuState* s, Op* op) where T : IOperation => ScalarDouble<T>(s, op, Guest.Read64(s, op, Guest.Address(s, op)));

    private static void ScalarSingle<T>(CpuState* s, Op* op) where T : IOperation => ScalarSingle<T>(s, op, Simd.Low32(s, op->B));

    private static void ScalarSingleMemory<T>(CpuState* s, Op* op) where T : IOperation => ScalarSingle<T>(s, op, Guest.Read32(s, op, Guest.Address(s, op)));

    private static void PackedDouble<T>(CpuState* s, Op* op) where T : IOperation => PackedDouble<T>(s, op, Simd.Xmm(s, op->B));

    private static void PackedDoubleMemory<T>(CpuState* s, Op* op) where T : IOperation => PackedDouble<T>(s, op, Simd.ReadAligned(s, op));

    private static void PackedSingle<T>(CpuState* s, Op* op) where T : IOperation => PackedSingle<T>(s, op, Simd.Xmm(s, op->B));

    private static void PackedSingleMemory<T>(CpuState* s, Op* op) where T : IOperation => PackedSingle<T>(s, op, Simd.ReadAligned(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ScalarDouble<T>(CpuState* s, Op* op, ulong source) where T : IOperation
    {
        ref ulong destination = ref Simd.Low(s, op->A);
        if (IsPlain(s))
        {
            double a = BitConverter.UInt64BitsToDouble(destination);
            double b = BitConverter.UInt64BitsToDouble(source);
            double result = T.Host(a, b);
            if (HostResults.Settles(T.Kind, a, b, result))
            {
                destination = BitConverter.DoubleToUInt64Bits(result);
                return;
            }
        }

        FloatEnvironment env = Environment(s);
        ulong soft = T.Soft<Binary64>(destination, source, ref env);
        Commit(s, op, env);
        destination = soft;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ScalarSingle<T>(CpuState* s, Op* op, uint source) where T : IOperation
    {
        ref uint destination = ref Simd.Low32(s, op->A);
        if (IsPlain(s))
        {
            float a = BitConverter.UInt32BitsToSingle(destination);
            float b = BitConverter.UInt32BitsToSingle(source);
            float result = T.Host(a, b);
            if (HostResults.Settles(T.Kind, a, b, result))
            {
                destination = BitConverter.SingleToUInt32Bits(result);
                return;
            }
        }

        FloatEnvironment env = Environment(s);
        uint soft = (uint)T.Soft<Binary32>(destination, source, ref env);
        Commit(s, op, env);
        destination = soft;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackedDouble<T>(CpuState* s, Op* op, Vector128<byte> source) where T : IOperation
    {
        ref Vector128<byte> destination = ref Simd.Xmm(s, op->A);
        if (IsPlain(s))
        {
            Vector128<double> a = destination.AsDouble();
            Vector128<double> b = source.AsDouble();
            Vector128<double> result = T.Host(a, b);
            if (HostResults.Settles(T.Kind, a, b, result))
            {
                destination = result.AsByte();
                return;
            }
        }

        FloatEnvironment env = Environment(s);
        ulong low = T.Soft<Binary64>(destination.AsUInt64()[0], source.AsUInt64()[0], ref env);
        ulong high = T.Soft<Binary64>(destination.AsUInt64()[1], source.AsUInt64()[1], ref env);
        Commit(s, op, env);
        destination = Vector128.Create(low, high).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackedSingle<T>(CpuState* s, Op* op, Vector128<byte> source) where T : IOperation
    {
        ref Vector128<byte> destination = ref Simd.Xmm(s, op->A);
        if (IsPlain(s))
        {
            Vector128<float> a = destination.AsSingle();
            Vector128<float> b = source.AsSingle();
            Vector128<float> result = T.Host(a, b);
            if (HostResults.Settles(T.Kind, a, b, result))
            {
                destination = result.AsByte();
                return;
            }
        }

        FloatEnvironment env = Environment(s);
        Vector128<uint> soft = default;
        for (int i = 0; i < 4; i++)
        {
            soft = soft.WithElement(i, (uint)T.Soft<Binary32>(destination.AsUInt32()[i], source.AsUInt32()[i], ref env));
        }

        Commit(s, op, env);
        destination = soft.AsByte();
    }

    private static void Reciprocals(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Reciprocals(s, Simd.Xmm(s, op->B));

    private static void ReciprocalsMemory(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Reciprocals(s, Simd.ReadAligned(s, op));

    private static void ReciprocalRoots(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = ReciprocalRoots(s, Simd.Xmm(s, op->B));

    private static void ReciprocalRootsMemory(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = ReciprocalRoots(s, Simd.ReadAligned(s, op));

    private static void ReciprocalOne(CpuState* s, Op* op) => Simd.Low32(s, op->A) = Approximation.Reciprocal(Simd.Low32(s, op->B));

    private static void ReciprocalOneMemory(CpuState* s, Op* op) => Simd.Low32(s, op->A) = Approximation.Reciprocal(Guest.Read32(s, op, Guest.Address(s, op)));

    private static void ReciprocalRootOne(CpuState* s, Op* op) => Simd.Low32(s, op->A) = Approximation.ReciprocalRoot(Simd.Low32(s, op->B));

    private static void ReciprocalRootOneMemory(CpuState* s, Op* op) => Simd.Low32(s, op->A) = Approximation.ReciprocalRoot(Guest.Read32(s, op, Guest.Address(s, op)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Reciprocals(CpuState* s, Vector128<byte> source)
    {
        Vector128<uint> a = source.AsUInt32();
        return Vector128.Create(Approximation.Reciprocal(a[0]), Approximation.Reciprocal(a[1]), Approximation.Reciprocal(a[2]), Approximation.Reciprocal(a[3])).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ReciprocalRoots(CpuState* s, Vector128<byte> source)
    {
        Vector128<uint> a = source.AsUInt32();
        return Vector128.Create(Approximation.ReciprocalRoot(a[0]), Approximation.ReciprocalRoot(a[1]), Approximation.ReciprocalRoot(a[2]), Approximation.ReciprocalRoot(a[3])).AsByte();
    }

    internal readonly struct AddOperation : IOperation
    {
        public static HostResult Kind => HostResult.Sum;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Add(a, b, ref env);

        public static double Host(double a, double b) => a + b;

        public static float Host(float a, float b) => a + b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => a + b;

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => a + b;
    }

    internal readonly struct SubtractOperation : IOperation
    {
        public static HostResult Kind => HostResult.Sum;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Subtract(a, b, ref env);

        public static double Host(double a, double b) => a - b;

        public static float Host(float a, float b) => a - b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => a - b;

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => a - b;
    }

    internal readonly struct MultiplyOperation : IOperation
    {
        public static HostResult Kind => HostResult.Product;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Multiply(a, b, ref env);

        public static double Host(double a, double b) => a * b;

        public static float Host(float a, float b) => a * b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => a * b;

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => a * b;
    }

    internal readonly struct DivideOperation : IOperation
    {
        public static HostResult Kind => HostResult.Product;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Divide(a, b, ref env);

        public static double Host(double a, double b) => a / b;

        public static float Host(float a, float b) => a / b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => a / b;

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => a / b;
    }

    /// <summary>Of the source alone.</summary>
    internal readonly struct SquareRootOperation : IOperation
    {
        public static HostResult Kind => HostResult.Root;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.SquareRoot(b, ref env);

        public static double Host(double a, double b) => Math.Sqrt(b);

        public static float Host(float a, float b) => MathF.Sqrt(b);

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => Vector128.Sqrt(b);

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => Vector128.Sqrt(b);
    }

    /// <summary>A choice between normal numbers; the result is never denormal then.</summary>
    internal readonly struct MinimumOperation : IOperation
    {
        public static HostResult Kind => HostResult.Choice;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Minimum(a, b, ref env);

        public static double Host(double a, double b) => a < b ? a : b;

        public static float Host(float a, float b) => a < b ? a : b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);
    }

    internal readonly struct MaximumOperation : IOperation
    {
        public static HostResult Kind => HostResult.Choice;

        public static ulong Soft<T>(ulong a, ulong b, ref FloatEnvironment env) where T : IBinaryFormat => Binary<T>.Maximum(a, b, ref env);

        public static double Host(double a, double b) => a > b ? a : b;

        public static float Host(float a, float b) => a > b ? a : b;

        public static Vector128<double> Host(Vector128<double> a, Vector128<double> b) => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

        public static Vector128<float> Host(Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);
    }
}
