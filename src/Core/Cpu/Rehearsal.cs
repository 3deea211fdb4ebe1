using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Cpu;

/// <summary>What a process does once before guest code runs at its usual speed: a program of the usual instructions is decoded, interpreted and translated, so that
/// the runtime has linked the code for that, and tables are filled, when the first machine begins. No guest sees anything of it.</summary>
internal static partial class Rehearsal
{
    const uint Code = 0x2_0000, Data = 0x3_0000, Stack = 0x4_0000, AreaBytes = 0x4000;

    /// <summary>Instructions after which the address space gets a window, where the engine has such: by then everything has been translated for tables.</summary>
    const ulong WindowAfter = 3000;

    /// <summary>Runs the program.</summary>
    /// <returns>The system call that it ends with.</returns>
    internal static Trap Run(CpuEngine engine)
    {
        using var account = new MemoryAccount(64);
        using var memory = new AddressSpace(account);
        using var registers = new Registers { Eip = Code, Esp = Stack + AreaBytes };
        using var processor = new Processor { Engine = engine, TranslateAfter = 3, WindowAfter = WindowAfter };
        foreach (uint area in (ReadOnlySpan<uint>)[Code, Data, Stack])
        {
            if (memory.Map(area, AreaBytes, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, isFixed: true, null, 0, out _) != Errno.None) return default;
        }
        memory.Write(Code, Program);
        Trap trap;
        do trap = processor.Run(registers, memory, WindowAfter, out _);
        while (trap.Kind == TrapKind.None);
        return trap;
    }
}
