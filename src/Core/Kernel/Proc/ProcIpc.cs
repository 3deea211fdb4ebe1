using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Ipc;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/proc/sysvipc and the limits of System V under /proc/sys/kernel (Linux: ipc/util.c, ipc/ipc_sysctl.c).</summary>
internal static class ProcIpc
{
    const uint Writable = 0x1A4;

    public static void Register(Machine machine)
    {
        var proc = machine.Tree.Proc;
        var state = machine.Ipc;
        var folder = proc.AddFolder("sysvipc");
        ProcFiles.Text(folder, "shm", () => Segments(state));
        ProcFiles.Text(folder, "sem", () => Semaphores(state));
        ProcFiles.Text(folder, "msg", () => Queues(state));
        var kernel = proc.AddFolder("sys").AddFolder("kernel");
        Number(kernel, "shmmax", uint.MaxValue, () => state.SegmentLimit, value => state.SegmentLimit = (uint)value);
        Number(kernel, "shmall", uint.MaxValue, () => state.SegmentPagesLimit, value => state.SegmentPagesLimit = (uint)value);
        Number(kernel, "shmmni", 32768, () => state.SharedMemory.Limit, value => state.SharedMemory.Limit = (int)value);
        Number(kernel, "msgmax", int.MaxValue, () => state.MessageLimit, value => state.MessageLimit = (uint)value);
        Number(kernel, "msgmnb", int.MaxValue, () => state.QueueLimit, value => state.QueueLimit = (uint)value);
        Number(kernel, "msgmni", 32768, () => state.MessageQueues.Limit, value => state.MessageQueues.Limit = (int)value);
        var queues = machine.PosixQueues;
        var limits = proc.AddFolder("sys").AddFolder("fs").AddFolder("mqueue");
        Number(limits, "queues_max", int.MaxValue, () => queues.QueuesMost, value => queues.QueuesMost = (int)value);
        Number(limits, "msg_max", PosixQueues.HardMaximum, () => queues.MaximumMost, value => queues.MaximumMost = (int)value);
        Number(limits, "msgsize_max", PosixQueues.HardSize, () => queues.SizeMost, value => queues.SizeMost = (int)value);
        Number(limits, "msg_default", PosixQueues.HardMaximum, () => queues.MaximumDefault, value => queues.MaximumDefault = (int)value);
        Number(limits, "msgsize_default", PosixQueues.HardSize, () => queues.SizeDefault, value => queues.SizeDefault = (int)value);
        kernel.Add("sem", new ProcText(() => SemaphoreLimits(state), bytes => SetSemaphoreLimits(state, bytes), Writable));
    }

    /// <summary>A file of /proc/sys that holds one number from 0 to <paramref name="most"/>.</summary>
    internal static void Number(ProcList folder, string name, long most, Func<long> get, Action<long> set) =>
        folder.Add(name, new ProcText(() => GuestText.ToBytes($"{get()}\n"), bytes =>
        {
            if (!Parse(bytes, out long[] values) || values.Length != 1 || values[0] < 0 || values[0] > most) return Errno.EINVAL;
            set(values[0]);
            return IoResult.From(bytes.Length);
        }, Writable));

    static bool Parse(ReadOnlySpan<byte> bytes, out long[] values)
    {
        string[] words = GuestText.FromBytes(bytes).Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        values = new long[words.Length];
        for (int i = 0; i < words.Length; i++)
            if (!long.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out values[i])) return false;
        return true;
    }

    static byte[] SemaphoreLimits(Ipc.IpcState state) =>
        GuestText.ToBytes($"{state.SemaphoreLimits.InSet}\t{state.SemaphoreLimits.Total}\t{state.SemaphoreLimits.Operations}\t{state.Semaphores.Limit}\n");

    static IoResult SetSemaphoreLimits(Ipc.IpcState state, ReadOnlySpan<byte> bytes)
    {
        if (!Parse(bytes, out long[] values) || values.Length is 0 or > 4 || Array.Exists(values, static value => value is < 0 or > int.MaxValue)) return Errno.EINVAL;
        if (values.Length == 4 && values[3] > 32768) return Errno.EINVAL;
        var (inSet, total, operations) = state.SemaphoreLimits;
        state.SemaphoreLimits = (Math.Min((int)values[0], 65536), values.Length > 1 ? (int)values[1] : total, values.Length > 2 ? Math.Min((int)values[2], 65536) : operations);
        if (values.Length > 3) state.Semaphores.Limit = (int)values[3];
        return IoResult.From(bytes.Length);
    }

    static string Segments(Ipc.IpcState state)
    {
        var text = new StringBuilder("       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap\n");
        foreach (var s in state.SharedMemory.Objects.Values)
            text.Append($"{s.Key,10} {s.Id,10}  {Octal(s.Mode)} {s.Size,10} {s.CreatorPid,5} {s.LastPid,5}  {s.Attachments,5} {Owners(s)} {s.AttachTime,10} {s.DetachTime,10} {s.ChangeTime,10} {s.ResidentPages * 4096L,10} {0,10}\n");
        return text.ToString();
    }

    static string Semaphores(Ipc.IpcState state)
    {
        var text = new StringBuilder("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
        foreach (var s in state.Semaphores.Objects.Values)
            text.Append($"{s.Key,10} {s.Id,10}  {Octal(s.Mode)} {s.Values.Length,10} {Owners(s)} {s.OperationTime,10} {s.ChangeTime,10}\n");
        return text.ToString();
    }

    static string Queues(Ipc.IpcState state)
    {
        var text = new StringBuilder("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
        foreach (var q in state.MessageQueues.Objects.Values)
            text.Append($"{q.Key,10} {q.Id,10}  {Octal(q.Mode)}  {q.Bytes,10} {q.Messages.Count,10} {q.LastSender,5} {q.LastReceiver,5} {Owners(q)} {q.SendTime,10} {q.ReceiveTime,10} {q.ChangeTime,10}\n");
        return text.ToString();
    }

    static string Octal(uint mode) => Convert.ToString(mode, 8).PadLeft(4);

    static string Owners(Ipc.IpcObject of) => $"{of.Uid,5} {of.Gid,5} {of.CreatorUid,5} {of.CreatorGid,5}";
}
