using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>What the processor tells of itself: CPUID RDTSC RDTSCP.</summary>
internal static unsafe class ProcessorOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Cpuid, &Identify);
        table.Add(Code.Rdtsc, &ReadTime, OpTraits.EndsBlock);
        table.Add(Code.Rdtscp, &ReadTimeAndProcessor, OpTraits.EndsBlock);
    }

    static void Identify(CpuState* s, Op* op)
    {
        var answer = Guest.Owner(s).Model.Identify(s->Eax, s->Ecx);
        s->Eax = answer.Eax;
        s->Ebx = answer.Ebx;
        s->Ecx = answer.Ecx;
        s->Edx = answer.Edx;
    }

    static void ReadTime(CpuState* s, Op* op)
    {
        ulong now = Guest.Owner(s).TimeStampCounter?.Invoke() ?? 0;
        s->Eax = (uint)now;
        s->Edx = (uint)(now >> 32);
        s->Eip = op->Next;
    }

    static void ReadTimeAndProcessor(CpuState* s, Op* op)
    {
        ReadTime(s, op);
        s->Ecx = 0;
    }
}
