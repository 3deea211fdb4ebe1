using System.Globalization;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>Finds who a program shall run as: "uid", "uid:gid", or a name of the root's /etc/passwd, alone or with a group's number or name.</summary>
internal static class UserDatabase
{
    const int MostBytes = 1 << 20;

    /// <exception cref="ProgramException">There is no such user or group.</exception>
    public static void Apply(FileTree tree, string user, Credentials credentials)
    {
        int colon = user.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? user : user[..colon], groupName = colon < 0 ? "" : user[(colon + 1)..];
        var accounts = Read(tree, "/etc/passwd");
        string[]? account;
        if (IsNumber(name, out uint uid))
        {
            account = accounts.FirstOrDefault(fields => fields.Length > 3 && IsNumber(fields[2], out uint id) && id == uid);
        }
        else
        {
            account = accounts.FirstOrDefault(fields => fields.Length > 3 && fields[0] == name);
            if (account == null || !IsNumber(account[2], out uid)) throw new ProgramException(Errno.EINVAL, $"/etc/passwd has no user {name}");
        }
        var groups = Read(tree, "/etc/group");
        uint gid = uid;
        if (groupName.Length > 0)
        {
            if (!IsNumber(groupName, out gid) && !(groups.FirstOrDefault(fields => fields.Length > 2 && fields[0] == groupName) is { } found && IsNumber(found[2], out gid)))
                throw new ProgramException(Errno.EINVAL, $"/etc/group has no group {groupName}");
        }
        else if (account != null && IsNumber(account[3], out uint own))
        {
            gid = own;
        }
        credentials.Become(uid, gid, account == null || groupName.Length > 0 ? [] : Memberships(groups, account[0], gid));
    }

    static uint[] Memberships(List<string[]> groups, string name, uint own)
    {
        var found = new SortedSet<uint> { own };
        foreach (string[] fields in groups)
            if (fields.Length > 3 && IsNumber(fields[2], out uint gid) && fields[3].Split(',').Contains(name, StringComparer.Ordinal)) found.Add(gid);
        return [.. found];
    }

    static bool IsNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != uint.MaxValue;

    static List<string[]> Read(FileTree tree, string path)
    {
        if (tree.Open(new PathStart(tree.Root, tree.Root), path, OpenFlags.ReadOnly | OpenFlags.NonBlock, 0, out var file).IsError || file == null) return [];
        try
        {
            if (!file.Inode.IsRegular) return [];
            byte[] bytes = new byte[Math.Clamp(file.Inode.Size, 0, MostBytes)];
            int done = 0;
            while (done < bytes.Length)
            {
                var read = file.ReadAt(done, bytes.AsSpan(done));
                if (read.IsError || read.Value <= 0) break;
                done += (int)read.Value;
            }
            return [.. GuestText.FromBytes(bytes.AsSpan(0, done)).Split('\n').Select(static line => line.Split(':'))];
        }
        finally
        {
            file.Release();
        }
    }
}
