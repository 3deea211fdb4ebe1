using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>ADD, SUB and their kin.</summary>
internal static unsafe class ArithmeticOps
{
    internal static void Register(HandlerTable table)
    {
    }
}
