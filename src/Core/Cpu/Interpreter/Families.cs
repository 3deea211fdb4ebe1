namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>All families of instructions.</summary>
internal static class Families
{
    internal static void Register(HandlerTable table)
    {
        MoveOps.Register(table);
        ArithmeticOps.Register(table);
        ShiftOps.Register(table);
        MultiplyOps.Register(table);
        BitOps.Register(table);
        DecimalOps.Register(table);
        ExchangeOps.Register(table);
        FlagOps.Register(table);
        StackOps.Register(table);
        BranchOps.Register(table);
        ConditionOps.Register(table);
        StringOps.Register(table);
        FarOps.Register(table);
        SegmentOps.Register(table);
        SystemOps.Register(table);
        ProcessorOps.Register(table);
        X87Arithmetic.Register(table);
        X87Load.Register(table);
        X87Compare.Register(table);
        X87Transcendental.Register(table);
        X87Control.Register(table);
        SimdMove.Register(table);
        SimdInteger.Register(table);
        SimdMultiply.Register(table);
        SimdShift.Register(table);
        SimdShuffle.Register(table);
        SseArithmetic.Register(table);
        SseCompare.Register(table);
        SseConvert.Register(table);
        SseControl.Register(table);
        Sse3.Register(table);
        Ssse3.Register(table);
        Sse41Integer.Register(table);
        Sse41Move.Register(table);
        Sse42.Register(table);
        SimdCrypto.Register(table);
    }
}
