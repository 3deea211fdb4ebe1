using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <content>The packets (GDB manual, E.2): threads, registers, memory, breakpoints. An empty answer says that a packet is not known.</content>
public sealed partial class GdbSession
{
    const string Done = "OK", NoThread = "E03", BadRequest = "E16", NoMemory = "E0e";

    /// <summary>What an image answers to whoever would change it.</summary>
    const string Unchangeable = "E.an image does not run and is not changed: restore it, and debug the task";

    /// <summary>The thread that registers are of.</summary>
    int general;

    bool hasProcesses;

    /// <summary>Does what a packet asks for.</summary>
    /// <returns>The answer's packet; null when there is none, or it comes later.</returns>
    byte[]? Answer(byte[] packet)
    {
        var text = new PacketText(packet);
        string? answer;
        switch ((char)text.Byte())
        {
            case '?': answer = StopText(); break;
            case 'H': answer = ChooseThread(text); break;
            case 'T': answer = Exists(ParseThread(text.Rest)) ? Done : NoThread; break;
            case 'g': answer = AllRegisters(); break;
            case 'G': answer = SetAllRegisters(text.Rest); break;
            case 'p': answer = OneRegister(text.Rest); break;
            case 'P': answer = SetOneRegister(text); break;
            case 'm': answer = ReadMemory(text); break;
            case 'M': answer = WriteMemory(text, isBinary: false); break;
            case 'X': answer = WriteMemory(text, isBinary: true); break;
            case 'Z': answer = SetPoint(text, isSet: true); break;
            case 'z': answer = SetPoint(text, isSet: false); break;
            case 'c' or 'C' or 's' or 'S': answer = ResumeOld((char)packet[0], text.Rest); break;
            case 'D': answer = Detach(); break;
            case 'k':
                Kill();
                return null;
            case 'v' when text.TrySkip("File:"u8): return files.Answer(text.Rest);
            case 'v': answer = AnswerLong(text); break;
            case 'q': return AnswerQuery(text);
            case 'Q': answer = AnswerSetting(text); break;
            default: answer = ""; break;
        }
        return answer == null ? null : PacketWriter.Pack(answer);
    }

    string? AnswerLong(PacketText text)
    {
        if (text.TrySkip("Cont?"u8)) return live == null ? "vCont;c;C;s;S" : "vCont;c;C;s;S;t;r";
        if (text.TrySkip("Cont;"u8)) return Resume(text.Rest);
        if (text.TrySkip("Kill"u8))
        {
            Kill();
            return Done;
        }
        return "";
    }

    string Detach()
    {
        end = GdbSessionEnd.Detached;
        return Done;
    }

    void Kill()
    {
        end = GdbSessionEnd.Killed;
        if (live != null && control != null) live.Machine.Kill(control.Process.Leader);
    }

    string ChooseThread(PacketText text)
    {
        char what = (char)text.Byte();
        int? thread = ParseThread(text.Rest);
        if (thread == null || !Exists(thread)) return NoThread;
        if (what == 'g' && thread is { } id and > 0) general = id;
        if (what == 'c') continued = thread is > 0 ? thread.Value : 0;
        return Done;
    }

    string AllRegisters()
    {
        if (target.Registers(general) is not { } registers) return NoThread;
        var bytes = new List<byte>();
        var value = new byte[16];
        for (int i = 0; i < RegisterLayout.Count(target.HasSse); i++)
        {
            RegisterLayout.Write(registers, i, target.HasSse, value);
            bytes.AddRange(value.AsSpan(0, RegisterLayout.SizeOf(i, target.HasSse)));
        }
        return Hex.Of([.. bytes]);
    }

    string OneRegister(ReadOnlySpan<byte> number)
    {
        if (Hex.Number(number) is not { } index || index >= (ulong)RegisterLayout.Count(target.HasSse)) return BadRequest;
        return target.Registers(general) is { } registers ? Hex.Of(BytesOf(registers, (int)index)) : NoThread;
    }

    byte[] BytesOf(GuestRegisters registers, int number)
    {
        var bytes = new byte[RegisterLayout.SizeOf(number, target.HasSse)];
        RegisterLayout.Write(registers, number, target.HasSse, bytes);
        return bytes;
    }

    string SetOneRegister(PacketText text)
    {
        if (live == null) return Unchangeable;
        if (Hex.Number(text.Until('=')) is not { } index || index >= (ulong)RegisterLayout.Count(target.HasSse)) return BadRequest;
        if (Hex.Bytes(text.Rest) is not { } value || value.Length != RegisterLayout.SizeOf((int)index, target.HasSse)) return BadRequest;
        return live.Find(general) is { } thread ? SetRegister(thread, (int)index, value) ?? Done : NoThread;
    }

