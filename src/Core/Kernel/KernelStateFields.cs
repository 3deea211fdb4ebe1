using CheckpointRestart.Core.Kernel.Events;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Values that the kernel knows, as fields of an image.</summary>
internal static class KernelStateFields
{
    /// <summary>A signal with what came with it.</summary>
    public static SignalInfo Visit(this StateVisitor v, SignalInfo info)
    {
        info.Signal = (Signal)v.Int("signal", (int)info.Signal, 0, (int)Signal.Last);
        info.ErrorNumber = v.Int("errno", info.ErrorNumber);
        info.Code = v.Int("code", info.Code);
        info.Field0 = v.Uint("field0", info.Field0);
        info.Field1 = v.Uint("field1", info.Field1);
        info.Field2 = v.Uint("field2", info.Field2);
        info.Field3 = v.Uint("field3", info.Field3);
        info.Field4 = v.Uint("field4", info.Field4);
        info.Timer = v.Ref("timer", info.Timer);
        info.TimerGeneration = v.Uint("timer-generation", info.TimerGeneration);
        return info;
    }

    /// <summary>A signal that may be absent.</summary>
    public static SignalInfo? Visit(this StateVisitor v, string name, SignalInfo? info)
    {
        if (!v.BeginStructure(name, info != null)) return v.IsReading ? null : info;
        var read = v.Visit(info ?? default);
        v.EndStructure();
        return read;
    }

    /// <summary>A timer of the machine's clock; it is armed again where it stood.</summary>
    public static void Visit(this StateVisitor v, string name, Timer timer, TimerQueue queue)
    {
        if (!v.BeginStructure(name, true)) return;
        timer.Interval = v.Number("interval", timer.Interval, 0);
        bool isArmed = v.Flag("armed", timer.IsArmed);
        long at = v.Number("at", timer.At), order = v.Number("order", timer.Order, 0);
        v.EndStructure();
        if (!v.IsReading) return;
        timer.At = at;
        timer.Order = order;
        if (isArmed) queue.ArmAgain(timer, at, order);
    }

    /// <summary>A timer of processor time, without what it is armed by.</summary>
    public static void Visit(this StateVisitor v, string name, CpuTimer timer)
    {
        if (!v.BeginStructure(name, true)) return;
        timer.At = v.Word("at", timer.At);
        timer.Interval = v.Word("interval", timer.Interval);
        v.EndStructure();
    }

    /// <summary>Six words.</summary>
    public static CallArguments Visit(this StateVisitor v, string name, CallArguments arguments)
    {
        if (!v.BeginStructure(name, true)) return arguments;
        for (int i = 0; i < 6; i++) arguments[i] = v.Uint(ArgumentNames[i], arguments[i]);
        v.EndStructure();
        return arguments;
    }

    static readonly string[] ArgumentNames = ["ebx", "ecx", "edx", "esi", "edi", "ebp"];
}

/// <content>State.</content>
internal sealed partial class TimerQueue
{
    /// <summary>Counts the timers that were ever armed: it decides between equal times.</summary>
    internal long Order
    {
        get => order;
        set => order = value;
    }

    internal void ArmAgain(Timer timer, long at, long place)
    {
        timer.At = at;
        timer.Order = place;
        timer.IsArmed = true;
        timers.Add(timer);
    }
}
