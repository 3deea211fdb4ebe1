using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.SseEnvironment;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>SSE3: horizontal and alternating arithmetic, duplicating moves. FISTTP and LDDQU are with their families.</summary>
internal static unsafe class Sse3
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Haddps_xmm_xmmm128, &AddAcrossSingles, &AddAcrossSinglesMemory);
        table.Add(Code.Haddpd_xmm_xmmm128, &AddAcrossDoubles, &AddAcrossDoublesMemory);
        table.Add(Code.Hsubps_xmm_xmmm128, &SubtractAcrossSingles, &SubtractAcrossSinglesMemory);
        table.Add(Code.Hsubpd_xmm_xmmm128, &SubtractAcrossDoubles, &SubtractAcrossDoublesMemory);
        table.Add(Code.Addsubps_xmm_xmmm128, &AlternateSingles, &AlternateSinglesMemory);
        table.Add(Code.Addsubpd_xmm_xmmm128, &AlternateDoubles, &AlternateDoublesMemory);
        Simd.Add<EvenSingles>(table, Code.Movsldup_xmm_xmmm128);
        Simd.Add<OddSingles>(table, Code.Movshdup_xmm_xmmm128);
        table.Add(Code.Movddup_xmm_xmmm64, &Duplicate, &DuplicateMemory);
    }

    private static void AddAcrossSingles(CpuState* s, Op* op) => AcrossSingles(s, op, Simd.Xmm(s, op->B), subtract: false);

    private static void AddAcrossSinglesMemory(CpuState* s, Op* op) => AcrossSingles(s, op, Simd.ReadAligned(s, op), subtract: false);

    private static void SubtractAcrossSingles(CpuState* s, Op* op) => AcrossSingles(s, op, Simd.Xmm(s, op->B), subtract: true);

    private static void SubtractAcrossSinglesMemory(CpuState* s, Op* op) => AcrossSingles(s, op, Simd.ReadAligned(s, op), subtract: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AcrossSingles(CpuState* s, Op* op, Vector128<byte> source, bool subtract)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> a = Simd.Xmm(s, op->A).AsUInt32();
        Vector128<uint> b = source.AsUInt32();
        Vector128<uint> result = Vector128.Create(
            (uint)Sum<Binary32>(a[0], a[1], subtract, ref env), (uint)Sum<Binary32>(a[2], a[3], subtract, ref env),
            (uint)Sum<Binary32>(b[0], b[1], subtract, ref env), (uint)Sum<Binary32>(b[2], b[3], subtract, ref env));
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void AddAcrossDoubles(CpuState* s, Op* op) => AcrossDoubles(s, op, Simd.Xmm(s, op->B), subtract: false);

    private static void AddAcrossDoublesMemory(CpuState* s, Op* op) => AcrossDoubles(s, op, Simd.ReadAligned(s, op), subtract: false);

    private static void SubtractAcrossDoubles(CpuState* s, Op* op) => AcrossDoubles(s, op, Simd.Xmm(s, op->B), subtract: true);

    private static void SubtractAcrossDoublesMemory(CpuState* s, Op* op) => AcrossDoubles(s, op, Simd.ReadAligned(s, op), subtract: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AcrossDoubles(CpuState* s, Op* op, Vector128<byte> source, bool subtract)
    {
        FloatEnvironment env = Environment(s);
        Vector128<ulong> a = Simd.Xmm(s, op->A).AsUInt64();
        Vector128<ulong> b = source.AsUInt64();
        ulong low = Sum<Binary64>(a[0], a[1], subtract, ref env);
        ulong high = Sum<Binary64>(b[0], b[1], subtract, ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create(low, high).AsByte();
    }

    private static void AlternateSingles(CpuState* s, Op* op) => AlternateSingles(s, op, Simd.Xmm(s, op->B));

    private static void AlternateSinglesMemory(CpuState* s, Op* op) => AlternateSingles(s, op, Simd.ReadAligned(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AlternateSingles(CpuState* s, Op* op, Vector128<byte> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> a = Simd.Xmm(s, op->A).AsUInt32();
        Vector128<uint> b = source.AsUInt32();
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, (uint)Sum<Binary32>(a[i], b[i], subtract: (i & 1) == 0, ref env));
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void AlternateDoubles(CpuState* s, Op* op) => AlternateDoubles(s, op, Simd.Xmm(s, op->B));

    private static void AlternateDoublesMemory(CpuState* s, Op* op) => AlternateDoubles(s, op, Simd.ReadAligned(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AlternateDoubles(CpuState* s, Op* op, Vector128<byte> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<ulong> a = Simd.Xmm(s, op->A).AsUInt64();
        Vector128<ulong> b = source.AsUInt64();
        ulong low = Sum<Binary64>(a[0], b[0], subtract: true, ref env);
        ulong high = Sum<Binary64>(a[1], b[1], subtract: false, ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create(low, high).AsByte();
    }

    private static ulong Sum<T>(ulong a, ulong b, bool subtract, ref FloatEnvironment env) where T : IBinaryFormat =>
        subtract ? Binary<T>.Subtract(a, b, ref env) : Binary<T>.Add(a, b, ref env);

    private static void Duplicate(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.Create(Simd.Low(s, op->B)).AsByte();

    private static void DuplicateMemory(CpuState* s, Op* op) => Simd.Xmm(s, op->A) = Vector128.Create(Guest.Read64(s, op, Guest.Address(s, op))).AsByte();

    private readonly struct EvenSingles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.Shuffle(source.AsUInt32(), Vector128.Create(0u, 0u, 2u, 2u)).AsByte();
    }

    private readonly struct OddSingles : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Vector128.Shuffle(source.AsUInt32(), Vector128.Create(1u, 1u, 3u, 3u)).AsByte();
    }
}
