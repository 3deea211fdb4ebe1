using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.SseEnvironment;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>CMPPS, CMPPD, CMPSS, CMPSD by predicate; COMIS and UCOMIS into EFLAGS.</summary>
internal static unsafe class SseCompare
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Cmpps_xmm_xmmm128_imm8, &PackedSingle, &PackedSingleMemory);
        table.Add(Code.Cmppd_xmm_xmmm128_imm8, &PackedDouble, &PackedDoubleMemory);
        table.Add(Code.Cmpss_xmm_xmmm32_imm8, &ScalarSingle, &ScalarSingleMemory);
        table.Add(Code.Cmpsd_xmm_xmmm64_imm8, &ScalarDouble, &ScalarDoubleMemory);
        table.Add(Code.Ucomiss_xmm_xmmm32, &QuietSingle, &QuietSingleMemory);
        table.Add(Code.Ucomisd_xmm_xmmm64, &QuietDouble, &QuietDoubleMemory);
        table.Add(Code.Comiss_xmm_xmmm32, &OrderedSingle, &OrderedSingleMemory);
        table.Add(Code.Comisd_xmm_xmmm64, &OrderedDouble, &OrderedDoubleMemory);
    }

    /// <summary>Predicates 0 to 7: EQ LT LE UNORD NEQ NLT NLE ORD. LT, LE and their negations signal on quiet NaNs.</summary>
    private static bool Holds<T>(ulong a, ulong b, uint predicate, ref FloatEnvironment env) where T : IBinaryFormat
    {
        bool quiet = (predicate & 3) is 0 or 3;
        FloatOrder order = Binary<T>.Compare(a, b, quiet, ref env);
        bool holds = (predicate & 3) switch
        {
            0 => order == FloatOrder.Equal,
            1 => order == FloatOrder.Less,
            2 => order is FloatOrder.Less or FloatOrder.Equal,
            _ => order == FloatOrder.Unordered,
        };
        return holds != ((predicate & 4) != 0);
    }

    private static void PackedSingle(CpuState* s, Op* op) => PackedSingle(s, op, Simd.Xmm(s, op->B).AsUInt32());

    private static void PackedSingleMemory(CpuState* s, Op* op) => PackedSingle(s, op, Simd.ReadAligned(s, op).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackedSingle(CpuState* s, Op* op, Vector128<uint> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> destination = Simd.Xmm(s, op->A).AsUInt32();
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, Holds<Binary32>(destination[i], source[i], op->Immediate, ref env) ? uint.MaxValue : 0);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void PackedDouble(CpuState* s, Op* op) => PackedDouble(s, op, Simd.Xmm(s, op->B).AsUInt64());

    private static void PackedDoubleMemory(CpuState* s, Op* op) => PackedDouble(s, op, Simd.ReadAligned(s, op).AsUInt64());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackedDouble(CpuState* s, Op* op, Vector128<ulong> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<ulong> destination = Simd.Xmm(s, op->A).AsUInt64();
        ulong low = Holds<Binary64>(destination[0], source[0], op->Immediate, ref env) ? ulong.MaxValue : 0;
        ulong high = Holds<Binary64>(destination[1], source[1], op->Immediate, ref env) ? ulong.MaxValue : 0;
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create(low, high).AsByte();
    }

    private static void ScalarSingle(CpuState* s, Op* op) => ScalarSingle(s, op, Simd.Low32(s, op->B));

    private static void ScalarSingleMemory(CpuState* s, Op* op) => ScalarSingle(s, op, Guest.Read32(s, op, Guest.Address(s, op)));

    private static void ScalarSingle(CpuState* s, Op* op, uint source)
    {
        FloatEnvironment env = Environment(s);
        bool holds = Holds<Binary32>(Simd.Low32(s, op->A), source, op->Immediate, ref env);
        Commit(s, op, env);
        Simd.Low32(s, op->A) = holds ? uint.MaxValue : 0;
    }

    private static void ScalarDouble(CpuState* s, Op* op) => ScalarDouble(s, op, Simd.Low(s, op->B));

    private static void ScalarDoubleMemory(CpuState* s, Op* op) => ScalarDouble(s, op, Guest.Read64(s, op, Guest.Address(s, op)));

    private static void ScalarDouble(CpuState* s, Op* op, ulong source)
    {
        FloatEnvironment env = Environment(s);
        bool holds = Holds<Binary64>(Simd.Low(s, op->A), source, op->Immediate, ref env);
        Commit(s, op, env);
        Simd.Low(s, op->A) = holds ? ulong.MaxValue : 0;
    }

    private static void QuietSingle(CpuState* s, Op* op) => Compare<Binary32>(s, op, Simd.Low32(s, op->A), Simd.Low32(s, op->B), quiet: true);

    private static void QuietSingleMemory(CpuState* s, Op* op) => Compare<Binary32>(s, op, Simd.Low32(s, op->A), Guest.Read32(s, op, Guest.Address(s, op)), quiet: true);

    private static void QuietDouble(CpuState* s, Op* op) => Compare<Binary64>(s, op, Simd.Low(s, op->A), Simd.Low(s, op->B), quiet: true);

    private static void QuietDoubleMemory(CpuState* s, Op* op) => Compare<Binary64>(s, op, Simd.Low(s, op->A), Guest.Read64(s, op, Guest.Address(s, op)), quiet: true);

    private static void OrderedSingle(CpuState* s, Op* op) => Compare<Binary32>(s, op, Simd.Low32(s, op->A), Simd.Low32(s, op->B), quiet: false);

    private static void OrderedSingleMemory(CpuState* s, Op* op) => Compare<Binary32>(s, op, Simd.Low32(s, op->A), Guest.Read32(s, op, Guest.Address(s, op)), quiet: false);

    private static void OrderedDouble(CpuState* s, Op* op) => Compare<Binary64>(s, op, Simd.Low(s, op->A), Simd.Low(s, op->B), quiet: false);

    private static void OrderedDoubleMemory(CpuState* s, Op* op) => Compare<Binary64>(s, op, Simd.Low(s, op->A), Guest.Read64(s, op, Guest.Address(s, op)), quiet: false);

    private static void Compare<T>(CpuState* s, Op* op, ulong a, ulong b, bool quiet) where T : IBinaryFormat
    {
        if (typeof(T) == typeof(Binary64))
        {
            // Numbers that are neither NaN nor denormal raise nothing.
            double x = BitConverter.UInt64BitsToDouble(a);
            double y = BitConverter.UInt64BitsToDouble(b);
            if (HostResults.Settles(HostResult.Choice, x, y, 0))
            {
                X87Compare.SetOrder(s, x < y ? FloatOrder.Less : x > y ? FloatOrder.Greater : FloatOrder.Equal);
                return;
            }
        }

        FloatEnvironment env = Environment(s);
        FloatOrder order = Binary<T>.Compare(a, b, quiet, ref env);
        Commit(s, op, env);
        X87Compare.SetOrder(s, order);
    }
}
