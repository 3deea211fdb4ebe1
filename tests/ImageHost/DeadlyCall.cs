using System.Runtime.InteropServices;

namespace CheckpointRestart.ImageHost;

/// <summary>Lets this process be killed when it comes to a system call, before that has done anything: a seccomp(2) filter for all threads. Linux on x64.</summary>
internal static partial class DeadlyCall
{
    const int Seccomp = 317, SetFilter = 1, AllThreads = 1, NoNewPrivileges = 38;
    const uint X64 = 0xC000003E, KillProcess = 0x80000000, Allow = 0x7FFF0000;
    const ushort Load = 0x20, IfEqual = 0x15, IfAnyBit = 0x45, Return = 0x06;
    const int NumberOffset = 0, ArchitectureOffset = 4, ArgumentsOffset = 16;
    const uint Open = 2, Sync = 74, Rename = 82, Link = 86, OpenAt = 257, RenameAt = 264, LinkAt = 265, RenameAt2 = 316, OnlyDirectory = 0x10000, NonBlocking = 0x800;

    /// <summary>Kills by SIGSYS from now on.</summary>
    /// <param name="place">"flush" for fsync(2), "rename" for rename(2), link(2) and their like, "directory" for the opening of a directory that is not to be listed: opendir(3) sets O_NONBLOCK.</param>
    public static void Arm(string place) => Arm(place switch
    {
        "flush" => Always(Sync),
        "rename" => [.. Always(Rename), .. Always(RenameAt), .. Always(RenameAt2), .. Always(Link), .. Always(LinkAt)],
        "directory" => [.. WithBit(Open, 1, OnlyDirectory, NonBlocking), .. WithBit(OpenAt, 2, OnlyDirectory, NonBlocking)],
        _ => throw new InvalidOperationException($"'{place}' is no place to die"),
    });

    /// <summary>Kills at an fsync(2) of anything but one file.</summary>
    public static void ArmFlushOfOthers(int descriptor) => Arm([.. Call(Sync, 3), new(Load, Argument(0)), new(IfEqual, (uint)descriptor) { IfTrue = 1 }, new(Return, KillProcess)]);

    static Instruction[] Call(uint number, byte length) => [new(Load, NumberOffset), new(IfEqual, number) { IfFalse = length }];

    static Instruction[] Always(uint number) => [.. Call(number, 1), new(Return, KillProcess)];

    static Instruction[] WithBit(uint number, int argument, uint bit, uint without) =>
        [.. Call(number, 4), new(Load, Argument(argument)), new(IfAnyBit, without) { IfTrue = 2 }, new(IfAnyBit, bit) { IfFalse = 1 }, new(Return, KillProcess)];

    static uint Argument(int index) => (uint)(ArgumentsOffset + 8 * index);

    static unsafe void Arm(Instruction[] calls)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) throw new PlatformNotSupportedException("the numbers of calls are those of Linux on x64");
        Instruction[] all = [new(Load, ArchitectureOffset), new(IfEqual, X64) { IfTrue = 1 }, new(Return, Allow), .. calls, new(Return, Allow)];
        if (Control(NoNewPrivileges, 1, 0, 0, 0) != 0) throw new InvalidOperationException("prctl(2) failed");
        fixed (Instruction* first = all)
        {
            var program = new FilterProgram { Length = (ushort)all.Length, First = first };
            if (Call(Seccomp, SetFilter, AllThreads, &program) != 0) throw new InvalidOperationException($"seccomp(2) failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int what, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint Call(nint number, nint operation, nint flags, FilterProgram* program);

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Instruction(ushort code, uint operand)
    {
        public readonly ushort Code = code;
        public byte IfTrue, IfFalse;
        public readonly uint Operand = operand;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    unsafe struct FilterProgram
    {
        public ushort Length;
        public Instruction* First;
    }
}
