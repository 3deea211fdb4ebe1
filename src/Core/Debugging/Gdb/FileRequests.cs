using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>vFile: the guest's files to a debugger, so that it needs no copy of the root (GDB manual, E.7). They are for reading.</summary>
sealed class FileRequests(DebugTarget target) : IDisposable
{
    const int MostOpen = 64, StatSize = 64;

    readonly Dictionary<int, GuestFile> open = [];

    /// <summary>Answers a request.</summary>
    /// <param name="request">What follows "vFile:".</param>
    public byte[] Answer(ReadOnlySpan<byte> request)
    {
        var text = new PacketText(request);
        string name = Encoding.ASCII.GetString(text.Until(':'));
        return name switch
        {
            "setfs" => Number(0),
            "open" => Open(ref text),
            "pread" => Read(ref text),
            "fstat" => Stat(ref text),
            "close" => Close(ref text),
            // None of the debugger's files is a link that it would have to follow itself.
            "readlink" => Failed(Errno.EINVAL),
            "pwrite" or "unlink" => Failed(Errno.EROFS),
            _ => PacketWriter.Pack(""),
        };
    }

    byte[] Open(ref PacketText text)
    {
        if (Hex.Bytes(text.Until(',')) is not { } name || Hex.Number(text.Until(',')) is not { } flags) return Failed(Errno.EINVAL);
        if (flags != 0) return Failed(Errno.EROFS);
        if (open.Count >= MostOpen) return Failed(Errno.EMFILE);
        string path = GuestText.FromBytes(name);
        var error = Errno.ENOENT;
        var file = path.StartsWith("/proc/", StringComparison.Ordinal) ? OpenProcess(path) : target.Open(path, out error);
        if (file == null) return Failed(error);
        int number = 3;
        while (open.ContainsKey(number)) number++;
        open.Add(number, file);
        return Number(number);
    }

    /// <summary>What gdb asks of /proc: the memory map of the process.</summary>
    GuestFile.InMemory? OpenProcess(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool isMaps = parts is [_, var pid, "maps"] && Names(pid) || parts is [_, var process, "task", var thread, "maps"] && Names(process) && Names(thread);
        return isMaps ? new GuestFile.InMemory(Encoding.UTF8.GetBytes(target.Maps)) : null;

        bool Names(string number) => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && (id == target.ProcessId || target.Threads.Any(one => one.Id == id));
    }

    byte[] Read(ref PacketText text)
    {
        if (Find(text.Until(',')) is not { } file) return Failed(Errno.EBADF);
        if (Hex.Number(text.Until(',')) is not { } count || Hex.Number(text.Until(',')) is not { } offset || offset > long.MaxValue) return Failed(Errno.EINVAL);
        return Attachment(file.ReadPart((long)offset, (long)Math.Min(count, GdbSession.PacketSize / 2), GdbSession.PacketSize));
    }

    byte[] Stat(ref PacketText text)
    {
        if (Find(text.Rest) is not { } file) return Failed(Errno.EBADF);
        var stat = file.Stat;
        var bytes = new byte[StatSize];
        ReadOnlySpan<uint> words = [stat.Device, (uint)stat.Inode, stat.Mode, stat.Links, stat.Uid, stat.Gid, stat.RepresentedDevice];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(28), stat.Size);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(36), stat.BlockSize);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(44), stat.Blocks);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(52), (uint)stat.AccessTime.Seconds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(56), (uint)stat.ModifyTime.Seconds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(60), (uint)stat.ChangeTime.Seconds);
        return Attachment(bytes);
    }

    byte[] Close(ref PacketText text)
    {
        if (Find(text.Rest) is not { } file) return Failed(Errno.EBADF);
        open.Remove((int)Hex.Number(text.Rest)!.Value);
        file.Dispose();
        return Number(0);
    }

    GuestFile? Find(ReadOnlySpan<byte> number) => Hex.Number(number) is { } value && value <= int.MaxValue ? open.GetValueOrDefault((int)value) : null;

    static byte[] Number(int value) => PacketWriter.Pack(string.Create(CultureInfo.InvariantCulture, $"F{value:x}"));

    static byte[] Attachment(ReadOnlySpan<byte> bytes) => PacketWriter.Pack(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"F{bytes.Length:x};")), bytes);

    static byte[] Failed(Errno error) => PacketWriter.Pack(string.Create(CultureInfo.InvariantCulture, $"F-1,{Code(error):x}"));

    /// <summary>gdb's own numbers (File-I/O, E.13.8.3).</summary>
    static int Code(Errno error) => error switch
    {
        Errno.EPERM or Errno.ENOENT or Errno.EINTR or Errno.EBADF or Errno.EACCES or Errno.EFAULT or Errno.EBUSY or Errno.EEXIST or Errno.ENODEV or Errno.ENOTDIR
            or Errno.EISDIR or Errno.EINVAL or Errno.ENFILE or Errno.EMFILE or Errno.EFBIG or Errno.ENOSPC or Errno.ESPIPE or Errno.EROFS => (int)error,
        Errno.ENAMETOOLONG => 91,
        _ => 9999,
    };

    /// <summary>Closes what is open.</summary>
    public void Dispose()
    {
        foreach (var file in open.Values) file.Dispose();
        open.Clear();
    }
}
