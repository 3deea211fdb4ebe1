namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>All families of instructions.</summary>
internal static class Families
{
    internal static void Register(HandlerTable table)
    {
        MoveOps.Register(table);
        ArithmeticOps.Register(table);
        SystemOps.Register(table);
    }
}
