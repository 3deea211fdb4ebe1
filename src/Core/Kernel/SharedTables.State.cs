using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
public sealed partial class DescriptorTable : IStateObject
{
    string IStateObject.StateKind => "descriptors";

    void IStateObject.Visit(StateVisitor visitor)
    {
        int users = visitor.Int("users", Users, 1);
        var read = visitor.List<(int Number, OpenFile File, bool OnExec)>("files", [.. Numbers.Select(number => (number, files[number]!, closeOnExec[number]))], 1 << 20, static (v, one) =>
        {
            int number = v.Int("number", one.Number, 0, (1 << 20) - 1);
            var file = v.Held("file", one.File) ?? throw v.Broken("a descriptor has an open file");
            return (number, file, v.Flag("close-on-exec", one.OnExec));
        });
        if (!visitor.IsReading) return;
        foreach (var (number, file, onExec) in read)
        {
            visitor.Require(this[number] == null, "a descriptor is there once");
            Store(number, file, onExec);
        }
        while (lowestFree < files.Length && files[lowestFree] != null) lowestFree++;
        Users = 0;
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(Users == users, "a table of descriptors has as many users as it says"));
    }
}

/// <content>State.</content>
public sealed partial class FileSystemContext : IStateObject
{
    string IStateObject.StateKind => "fs";

    void IStateObject.Visit(StateVisitor visitor)
    {
        int users = visitor.Int("users", Users, 1);
        Root = visitor.Need("root", Root);
        WorkingDirectory = visitor.Need("cwd", WorkingDirectory);
        Umask = visitor.Uint("umask", Umask, 0x1FF);
        if (!visitor.IsReading) return;
        Users = 0;
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(Users == users, "a file system context has as many users as it says"));
    }

    internal static FileSystemContext Create(StateVisitor visitor) => new(visitor.Need<Dentry>("root", null), visitor.Need<Dentry>("cwd", null));
}

/// <content>State.</content>
public sealed partial class SignalHandlers : IStateObject
{
    string IStateObject.StateKind => "signal-handlers";

    void IStateObject.Visit(StateVisitor visitor)
    {
        int users = visitor.Int("users", Users, 0);
        int count = visitor.BeginList("actions", actions.Length, actions.Length);
        for (int i = 0; i < count; i++)
        {
            visitor.Item();
            var action = actions[i];
            actions[i] = new(visitor.Uint("handler", action.Handler), (SignalActionFlags)visitor.Uint("flags", (uint)action.Flags), visitor.Uint("restorer", action.Restorer), new(visitor.Word("mask", action.Mask.Bits)));
        }
        visitor.EndList();
        Arrivals.Visit(visitor, "signal-readers");
        if (!visitor.IsReading) return;
        Users = 0;
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(Users == users, "a table of handlers has as many users as it says"));
    }
}

/// <content>State.</content>
public sealed partial class ResourceLimits
{
    internal void Visit(StateVisitor visitor)
    {
        int count = visitor.BeginList("limits", limits.Length, limits.Length);
        for (int i = 0; i < count; i++)
        {
            visitor.Item();
            limits[i] = new(visitor.Word("soft", limits[i].Current), visitor.Word("hard", limits[i].Maximum));
        }
        visitor.EndList();
    }
}

/// <content>State.</content>
public sealed partial class PendingSignals
{
    internal void Visit(StateVisitor visitor, string name)
    {
        if (!visitor.BeginStructure(name, true)) return;
        Set = new(visitor.Word("set", Set.Bits));
        var all = new List<Entry>();
        foreach (var queue in queues)
            if (queue != null) all.AddRange(queue);
        var read = visitor.List<Entry>("queue", all, Ceiling * 2, static (v, entry) =>
        {
            var info = v.Visit(entry.Info);
            v.Require(info.Signal is >= (Signal)1 and <= Signal.Last, "a signal has a number from 1 to 64");
            return new Entry(info, v.Uint("user", entry.User));
        });
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        foreach (var entry in read)
        {
            visitor.Require(Set.Contains(entry.Info.Signal), "a signal that waits is in its set");
            machine.ChargeQueued(entry.User, 1);
            if (entry.Info.Timer != null) entry.Info.Timer.RestoredSignals++;
            (queues[(int)entry.Info.Signal] ??= new()).Enqueue(entry);
        }
    }
}
