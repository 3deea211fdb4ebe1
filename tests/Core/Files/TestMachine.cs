using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>A tree of files with a clock that ticks with every look, over a host directory of its own.</summary>
public sealed class TestMachine : IDisposable
{
    long ticks;

    public TestMachine(RootOptions? options = null, long frames = 65536, int streamLimit = MachineStreams.DefaultLimit, TreeSnapshot? snapshot = null)
    {
        Account = new MemoryAccount(frames);
        Streams = new MachineStreams(streamLimit);
        var services = new FileTreeServices
        {
            Account = Account,
            Clock = () => new Timespec(1_000_000_000 + ++ticks / 1000, (uint)(ticks % 1000)),
            Random = bytes => bytes.Fill(0x5A),
            Streams = Streams,
        };
        options ??= new RootOptions();
        Tree = snapshot == null ? new FileTree(options, services) : new FileTree(snapshot, options, services);
    }

    public FileTree Tree { get; }

    public MemoryAccount Account { get; }

    public MachineStreams Streams { get; }

    public PathStart At => new(Tree.Root, Tree.Root);

    public void Dispose()
    {
        Tree.Dispose();
        Account.Dispose();
    }

    public Errno TryOpen(string path, OpenFlags flags, out OpenFile? file, uint mode = 0x1A4) => Tree.Open(At, path, flags, mode, out file).Errno;

    public OpenFile Open(string path, OpenFlags flags = OpenFlags.ReadOnly, uint mode = 0x1A4)
    {
        var error = TryOpen(path, flags, out var file, mode);
        Assert.Equal(Errno.None, error);
        return file!;
    }

    public Dentry Find(string path, WalkFlags flags = WalkFlags.NoFollow)
    {
        Assert.Equal(Errno.None, Tree.Walk(At, path, flags, out var found));
        return found!;
    }

    public Errno Walk(string path, WalkFlags flags = WalkFlags.None) => Tree.Walk(At, path, flags, out _);

    public StatData Stat(string path, WalkFlags flags = WalkFlags.None)
    {
        Assert.Equal(Errno.None, Find(path, flags).Inode.Stat(out var data));
        return data;
    }

    public void Write(string path, string text)
    {
        var file = Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate);
        Assert.Equal(text.Length, file.Write(Encoding.UTF8.GetBytes(text)).Value);
        file.Release();
    }

    public byte[] ReadBytes(string path)
    {
        var file = Open(path);
        var bytes = ReadAll(file);
        file.Release();
        return bytes;
    }

    public string Read(string path) => Encoding.UTF8.GetString(ReadBytes(path));

    public static byte[] ReadAll(OpenFile file)
    {
        var all = new List<byte>();
        var part = new byte[1000];
        while (true)
        {
            var result = file.Read(part);
            Assert.Equal(Errno.None, result.Errno);
            if (result.Value == 0) return [.. all];
            all.AddRange(part.AsSpan(0, (int)result.Value));
        }
    }

    public List<string> List(string path)
    {
        var names = new List<string>();
        var file = Open(path, OpenFlags.Directory);
        Assert.Equal(Errno.None, file.ReadDirectory((in DirectoryEntry entry) =>
        {
            names.Add(entry.Name);
            return true;
        }));
        file.Release();
        return names;
    }
}

/// <summary>A host directory that is removed at the end.</summary>
public sealed class HostDirectory : IDisposable
{
    public HostDirectory() => Path = Directory.CreateTempSubdirectory("cr-files-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    public TestMachine Machine(bool writable = false) => new(new RootOptions { HostDirectory = Path, Writable = writable });
}
