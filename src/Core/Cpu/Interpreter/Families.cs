namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>All families of instructions.</summary>
internal static class Families
{
    internal static void Register(HandlerTable table)
    {
        MoveOps.Register(table);
        ArithmeticOps.Register(table);
        SystemOps.Register(table);
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
    }
}
