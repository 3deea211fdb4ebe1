using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>A checkpoint in memory knows the files that the task has written, whatever becomes of the machine that it was taken from.</summary>
public sealed class OverlayTests : IDisposable
{
    const uint Base = 0x08048000;
    const uint Texts = Base + 0x400;
    const uint Buffer = Base + 0x800;
    const int HeaderSize = 52 + 32;

    readonly string root = Directory.CreateTempSubdirectory("cr-overlay-").FullName;

    public OverlayTests()
    {
        string program = Path.Combine(root, "keeper");
        File.WriteAllBytes(program, Keeper());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, (UnixFileMode)0x1ED);
        File.WriteAllText(Path.Combine(root, "file"), "the host's\n");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void EachRestartHasTheFilesOfTheCapture()
    {
        var session = GuestSession.Start(GuestSession.Options(root), new ProgramOptions { FilePath = "/keeper", Suspended = true });
        Assert.Equal("ready\n", session.RunUntil("ready"));
        var checkpoint = Checkpointer.Capture(session.Task);
        Assert.Equal(4096, checkpoint.Files!.Bytes);
        session.Machine.Execute(machine =>
        {
            var at = new PathStart(machine.Tree.Root, machine.Tree.Root);
            machine.Tree.Open(at, "/file", OpenFlags.WriteOnly | OpenFlags.Truncate, 0, out var file);
            Assert.Equal(6, file!.Write("later\n"u8).Value);
            file.Release();
        });
        Assert.Equal("later\n", Continue(session));
        var account = session.Machine.Account;
        session.Dispose();

        using (var first = new GuestSession(Restorer.Restore(checkpoint)))
        using (var second = new GuestSession(Restorer.Restore(checkpoint)))
        {
            Assert.Equal("kept\n", Continue(first));
            Assert.Equal("kept\n", Continue(second));
            Assert.Null(second.Machine.Options.Files);
        }
        using (var elsewhere = new GuestSession(Restorer.Restore(checkpoint, new RestoreOptions { Root = checkpoint.Machine!.Root })))
            Assert.Equal("the host's\n", Continue(elsewhere));
        Assert.True(account.Used > 0);
        checkpoint.Dispose();
        Assert.Equal(0, account.Used);
        Assert.Equal("the host's\n", File.ReadAllText(Path.Combine(root, "file")));
    }

    static string Continue(GuestSession session)
    {
        session.Machine.SendInput("x"u8.ToArray());
        var (output, exitCode) = session.Finish();
        Assert.Equal(0, exitCode);
        return output;
    }

    /// <summary>Writes "kept" to /file and closes it, says that it is ready, waits for a byte of input, and copies the file out.</summary>
    static byte[] Keeper()
    {
        var code = new Assembler(32);
        using var texts = new MemoryStream();
        uint Text(string text)
        {
            uint at = Texts + (uint)texts.Length;
            texts.Write(Encoding.ASCII.GetBytes(text));
            return at;
        }
        void Call(int number)
        {
            code.mov(eax, number);
            code.@int(0x80);
        }
        void Open(uint path, OpenFlags flags)
        {
            code.mov(ebx, path);
            code.mov(ecx, (int)flags);
            Call(5);
            code.mov(ebx, eax);
        }
        var path = Text("/file\0");
        Open(path, OpenFlags.WriteOnly | OpenFlags.Truncate);
        code.mov(ecx, Text("kept\n"));
        code.mov(edx, 5);
        Call(4);
        Call(6);
        code.mov(ebx, 1);
        code.mov(ecx, Text("ready\n"));
        code.mov(edx, 6);
        Call(4);
        code.mov(ebx, 0);
        code.mov(ecx, Buffer);
        code.mov(edx, 1);
        Call(3);
        Open(path, OpenFlags.ReadOnly);
        code.mov(ecx, Buffer);
        code.mov(edx, 100);
        Call(3);
        code.mov(edx, eax);
        code.mov(ebx, 1);
        Call(4);
        code.mov(ebx, 0);
        Call(1);
        using var instructions = new MemoryStream();
        code.Assemble(new StreamCodeWriter(instructions), Base + HeaderSize);
        var file = new byte[Buffer - Base];
        Header.CopyTo(file, 0);
        instructions.ToArray().CopyTo(file, HeaderSize);
        texts.ToArray().CopyTo(file, (int)(Texts - Base));
        return file;
    }

    /// <summary>An ELF header with one segment that may be read, written and executed (elf(5)).</summary>
    static byte[] Header
    {
        get
        {
            var header = new byte[HeaderSize];
            new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1 }.CopyTo(header, 0);
            ReadOnlySpan<(int Offset, uint Value)> words =
            [
                (16, 2 | 3 << 16), (20, 1), (24, Base + HeaderSize), (28, 52), (40, 52 | 32 << 16), (44, 1),
                (52, 1), (60, Base), (64, Base), (68, Buffer - Base), (72, 0x1000), (76, 7), (80, 0x1000),
            ];
            foreach (var (offset, value) in words) BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(offset), value);
            return header;
        }
    }
}
