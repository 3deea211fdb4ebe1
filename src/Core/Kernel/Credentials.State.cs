using System.Runtime.InteropServices;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
public sealed partial class Credentials
{
    internal void Visit(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("credentials", true)) return;
        Uid = visitor.Uint("uid", Uid);
        EffectiveUid = visitor.Uint("euid", EffectiveUid);
        SavedUid = visitor.Uint("suid", SavedUid);
        FileUid = visitor.Uint("fsuid", FileUid);
        Gid = visitor.Uint("gid", Gid);
        EffectiveGid = visitor.Uint("egid", EffectiveGid);
        SavedGid = visitor.Uint("sgid", SavedGid);
        FileGid = visitor.Uint("fsgid", FileGid);
        var bytes = visitor.Bytes("groups", MemoryMarshal.AsBytes<uint>(Groups).ToArray(), 1 << 18) ?? [];
        visitor.Require(bytes.Length % sizeof(uint) == 0, "groups have four bytes");
        if (visitor.IsReading) Groups = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        Inheritable = new(visitor.Word("cap-inheritable", Inheritable.Bits));
        Permitted = new(visitor.Word("cap-permitted", Permitted.Bits));
        Effective = new(visitor.Word("cap-effective", Effective.Bits));
        Bounding = new(visitor.Word("cap-bounding", Bounding.Bits));
        Ambient = new(visitor.Word("cap-ambient", Ambient.Bits));
        Secure = (SecureBits)visitor.Uint("securebits", (uint)Secure, 0xFF);
        visitor.EndStructure();
    }
}
