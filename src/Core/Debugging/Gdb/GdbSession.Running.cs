using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Debugging;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <content>Going on and stopping (GDB manual, E.2 and E.3).</content>
public sealed partial class GdbSession
{
    /// <summary>More orders of one packet than a process has threads are made up.</summary>
    const int MostOrders = 4096;

    /// <summary>The thread that the old packets step; 0 for all.</summary>
    int continued;

    bool isInterrupted;

    /// <summary>vCont: an action for each thread.</summary>
    string? Resume(ReadOnlySpan<byte> actions)
    {
        var text = new PacketText(actions);
        var orders = new List<DebugOrder>();
        while (!text.IsEmpty)
        {
            if (orders.Count == MostOrders || !TryParse(text.Until(';'), out var order)) return BadRequest;
            if (order is { } one) orders.Add(one);
        }
        return Resume(orders);
    }

    /// <summary>c, C, s, S, as debuggers without vCont send them.</summary>
    string? ResumeOld(char action, ReadOnlySpan<byte> rest)
    {
        var signal = Signal.None;
        if (action is 'C' or 'S')
        {
            if (Hex.Number(rest) is not { } number || GdbSignals.From(number) is not { } given) return BadRequest;
            signal = given;
        }
        else if (!rest.IsEmpty)
        {
            return "E.going on at another address is done by setting eip";
        }
        int thread = continued > 0 ? continued : general;
        return Resume([new DebugOrder(thread, signal, action is 's' or 'S'), new DebugOrder(0)]);
    }

    string? Resume(List<DebugOrder> orders)
    {
        if (control == null) return Unchangeable;
        if (orders.Count == 0) return BadRequest;
        if (control.Stop is { Kind: DebugStopKind.Exited or DebugStopKind.Gone } last) return StopText(last);
        isInterrupted = false;
        isRunning = true;
        try
        {
            control.Resume(orders);
            return null;
        }
        catch (LostPagesException lost)
        {
            isRunning = false;
            return Error(lost.Message);
        }
    }

    bool TryParse(ReadOnlySpan<byte> action, out DebugOrder? order)
    {
        order = null;
        var text = new PacketText(action);
        var what = new PacketText(text.Until(':'));
        int thread = 0;
        if (!text.IsEmpty)
        {
            if (ParseThread(text.Rest) is not { } given) return false;
            thread = Math.Max(given, 0);
        }
        char kind = (char)what.Byte();
        switch (kind)
        {
            case 'c' or 's':
                order = new DebugOrder(thread, IsStep: kind == 's');
                return true;
            case 'C' or 'S':
                if (Hex.Number(what.Rest) is not { } number || GdbSignals.From(number) is not { } signal) return false;
                order = new DebugOrder(thread, signal, kind == 'S');
                return true;
            case 'r':
                if (Hex.Address(what.Until(',')) is not { } start || Hex.Address(what.Rest) is not { } end) return false;
                order = new DebugOrder(thread, IsStep: true, RangeStart: start, RangeEnd: end);
                return true;
            default:
                // A thread that shall stop gets no order.
                return kind == 't';
        }
    }

    void TellStop(DebugStop stop)
    {
        isRunning = false;
        if (stop.Kind is not (DebugStopKind.Exited or DebugStopKind.Gone)) general = stop.ThreadId;
        try
        {
            Send(StopText(stop));
        }
        catch (IOException)
        {
            end ??= GdbSessionEnd.Disconnected;
        }
        if (stop.Kind is DebugStopKind.Exited or DebugStopKind.Gone) end ??= GdbSessionEnd.Exited;
    }

    string StopText() => StopText(control?.Stop ?? new DebugStop(DebugStopKind.Paused, general));

    string StopText(DebugStop stop)
    {
        string process = hasProcesses ? string.Create(CultureInfo.InvariantCulture, $";process:{target.ProcessId:x}") : "";
        if (stop.Kind == DebugStopKind.Gone) return $"X09{process}";
        if (stop.Kind == DebugStopKind.Exited)
        {
            int signal = stop.Status & 0x7F;
            return string.Create(CultureInfo.InvariantCulture, $"{(signal == 0 ? 'W' : 'X')}{(signal == 0 ? stop.Status >> 8 & 0xFF : GdbSignals.Of((Signal)signal)):x2}{process}");
        }
        int number = stop.Kind switch
        {
            DebugStopKind.Signal => GdbSignals.Of(stop.Signal),
            DebugStopKind.Paused when isInterrupted => GdbSignals.Of(Signal.SIGINT),
            _ => GdbSignals.Of(Signal.SIGTRAP),
        };
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"T{number:x2}"));
        if (target.Registers(stop.ThreadId) is { } registers)
            foreach (int index in (ReadOnlySpan<int>)[RegisterLayout.Ebp, RegisterLayout.Esp, RegisterLayout.Eip])
                text.Append(CultureInfo.InvariantCulture, $"{index:x2}:{Hex.Of(BytesOf(registers, index))};");
        text.Append(CultureInfo.InvariantCulture, $"thread:{ThreadText(stop.ThreadId)};");
        if (stop.Kind == DebugStopKind.Breakpoint) text.Append("swbreak:;");
        if (stop.Kind == DebugStopKind.Executed) text.Append(CultureInfo.InvariantCulture, $"exec:{Hex.Of(stop.Path)};");
        if (stop.Kind == DebugStopKind.Watchpoint)
            text.Append(CultureInfo.InvariantCulture, $"{stop.Watch switch { Cpu.WatchKind.Write => "watch", Cpu.WatchKind.Read => "rwatch", _ => "awatch" }}:{stop.Address:x};");
        return text.ToString();
    }
}