    string SetAllRegisters(ReadOnlySpan<byte> digits)
    {
        if (live == null) return Unchangeable;
        if (live.Find(general) is not { } thread || target.Registers(general) is not { } now) return NoThread;
        if (Hex.Bytes(digits) is not { } all) return BadRequest;
        int at = 0;
        for (int i = 0; i < RegisterLayout.Count(target.HasSse); i++)
        {
            var old = BytesOf(now, i);
            if (at + old.Length > all.Length) return BadRequest;
            var value = all.AsSpan(at, old.Length);
            at += old.Length;
            if (!value.SequenceEqual(old) && SetRegister(thread, i, value.ToArray()) is { } error) return error;
        }
        return Done;
    }

    /// <returns>Null, or the error.</returns>
    string? SetRegister(Kernel.Task thread, int number, byte[] value)
    {
        if (RegisterLayout.NameOf(number, target.HasSse) is not { } register)
        {
            // gdb says -1 before it has a function called, so that no system call is made again: outside of one there is none.
            return target.Registers(general) is { } now && BytesOf(now, number).AsSpan().SequenceEqual(value) ? null : "E.orig_eax says what the kernel does, and cannot be set";
        }
        if (value.AsSpan(Math.Min(register.Size, value.Length)).ContainsAnyExcept((byte)0)) return $"E.{register.Name} has {register.Size} bytes";
        try
        {
            live!.Machine.SetRegister(thread, register, value.AsMemory(0, register.Size));
            return null;
        }
        catch (ChangeRefusedException refused)
        {
            return Error(refused.Message);
        }
    }

    string ReadMemory(PacketText text)
    {
        if (Hex.Address(text.Until(',')) is not { } address || Hex.Number(text.Rest) is not { } length) return BadRequest;
        var bytes = new byte[Math.Min(length, PacketSize / 2)];
        int read = target.Read(address, bytes);
        return read == 0 && length > 0 ? NoMemory : Hex.Of(bytes.AsSpan(0, read));
    }

    string WriteMemory(PacketText text, bool isBinary)
    {
        if (live == null) return Unchangeable;
        if (Hex.Address(text.Until(',')) is not { } address || Hex.Number(text.Until(':')) is not { } length) return BadRequest;
        var bytes = isBinary ? text.Rest.ToArray() : Hex.Bytes(text.Rest);
        if (bytes == null || (ulong)bytes.Length != length || address + length > uint.MaxValue) return BadRequest;
        if (bytes.Length == 0) return Done;
        if (live.Find(general) is not { } thread) return NoThread;
        try
        {
            live.Machine.WriteMemory(thread, address, bytes);
            return Done;
        }
        catch (ChangeRefusedException refused)
        {
            return Error(refused.Message);
        }
    }

    string SetPoint(PacketText text, bool isSet)
    {
        if (control == null) return Unchangeable;
        char type = (char)text.Byte();
        if (!text.TrySkip(","u8) || Hex.Address(text.Until(',')) is not { } address || Hex.Number(text.Until(';')) is not { } length) return BadRequest;
        return type switch
        {
            // Neither is in the guest: there is no difference.
            '0' or '1' => control.SetBreakpoint(address, isSet) ? Done : "E1c",
            '2' or '3' or '4' => length <= uint.MaxValue && control.SetWatchpoint(address, (uint)length, (WatchKind)(type - '2'), isSet) ? Done : "E1c",
            _ => "",
        };
    }

    static string Error(string message)
    {
        var text = new StringBuilder("E.");
        foreach (char c in message) text.Append(c is >= ' ' and < '\u007f' and not ('#' or '$' or '}' or '*') ? c : '?');
        return text.ToString();
    }

    bool Exists(int? thread) => thread is { } id && (id <= 0 || target.Threads.Any(one => one.Id == id));

    /// <summary>A thread's number as packets write it.</summary>
    string ThreadText(int thread) => hasProcesses
        ? string.Create(CultureInfo.InvariantCulture, $"p{target.ProcessId:x}.{thread:x}")
        : string.Create(CultureInfo.InvariantCulture, $"{thread:x}");

    /// <summary>A thread's number: 0 for any, -1 for all; null for what is none, or another process's.</summary>
    int? ParseThread(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("p"u8))
        {
            int point = text.IndexOf((byte)'.');
            int? process = ParseNumber(point < 0 ? text[1..] : text[1..point]);
            if (process == null || (process > 0 && process != target.ProcessId)) return null;
            return point < 0 ? -1 : ParseNumber(text[(point + 1)..]);
        }
        return ParseNumber(text);
    }

    static int? ParseNumber(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("-1"u8) ? -1 : Hex.Number(text) is { } value && value <= int.MaxValue ? (int)value : null;
}
