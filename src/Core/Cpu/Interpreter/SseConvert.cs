using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CheckpointRestart.Core.Cpu.Floating;
using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Interpreter.SseEnvironment;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>CVT: between singles, doubles and 32-bit integers in XMM, MMX and general registers.</summary>
internal static unsafe class SseConvert
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Cvtsi2sd_xmm_rm32, &IntegerToDouble, &IntegerToDoubleMemory);
        table.Add(Code.Cvtsi2ss_xmm_rm32, &IntegerToSingle, &IntegerToSingleMemory);
        table.Add(Code.Cvtsd2si_r32_xmmm64, &DoubleToInteger, &DoubleToIntegerMemory);
        table.Add(Code.Cvttsd2si_r32_xmmm64, &DoubleToIntegerTruncate, &DoubleToIntegerTruncateMemory);
        table.Add(Code.Cvtss2si_r32_xmmm32, &SingleToInteger, &SingleToIntegerMemory);
        table.Add(Code.Cvttss2si_r32_xmmm32, &SingleToIntegerTruncate, &SingleToIntegerTruncateMemory);
        table.Add(Code.Cvtss2sd_xmm_xmmm32, &SingleToDouble, &SingleToDoubleMemory);
        table.Add(Code.Cvtsd2ss_xmm_xmmm64, &DoubleToSingle, &DoubleToSingleMemory);
        table.Add(Code.Cvtps2pd_xmm_xmmm64, &SinglesToDoubles, &SinglesToDoublesMemory);
        table.Add(Code.Cvtpd2ps_xmm_xmmm128, &DoublesToSingles, &DoublesToSinglesMemory);
        table.Add(Code.Cvtdq2ps_xmm_xmmm128, &IntegersToSingles, &IntegersToSinglesMemory);
        table.Add(Code.Cvtdq2pd_xmm_xmmm64, &IntegersToDoubles, &IntegersToDoublesMemory);
        table.Add(Code.Cvtps2dq_xmm_xmmm128, &SinglesToIntegers, &SinglesToIntegersMemory);
        table.Add(Code.Cvttps2dq_xmm_xmmm128, &SinglesToIntegersTruncate, &SinglesToIntegersTruncateMemory);
        table.Add(Code.Cvtpd2dq_xmm_xmmm128, &DoublesToIntegers, &DoublesToIntegersMemory);
        table.Add(Code.Cvttpd2dq_xmm_xmmm128, &DoublesToIntegersTruncate, &DoublesToIntegersTruncateMemory);
        table.Add(Code.Cvtpi2ps_xmm_mmm64, &MmxToSingles, &MmxToSinglesMemory);
        table.Add(Code.Cvtpi2pd_xmm_mmm64, &MmxToDoubles, &MmxToDoublesMemory);
        table.Add(Code.Cvtps2pi_mm_xmmm64, &SinglesToMmx, &SinglesToMmxMemory);
        table.Add(Code.Cvttps2pi_mm_xmmm64, &SinglesToMmxTruncate, &SinglesToMmxTruncateMemory);
        table.Add(Code.Cvtpd2pi_mm_xmmm128, &DoublesToMmx, &DoublesToMmxMemory);
        table.Add(Code.Cvttpd2pi_mm_xmmm128, &DoublesToMmxTruncate, &DoublesToMmxTruncateMemory);
    }

    private static ulong Memory64(CpuState* s, Op* op) => Guest.Read64(s, op, Guest.Address(s, op));

    private static uint Memory32(CpuState* s, Op* op) => Guest.Read32(s, op, Guest.Address(s, op));

    private static void IntegerToDouble(CpuState* s, Op* op) => IntegerToDouble(s, op, (int)Guest.Register(s, op->B));

    private static void IntegerToDoubleMemory(CpuState* s, Op* op) => IntegerToDouble(s, op, (int)Memory32(s, op));

    private static void IntegerToDouble(CpuState* s, Op* op, int value)
    {
        // Exact, so no flag and no rounding.
        Simd.Low(s, op->A) = BitConverter.DoubleToUInt64Bits(value);
    }

    private static void IntegerToSingle(CpuState* s, Op* op) => IntegerToSingle(s, op, (int)Guest.Register(s, op->B));

    private static void IntegerToSingleMemory(CpuState* s, Op* op) => IntegerToSingle(s, op, (int)Memory32(s, op));

    private static void IntegerToSingle(CpuState* s, Op* op, int value)
    {
        FloatEnvironment env = Environment(s);
        ulong result = Binary<Binary32>.FromInteger(value, ref env);
        Commit(s, op, env);
        Simd.Low32(s, op->A) = (uint)result;
    }

    private static void DoubleToInteger(CpuState* s, Op* op) => ToGeneral<Binary64>(s, op, Simd.Low(s, op->B), truncate: false);

    private static void DoubleToIntegerMemory(CpuState* s, Op* op) => ToGeneral<Binary64>(s, op, Memory64(s, op), truncate: false);

    private static void DoubleToIntegerTruncate(CpuState* s, Op* op) => ToGeneral<Binary64>(s, op, Simd.Low(s, op->B), truncate: true);

    private static void DoubleToIntegerTruncateMemory(CpuState* s, Op* op) => ToGeneral<Binary64>(s, op, Memory64(s, op), truncate: true);

    private static void SingleToInteger(CpuState* s, Op* op) => ToGeneral<Binary32>(s, op, Simd.Low32(s, op->B), truncate: false);

    private static void SingleToIntegerMemory(CpuState* s, Op* op) => ToGeneral<Binary32>(s, op, Memory32(s, op), truncate: false);

    private static void SingleToIntegerTruncate(CpuState* s, Op* op) => ToGeneral<Binary32>(s, op, Simd.Low32(s, op->B), truncate: true);

    private static void SingleToIntegerTruncateMemory(CpuState* s, Op* op) => ToGeneral<Binary32>(s, op, Memory32(s, op), truncate: true);

    private static void ToGeneral<T>(CpuState* s, Op* op, ulong source, bool truncate) where T : IBinaryFormat
    {
        FloatEnvironment env = Environment(s);
        uint result = ToInteger<T>(source, truncate, ref env);
        Commit(s, op, env);
        Guest.Register(s, op->A) = result;
    }

    private static uint ToInteger<T>(ulong source, bool truncate, ref FloatEnvironment env) where T : IBinaryFormat =>
        (uint)Binary<T>.ToInteger(source, 32, truncate ? Rounding.Zero : env.Rounding, ref env);

    private static void SingleToDouble(CpuState* s, Op* op) => SingleToDouble(s, op, Simd.Low32(s, op->B));

    private static void SingleToDoubleMemory(CpuState* s, Op* op) => SingleToDouble(s, op, Memory32(s, op));

    private static void SingleToDouble(CpuState* s, Op* op, uint source)
    {
        FloatEnvironment env = Environment(s);
        ulong result = Binary<Binary32>.ConvertTo<Binary64>(source, ref env);
        Commit(s, op, env);
        Simd.Low(s, op->A) = result;
    }

    private static void DoubleToSingle(CpuState* s, Op* op) => DoubleToSingle(s, op, Simd.Low(s, op->B));

    private static void DoubleToSingleMemory(CpuState* s, Op* op) => DoubleToSingle(s, op, Memory64(s, op));

    private static void DoubleToSingle(CpuState* s, Op* op, ulong source)
    {
        FloatEnvironment env = Environment(s);
        ulong result = Binary<Binary64>.ConvertTo<Binary32>(source, ref env);
        Commit(s, op, env);
        Simd.Low32(s, op->A) = (uint)result;
    }

    private static void SinglesToDoubles(CpuState* s, Op* op) => SinglesToDoubles(s, op, Simd.Low(s, op->B));

    private static void SinglesToDoublesMemory(CpuState* s, Op* op) => SinglesToDoubles(s, op, Memory64(s, op));

    private static void SinglesToDoubles(CpuState* s, Op* op, ulong source)
    {
        FloatEnvironment env = Environment(s);
        ulong low = Binary<Binary32>.ConvertTo<Binary64>((uint)source, ref env);
        ulong high = Binary<Binary32>.ConvertTo<Binary64>(source >> 32, ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.Create(low, high).AsByte();
    }

    private static void DoublesToSingles(CpuState* s, Op* op) => DoublesToSingles(s, op, Simd.Xmm(s, op->B).AsUInt64());

    private static void DoublesToSinglesMemory(CpuState* s, Op* op) => DoublesToSingles(s, op, Simd.ReadAligned(s, op).AsUInt64());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DoublesToSingles(CpuState* s, Op* op, Vector128<ulong> source)
    {
        FloatEnvironment env = Environment(s);
        ulong low = Binary<Binary64>.ConvertTo<Binary32>(source[0], ref env);
        ulong high = Binary<Binary64>.ConvertTo<Binary32>(source[1], ref env);
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = Vector128.CreateScalar(low | (high << 32)).AsByte();
    }

    private static void IntegersToSingles(CpuState* s, Op* op) => IntegersToSingles(s, op, Simd.Xmm(s, op->B).AsInt32());

    private static void IntegersToSinglesMemory(CpuState* s, Op* op) => IntegersToSingles(s, op, Simd.ReadAligned(s, op).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void IntegersToSingles(CpuState* s, Op* op, Vector128<int> source)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, (uint)Binary<Binary32>.FromInteger(source[i], ref env));
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void IntegersToDoubles(CpuState* s, Op* op) => IntegersToDoubles(s, op, Simd.Low(s, op->B));

    private static void IntegersToDoublesMemory(CpuState* s, Op* op) => IntegersToDoubles(s, op, Memory64(s, op));

    private static void IntegersToDoubles(CpuState* s, Op* op, ulong source)
    {
        Simd.Xmm(s, op->A) = Vector128.Create((double)(int)source, (int)(source >> 32)).AsByte();
    }

    private static void SinglesToIntegers(CpuState* s, Op* op) => SinglesToIntegers(s, op, Simd.Xmm(s, op->B).AsUInt32(), truncate: false);

    private static void SinglesToIntegersMemory(CpuState* s, Op* op) => SinglesToIntegers(s, op, Simd.ReadAligned(s, op).AsUInt32(), truncate: false);

    private static void SinglesToIntegersTruncate(CpuState* s, Op* op) => SinglesToIntegers(s, op, Simd.Xmm(s, op->B).AsUInt32(), truncate: true);

    private static void SinglesToIntegersTruncateMemory(CpuState* s, Op* op) => SinglesToIntegers(s, op, Simd.ReadAligned(s, op).AsUInt32(), truncate: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SinglesToIntegers(CpuState* s, Op* op, Vector128<uint> source, bool truncate)
    {
        FloatEnvironment env = Environment(s);
        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++) result = result.WithElement(i, ToInteger<Binary32>(source[i], truncate, ref env));
        Commit(s, op, env);
        Simd.Xmm(s, op->A) = result.AsByte();
    }

    private static void DoublesToIntegers(CpuState* s, Op* op) => DoublesToIntegers(s, op, Simd.Xmm(s, op->B).AsUInt64(), truncate: false);

    private static void DoublesToIntegersMemory(CpuState* s, Op* op) => DoublesToIntegers(s, op, Simd.ReadAligned(s, op).AsUInt64(), truncate: false);

    private static void DoublesToIntegersTruncate(CpuState* s, Op* op) => DoublesToIntegers(s, op, Simd.Xmm(s, op->B).AsUInt64(), truncate: true);

    private static void DoublesToIntegersTruncateMemory(CpuState* s, Op* op) => DoublesToIntegers(s, op, Simd.ReadAligned(s, op).AsUInt64(), truncate: true);

    private static void DoublesToIntegers(CpuState* s, Op* op, Vector128<ulong> source, bool truncate)
    {
        ulong result = Pair<Binary64>(s, op, source[0], source[1], truncate);
        Simd.Xmm(s, op->A) = Vector128.CreateScalar(result).AsByte();
    }

    private static ulong Pair<T>(CpuState* s, Op* op, ulong first, ulong second, bool truncate) where T : IBinaryFormat
    {
        FloatEnvironment env = Environment(s);
        ulong low = ToInteger<T>(first, truncate, ref env);
        ulong high = ToInteger<T>(second, truncate, ref env);
        Commit(s, op, env);
        return low | (high << 32);
    }

    private static void MmxToSingles(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        Simd.EnterMmx(s);
        MmxToSingles(s, op, Simd.Low(s, op->B));
    }

    private static void MmxToSinglesMemory(CpuState* s, Op* op) => MmxToSingles(s, op, Memory64(s, op));

    private static void MmxToSingles(CpuState* s, Op* op, ulong source)
    {
        FloatEnvironment env = Environment(s);
        ulong low = Binary<Binary32>.FromInteger((int)source, ref env);
        ulong high = Binary<Binary32>.FromInteger((int)(source >> 32), ref env);
        Commit(s, op, env);
        Simd.Low(s, op->A) = low | (high << 32);
    }

    private static void MmxToDoubles(CpuState* s, Op* op)
    {
        X87Stack.Wait(s, op);
        IntegersToDoubles(s, op, Simd.Low(s, op->B));
        Simd.EnterMmx(s);
    }

    private static void MmxToDoublesMemory(CpuState* s, Op* op) => IntegersToDoubles(s, op, Memory64(s, op));

    private static void SinglesToMmx(CpuState* s, Op* op) => SinglesToMmx(s, op, memory: false, truncate: false);

    private static void SinglesToMmxMemory(CpuState* s, Op* op) => SinglesToMmx(s, op, memory: true, truncate: false);

    private static void SinglesToMmxTruncate(CpuState* s, Op* op) => SinglesToMmx(s, op, memory: false, truncate: true);

    private static void SinglesToMmxTruncateMemory(CpuState* s, Op* op) => SinglesToMmx(s, op, memory: true, truncate: true);

    private static void SinglesToMmx(CpuState* s, Op* op, bool memory, bool truncate)
    {
        X87Stack.Wait(s, op);
        ulong source = memory ? Memory64(s, op) : Simd.Low(s, op->B);

        // The x87 registers become MMX registers also when the conversion then faults.
        Simd.EnterMmx(s);
        ulong result = Pair<Binary32>(s, op, (uint)source, source >> 32, truncate);
        Simd.SetMmx(s, op->A, result);
    }

    private static void DoublesToMmx(CpuState* s, Op* op) => DoublesToMmx(s, op, memory: false, truncate: false);

    private static void DoublesToMmxMemory(CpuState* s, Op* op) => DoublesToMmx(s, op, memory: true, truncate: false);

    private static void DoublesToMmxTruncate(CpuState* s, Op* op) => DoublesToMmx(s, op, memory: false, truncate: true);

    private static void DoublesToMmxTruncateMemory(CpuState* s, Op* op) => DoublesToMmx(s, op, memory: true, truncate: true);

    private static void DoublesToMmx(CpuState* s, Op* op, bool memory, bool truncate)
    {
        X87Stack.Wait(s, op);
        Vector128<ulong> source = (memory ? Simd.ReadAligned(s, op) : Simd.Xmm(s, op->B)).AsUInt64();
        Simd.EnterMmx(s);
        ulong result = Pair<Binary64>(s, op, source[0], source[1], truncate);
        Simd.SetMmx(s, op->A, result);
    }
}
