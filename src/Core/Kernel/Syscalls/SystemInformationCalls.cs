using System.Buffers.Binary;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>About the machine: uname(2), sysinfo(2), sethostname(2), getrandom(2), syslog(2), personality(2).</summary>
internal static class SystemInformationCalls
{
    internal static readonly Syscall[] Table =
    [
        new(59, "oldolduname", OldestName, Support.Full),
        new(74, "sethostname", SetHostName, Support.Full),
        new(103, "syslog", Log, Support.Partial, "the log is empty"),
        new(109, "olduname", OldName, Support.Full),
        new(116, "sysinfo", Information, Support.Full),
        new(121, "setdomainname", SetDomainName, Support.Full),
        new(122, "uname", Name, Support.Full),
        new(136, "personality", Personality, Support.Partial, "UNAME26 and READ_IMPLIES_EXEC; addresses are never random; the rest is kept and changes nothing"),
        new(355, "getrandom", Random, Support.Full),
    ];

    const int FieldLength = 65;

    /// <summary>UNAME26: programs that know no Linux from 3.0 on.</summary>
    const uint OldRelease = 0x20000;

    static Result Name(Task task, in CallArguments a) => WriteNames(task, a[0], FieldLength, 6);

    static Result OldName(Task task, in CallArguments a) => WriteNames(task, a[0], FieldLength, 5);

    static Result OldestName(Task task, in CallArguments a) => WriteNames(task, a[0], 9, 5);

    static Result WriteNames(Task task, uint address, int length, int count)
    {
        var v = task.Machine.Version;
        ReadOnlySpan<string> names = [v.SystemName, v.NodeName, (task.Personality & OldRelease) != 0 ? v.ReleaseAsOld : v.Release, v.Version, v.Machine, v.DomainName];
        Span<byte> bytes = stackalloc byte[FieldLength * 6];
        bytes.Clear();
        for (int i = 0; i < count; i++)
        {
            byte[] text = GuestText.ToBytes(names[i]);
            text.AsSpan(0, Math.Min(text.Length, length - 1)).CopyTo(bytes[(i * length)..]);
        }
        return task.AddressSpace!.Write(address, bytes[..(length * count)]) ? 0 : Errno.EFAULT;
    }

    static Errno ReadName(Task task, uint address, uint length, out string name)
    {
        name = "";
        if (!task.Credentials.IsPrivileged) return Errno.EPERM;
        if (length > FieldLength - 1) return Errno.EINVAL;
        Span<byte> bytes = stackalloc byte[FieldLength];
        bytes = bytes[..(int)length];
        if (!task.AddressSpace!.Read(address, bytes)) return Errno.EFAULT;
        int end = bytes.IndexOf((byte)0);
        name = GuestText.FromBytes(end < 0 ? bytes : bytes[..end]);
        return Errno.None;
    }

    static Result SetHostName(Task task, in CallArguments a)
    {
        var error = ReadName(task, a[0], a[1], out string name);
        if (error == Errno.None) task.Machine.Version = task.Machine.Version with { NodeName = name };
        return error;
    }

    static Result SetDomainName(Task task, in CallArguments a)
    {
        var error = ReadName(task, a[0], a[1], out string name);
        if (error == Errno.None) task.Machine.Version = task.Machine.Version with { DomainName = name };
        return error;
    }

    static Result Information(Task task, in CallArguments a)
    {
        var machine = task.Machine;
        Span<byte> info = stackalloc byte[64];
        info.Clear();
        long total = machine.Account.Limit * Frame.Size, free = (machine.Account.Limit - machine.UsedPages) * Frame.Size;
        uint unit = total > int.MaxValue ? 4096u : 1u;
        BinaryPrimitives.WriteUInt32LittleEndian(info, (uint)(machine.Clock.Now / TimeConversions.Second));
        BinaryPrimitives.WriteUInt32LittleEndian(info[16..], (uint)(total / unit));
        BinaryPrimitives.WriteUInt32LittleEndian(info[20..], (uint)(free / unit));
        BinaryPrimitives.WriteUInt16LittleEndian(info[40..], (ushort)machine.AllTasks.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(info[52..], unit);
        return task.AddressSpace!.Write(a[0], info) ? 0 : Errno.EFAULT;
    }

    static Result Random(Task task, in CallArguments a)
    {
        const uint nonBlock = 1, random = 2, insecure = 4;
        if ((a[2] & ~(nonBlock | random | insecure)) != 0 || (a[2] & (random | insecure)) == (random | insecure)) return Errno.EINVAL;
        uint count = Math.Min(a[1], 33554431), done = 0;
        while (done < count)
        {
            var span = task.AddressSpace!.WritableSpan(a[0] + done, count - done);
            if (span.IsEmpty) return done > 0 ? done : Errno.EFAULT;
            task.Machine.Random.Fill(span);
            done += (uint)span.Length;
        }
        return done;
    }

    static Result Personality(Task task, in CallArguments a)
    {
        uint old = task.Personality;
        if (a[0] != uint.MaxValue) task.Personality = a[0];
        return old;
    }

    static Result Log(Task task, in CallArguments a) => a[0] switch
    {
        0 or 1 or 5 or 6 or 7 or 8 or 9 => 0,
        2 or 3 or 4 => (int)a[2] < 0 || a[1] == 0 ? Errno.EINVAL : 0,
        10 => 1 << 17,
        _ => Errno.EINVAL,
    };
}
