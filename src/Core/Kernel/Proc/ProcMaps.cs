using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Proc;

/// <summary>/proc/pid/maps.</summary>
internal static class ProcMaps
{
    public static string Format(Task task)
    {
        if (task.AddressSpace is not { } memory) return "";
        var text = new StringBuilder();
        foreach (var region in memory.Regions)
        {
            uint device = 0;
            ulong inode = 0;
            if (region.Source is MappedFile mapped)
            {
                device = mapped.Dentry.Inode.FileSystem.Device;
                inode = mapped.Dentry.Inode.Number;
            }
            else if (region.Source is Ipc.SharedSegment segment)
            {
                device = 1;
                inode = (uint)segment.Id;
            }
            string name = region.Source?.Name ?? region.Name ?? "";
            char Flag(VmFlags flag, char letter) => (region.Flags & flag) != 0 ? letter : '-';
            int start = text.Length;
            text.Append($"{region.Start:x8}-{region.End:x8} {Flag(VmFlags.Read, 'r')}{Flag(VmFlags.Write, 'w')}{Flag(VmFlags.Exec, 'x')}{(region.IsShared ? 's' : 'p')} ")
                .Append($"{(ulong)region.PageOffset << 12:x8} {FileSystem.Major(device):x2}:{FileSystem.Minor(device):x2} {inode} ");
            if (name.Length > 0) text.Append(' ', Math.Max(49 - (text.Length - start), 0)).Append(name);
            text.Append('\n');
        }
        return text.ToString();
    }
}
