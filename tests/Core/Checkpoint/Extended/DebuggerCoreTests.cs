using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>What Debian's gdb says of the core file of an image's process: where there is a gdb. What is in such a file is tested without it in CoreDumpTests.</summary>
public sealed class DebuggerCoreTests : IDisposable
{
    static readonly string? Debugger = new[] { "/usr/bin/gdb" }.FirstOrDefault(File.Exists);

    readonly string folder = Directory.CreateTempSubdirectory("cr-core-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("twothreads", 2)]
    [InlineData("counter", 1)]
    [InlineData("x87loop", 1)]
    [InlineData("sseloop", 1)]
    public void ADebuggerShowsAllThreadsAndRegisters(string guest, int threads)
    {
        if (Debugger == null) return;
        string core = Path.Combine(folder, "core");
        using var session = GuestSession.StartAlone(guest);
        session.Machine.RunTo(30_011, session.Task, GuestSession.Patience);
        using var image = MachineImage.Capture(session.Machine);
        using var machine = MachineImage.Restore(image, session.Machine.Options.Root);
        using (var file = File.Create(core)) CoreDump.Save(machine.Tasks[0], file);

        string said = Ask(GuestFiles.Program(guest), core, "thread apply all info registers eax ebx ecx edx esi edi ebp esp eip eflags cs ss ds", "thread apply all info registers st0 xmm0");
        Assert.Equal(threads, machine.Tasks.Count);
        foreach (var task in machine.Tasks)
        {
            string part = said[said.IndexOf($"(LWP {task.Pid}):", StringComparison.Ordinal)..];
            var registers = task.Registers!;
            foreach (var (name, value) in new[] { ("eax", registers.Eax), ("ebx", registers.Ebx), ("ecx", registers.Ecx), ("edx", registers.Edx), ("esi", registers.Esi), ("edi", registers.Edi), ("ebp", registers.Ebp), ("esp", registers.Esp), ("eip", registers.Eip), ("eflags", registers.Eflags) })
                Assert.True(value == Value(part, name), $"{name} of thread {task.Pid} is {value:x} and not what gdb shows: {said}");
            Assert.Equal(0x73u, Value(part, "cs"));
        }
        if (guest == "x87loop") Assert.DoesNotContain("(raw 0x00000000000000000000)", said, StringComparison.Ordinal);
        if (guest == "sseloop") Assert.DoesNotContain("uint128 = 0x0}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void ADebuggerFindsNamesAndMemory()
    {
        if (Debugger == null) return;
        string core = Path.Combine(folder, "core");
        using var session = GuestSession.StartAlone("stepper");
        session.Machine.RunTo(20, session.Task, GuestSession.Patience);
        using (var file = File.Create(core)) CoreDump.Save(session.Task, file);
        var stack = new byte[4];
        session.Machine.Execute(_ => session.Task.AddressSpace!.Read(session.Task.Registers!.Esp, stack));
        string said = Ask(GuestFiles.Program("stepper"), core, "info symbol $eip", "x/1xw $esp");
        Assert.DoesNotContain("No symbol matches", said, StringComparison.Ordinal);
        Assert.Contains($"0x{BitConverter.ToUInt32(stack):x8}", said, StringComparison.Ordinal);
    }

    static uint Value(string text, string register)
    {
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith(register + " ", StringComparison.Ordinal));
        Assert.True(line != null, $"no {register} in: {text}");
        return uint.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    static string Ask(string program, string core, params string[] commands)
    {
        var start = new ProcessStartInfo(Debugger!, ["-nx", "-batch", "-iex", "set debuginfod enabled off", .. commands.SelectMany(static command => new[] { "-ex", command }), program, core]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var gdb = Process.Start(start)!;
        var errors = gdb.StandardError.ReadToEndAsync();
        string said = gdb.StandardOutput.ReadToEnd();
        Assert.True(gdb.WaitForExit(60_000));
        return said + errors.Result;
    }
}
