using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Runtime.Intrinsics.X86;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The handler of SIGSEGV and SIGBUS that translated code for windows needs: emitted code, beside the runtime's own handler, which gets every other fault.</summary>
/// <remarks>It stores what faulted in the context that R13 leads to and makes the thread go on at <see cref="HostStubs.Fault"/>.
/// Offsets in ucontext_t are those of the x64 System V ABI.</remarks>
internal static unsafe partial class HostFaults
{
    const int Segv = 11, Bus = 7;
    const int AuxHardware2 = 26, FsGsBaseUsable = 2, FsGsBaseBit = 1, ExtendedFeatures = 7;

    /// <summary>struct sigaction of libc: handler, 128 bytes of mask, flags, restorer.</summary>
    const int ActionBytes = 152;

    const int ToR13 = 40 + 5 * 8, ToRip = 40 + 16 * 8, ToError = 40 + 19 * 8, ToTrap = 40 + 20 * 8, ToAddress = 16;

    const int PageFaultTrap = 14, IsPageFault = 1 << 30;

    static readonly Lock Gate = new();
    static bool installed;

    /// <summary>True where the processor and the host's kernel let a program set the base of GS.</summary>
    internal static bool HasGsBase { get; } = HostCode.IsAvailable && X86Base.IsSupported && (X86Base.CpuId(ExtendedFeatures, 0).Ebx & FsGsBaseBit) != 0
        && (AuxiliaryValue(AuxHardware2) & FsGsBaseUsable) != 0;

    /// <summary>Why there are no windows here; null when there are.</summary>
    internal static string? Refusal => HostCode.Refusal ?? (HasGsBase ? null : "windows need a processor and a kernel that let programs set the base of GS");

    /// <summary>Marks a page fault in <see cref="TranslationContext.FaultError"/>, beside the processor's own bits.</summary>
    internal const uint PageFault = IsPageFault;

    /// <summary>The processor's bit for a write.</summary>
    internal const uint Write = 2;

    /// <summary>Puts the handler in front of the one that is there.</summary>
    /// <exception cref="PlatformNotSupportedException">The host refused.</exception>
    internal static void Install()
    {
        if (Volatile.Read(ref installed)) return;
        lock (Gate)
        {
            if (installed) return;
            Install(Bus, Install(Segv, HostStubs.Rest));
            Volatile.Write(ref installed, true);
        }
    }

    /// <returns>Behind the handler's code, which stands at <paramref name="code"/>.</returns>
    static byte* Install(int signal, byte* code)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("the host has no such signal handlers");
        byte* action = stackalloc byte[ActionBytes];
        if (Change(signal, null, action) != 0) throw new PlatformNotSupportedException("the host hides its signal handlers");
        int length = WriteHandler(code, *(nint*)action, signal);
        *(nint*)action = (nint)code;
        if (Change(signal, action, null) != 0) throw new PlatformNotSupportedException("the host refuses a signal handler");
        return code + length;
    }

    /// <summary>In RDI, RSI and RDX: the signal, siginfo_t, ucontext_t.</summary>
    static int WriteHandler(byte* code, nint previous, int signal)
    {
        var assembler = new HostAssembler();
        int other = assembler.NewLabel();
        assembler.Load64(Rax, Rdx, ToRip);
        assembler.MoveImmediate64(Rcx, (ulong)HostCode.Executable);
        assembler.Sub64(Rax, Rcx);
        assembler.AluImmediate(HostAlu.Cmp, Rax, (int)HostCode.RangeBytes, wide: true);
        assembler.JumpIf(HostCondition.AboveOrEqual, other);
        assembler.Load64(Rcx, Rdx, ToR13);
        assembler.Load64(Rax, Rdx, ToRip);
        assembler.Store64(Rcx, Context.ToFaultPlace, Rax);
        assembler.Load64(Rax, Rsi, ToAddress);
        assembler.Store64(Rcx, Context.ToFaultAddress, Rax);
        assembler.Load(Rax, Rdx, ToError);
        assembler.AluImmediate(HostAlu.Or, Rax, IsPageFault);
        if (signal == Segv)
        {
            int page = assembler.NewLabel();
            assembler.CompareMemory(Rdx, ToTrap, PageFaultTrap);
            assembler.JumpIf(HostCondition.Equal, page);
            assembler.MoveImmediate(Rax, 0);
            assembler.Place(page);
        }
        assembler.Store(Rcx, Context.ToFaultError, Rax);
        assembler.MoveImmediate64(Rax, (ulong)HostStubs.Fault);
        assembler.Store64(Rdx, ToRip, Rax);
        assembler.Return();
        assembler.Place(other);
        // The default action's address is 0: a fault that nobody handles ends the process there as well.
        assembler.MoveImmediate64(Rax, (ulong)previous);
        assembler.JumpRegister(Rax);
        assembler.Finish(code);
        HostCode.Write(code, assembler.Bytes);
        return assembler.Length;
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int Change(int signal, byte* action, byte* previous);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "getauxval")]
    private static partial nuint AuxiliaryValue(nuint kind);
}
