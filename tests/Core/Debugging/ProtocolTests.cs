using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Debugging.Gdb;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Debugging;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Tests.Kernel;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Debugging;

/// <summary>gdb's remote protocol, spoken by a client of our own: what each packet does, and that nothing of it is seen by the guest.</summary>
public sealed class ProtocolTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static Machine Start(string guest, out Task task, params string[] arguments)
    {
        var machine = new Machine(GuestRun.OptionsFor(guest, seed: 3));
        task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        machine.EndInput();
        return machine;
    }

    static string Hex(uint value) => value.ToString("x", CultureInfo.InvariantCulture);

    static uint Place(Task task, string symbol) => SymbolMap.Of(task).Find(symbol)!.Value;

    static string Little(uint value) => Convert.ToHexStringLower(BitConverter.GetBytes(value));

    [Fact]
    public void A_breakpoint_stops_in_front_of_its_instruction_each_time_and_is_in_no_memory()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        uint factorial = Place(task, "factorial");
        string code = gdb.Ask($"m{Hex(factorial)},8");
        Assert.Equal("OK", gdb.Ask($"Z0,{Hex(factorial)},1"));
        Assert.Equal(code, gdb.Ask($"m{Hex(factorial)},8"));
        for (uint value = 5; value > 0; value--)
        {
            Assert.Contains("swbreak:", gdb.Ask("vCont;c"), StringComparison.Ordinal);
            Assert.Equal((factorial, value), (gdb.Eip, gdb.Register(0)));
            Assert.True(task.IsFrozen);
            // As a debugger does: over the instruction without the breakpoint, and on with it.
            gdb.Ask($"z0,{Hex(factorial)},1");
            Assert.StartsWith("T05", gdb.Ask($"vCont;s:{Hex((uint)task.Pid)}"), StringComparison.Ordinal);
            gdb.Ask($"Z0,{Hex(factorial)},1");
        }
        Assert.StartsWith("T04", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        Assert.Equal("W03", gdb.Ask("vCont;C04"));
        Assert.Equal(GdbSessionEnd.Exited, gdb.End());
        Assert.Equal("120 hello\n", GuestRun.Finish(machine, task).Text);
    }

    /// <summary>A debugger that goes by steps, breakpoints and watchpoints leaves the run as it is without one.</summary>
    [Theory]
    [InlineData("stepper")]
    [InlineData("frames")]
    [InlineData("frames", "threads")]
    [InlineData("counter", "20", "300")]
    [InlineData("sleeper", "3", "10")]
    [InlineData("sig")]
    public void A_debugged_run_is_the_same_run(string guest, params string[] arguments)
    {
        var random = new Random(7);
        using var machine = Start(guest, out var task, arguments);
        using (var gdb = new GdbClient(task))
        {
            // Signals go their way without a stop, as after "handle all nostop noprint pass".
            Assert.Equal("OK", gdb.Ask("QPassSignals:" + string.Join(';', Enumerable.Range(1, 150).Select(static n => n.ToString("x", CultureInfo.InvariantCulture)))));
            for (int round = 0; round < 60; round++)
            {
                uint eip = gdb.Eip, esp = gdb.Register(4);
                string answer = random.Next(5) switch
                {
                    0 => gdb.Ask("vCont;s"),
                    1 => gdb.Ask($"vCont;r{Hex(eip)},{Hex(eip + (uint)random.Next(64))}:{Hex((uint)task.Pid)};c"),
                    2 => OnceAt(gdb, "Z0", "z0", Hex(eip + (uint)random.Next(1, 20)) + ",1", random),
                    3 => OnceAt(gdb, "Z2", "z2", Hex(esp - 4) + ",4", random),
                    _ => OnceAt(gdb, "Z4", "z4", Hex(esp) + ",4", random),
                };
                if (answer[0] != 'T') break;
            }
            if (!task.HasExited) gdb.Break();
        }
        using var whole = Start(guest, out var other, arguments);
        if (task.HasExited)
        {
            whole.Thaw(other);
            Assert.Equal(GuestRun.Finish(machine, task).Text, GuestRun.Finish(whole, other).Text);
            Assert.Equal(machine.RetiredInstructions, whole.RetiredInstructions);
            return;
        }
        Assert.True(whole.RunTo(machine.RetiredInstructions, other, Soon, Token));
        if (other.Call.IsActive == task.Call.IsActive) Assert.Equal(StateHash.Compute(whole, StateHashScope.Full), StateHash.Compute(machine, StateHashScope.Full));
    }

    /// <summary>Goes on to a point that may never be met: then by a little, and a pause.</summary>
    static string OnceAt(GdbClient gdb, string set, string clear, string point, Random random)
    {
        Assert.Equal("OK", gdb.Ask($"{set},{point}"));
        gdb.Tell("vCont;c");
        if (random.Next(2) == 0) Thread.Sleep(1);
        gdb.Send([3]);
        string answer = gdb.Answer();
        if (answer[0] == 'T') Assert.Equal("OK", gdb.Ask($"{clear},{point}"));
        return answer;
    }

    [Fact]
    public void A_process_that_has_ended_is_not_paused()
    {
        using var machine = Start("counter", out var task, "1", "1");
        using var stops = new BlockingCollection<DebugStop>();
        using var control = DebugControl.Attach(task, stop => stops.Add(stop));
        // Between its last instruction and the machine's next turn, which finds that it has ended.
        machine.Execute(one => one.Ending = _ => one.Post(_ => control.Pause()));
        control.Resume([new DebugOrder(0)]);
        Assert.Equal(DebugStopKind.Exited, stops.Take(Token).Kind);
        Assert.Equal(DebugStopKind.Exited, control.Stop!.Kind);
    }

    [Fact]
    public void A_watchpoint_stops_behind_the_instruction_that_touches_it()
    {
        using var machine = Start("frames", out var task);
        using var gdb = new GdbClient(task);
        uint watched = Place(task, "watched"), innermost = Place(task, "innermost");
        Assert.Equal("OK", gdb.Ask($"Z2,{Hex(watched)},4"));
        Assert.Equal("OK", gdb.Ask("QPassSignals:1e"));
        foreach (uint value in (uint[])[7, 14, 21])
        {
            Assert.Contains($"watch:{Hex(watched)};", gdb.Ask("vCont;c"), StringComparison.Ordinal);
            Assert.Equal(Little(value), gdb.Ask($"m{Hex(watched)},4"));
            Assert.InRange(gdb.Eip, innermost + 1, innermost + 32);
        }
        Assert.Equal("OK", gdb.Ask($"z2,{Hex(watched)},4"));
        Assert.Equal("W04", gdb.Ask("vCont;c"));
    }

    [Fact]
    public void Reading_is_seen_where_it_is_asked_for()
    {
        using var machine = Start("frames", out var task);
        using var gdb = new GdbClient(task);
        uint watched = Place(task, "watched");
        Assert.Equal("OK", gdb.Ask($"Z3,{Hex(watched)},1"));
        Assert.Equal("OK", gdb.Ask("QPassSignals:1e"));
        Assert.Contains($"rwatch:{Hex(watched)};", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        // The word was read and not yet written, or both in one instruction.
        Assert.Contains(gdb.Ask($"m{Hex(watched)},4"), (string[])[Little(0), Little(7)]);
        gdb.Ask($"z3,{Hex(watched)},1");
        Assert.Equal("OK", gdb.Ask($"Z4,{Hex(watched)},1"));
        Assert.Contains($"awatch:{Hex(watched)};", gdb.Ask("vCont;c"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_instruction_stops_at_the_round_that_touches()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        uint third = Place(task, "buffer") + 6;
        Assert.Equal("OK", gdb.Ask($"Z2,{Hex(third)},1"));
        Assert.Contains("watch:", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        Assert.Equal((Place(task, "main+0x21"), 3u), (gdb.Eip, gdb.Register(1)));
    }

    [Fact]
    public void What_a_system_call_writes_is_seen_by_its_value()
    {
        using var machine = new Machine(GuestRun.OptionsFor("readblock"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        using var gdb = new GdbClient(task);
        // The page of its variables, among them what read(2) fills.
        uint data = machine.Execute(_ => task.AddressSpace!.Regions.Last(static region => region.Start < 0x10000000 && (region.Flags & Core.VmFlags.Write) != 0).Start);
        Assert.Equal("OK", gdb.Ask($"Z2,{Hex(data)},1000"));
        while (!task.Call.IsActive)
        {
            // What the program itself writes before.
            gdb.Tell("vCont;c");
            Thread.Sleep(5);
            gdb.Send([3]);
            Assert.StartsWith("T", gdb.Answer(), StringComparison.Ordinal);
        }
        gdb.Tell("vCont;c");
        machine.SendInput("text\n"u8.ToArray(), token: Token);
        Assert.Contains($"watch:{Hex(data)};", gdb.Answer(), StringComparison.Ordinal);
        Assert.Equal("cd80", gdb.Ask($"m{Hex(gdb.Eip - 2)},2"));
        Assert.Contains("746578740a", gdb.Ask($"m{Hex(data)},1000"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_stops_in_front_of_its_delivery_and_is_the_debuggers_to_give_or_take()
    {
        using var machine = Start("frames", out var task);
        using var gdb = new GdbClient(task);
        uint handler = Place(task, "handler");
        gdb.Ask($"Z0,{Hex(handler)},1");
        // SIGUSR1 is 30 to gdb.
        Assert.StartsWith("T1e", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        Assert.True(machine.Execute(_ => task.PendingSet.Contains(Signal.SIGUSR1)));
        Assert.Contains("swbreak:", gdb.Ask($"vCont;C1e:{Hex((uint)task.Pid)}"), StringComparison.Ordinal);
        Assert.Equal(handler, gdb.Eip);
        gdb.Ask($"z0,{Hex(handler)},1");
        Assert.StartsWith("T1e", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        // The second one is taken away: its handler adds nothing.
        Assert.Equal("W04", gdb.Ask("vCont;c"));
        Assert.Equal("watched 14\n", GuestRun.Finish(machine, task).Text);
        Assert.Contains(machine.Events, static e => e.Kind == MachineEventKind.SignalDropped);
    }

    [Fact]
    public void A_signal_that_the_debugger_sends_arrives()
    {
        using var machine = Start("counter", out var task);
        using var gdb = new GdbClient(task);
        Assert.Equal("X0f", gdb.Ask("vCont;C0f"));
        Assert.Equal(GdbSessionEnd.Exited, gdb.End());
    }

    [Fact]
    public void A_program_that_dies_of_a_signal_is_told_so()
    {
        using var machine = Start("fault", out var task, "read");
        using var gdb = new GdbClient(task);
        Assert.StartsWith("T0b", gdb.Ask("vCont;c"), StringComparison.Ordinal);
        string answer = gdb.Ask("vCont;C0b");
        Assert.Matches("^(X0b|W..)$", answer);
    }

    [Fact]
    public void Three_stops_a_program_that_runs_and_the_guest_notices_nothing()
    {
        using var machine = Start("counter", out var task);
        using var gdb = new GdbClient(task);
        for (int i = 0; i < 3; i++)
        {
            gdb.Tell("vCont;c");
            Thread.Sleep(5);
            gdb.Send([3]);
            Assert.StartsWith("T02", gdb.Answer(), StringComparison.Ordinal);
            Assert.True(task.IsFrozen);
        }
        Assert.DoesNotContain(machine.Events, static e => e.Kind == MachineEventKind.Signal);
    }

    [Fact]
    public void Registers_and_memory_are_read_and_written()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        gdb.Ask("QPassSignals:4");
        gdb.Ask($"Z0,{Hex(Place(task, "print"))},1");
        gdb.Ask("vCont;c");
        string all = gdb.Ask("g");
        Assert.Equal(2 * (16 * 4 + 8 * 10 + 8 * 4 + 8 * 16 + 4 + 4), all.Length);
        Assert.Equal(Little(gdb.Eip), all.Substring(8 * 8, 8));
        // fldpi and fld1 have been run, and 1, 2, 3, 4 loaded.
        Assert.Equal("0000000000000080ff3f", gdb.Ask("p10"));
        Assert.Equal("35c26821a2da0fc90040", gdb.Ask("p11"));
        Assert.Equal("0000803f000000400000404000008040", gdb.Ask("p21"));
        Assert.Equal(Little(0x1f80), gdb.Ask("p28"));
        Assert.Equal(Little(uint.MaxValue), gdb.Ask("p29"));
        Assert.Equal("OK", gdb.Ask($"P0={Little(0x12345678)}"));
        Assert.Equal(0x12345678u, gdb.Register(0));
        Assert.Equal("OK", gdb.Ask($"P21={new string('5', 32)}"));
        Assert.Equal(new string('5', 32), gdb.Ask("p21"));
        Assert.StartsWith("E.cs ", gdb.Ask($"Pa={Little(0x10)}"), StringComparison.Ordinal);
        Assert.StartsWith("E.fcw ", gdb.Ask($"P18={Little(0x10000)}"), StringComparison.Ordinal);
        Assert.StartsWith("E.orig_eax ", gdb.Ask($"P29={Little(1)}"), StringComparison.Ordinal);
        Assert.Equal("OK", gdb.Ask($"P29={Little(uint.MaxValue)}"));
        Assert.Equal("OK", gdb.Ask("G" + all));
        Assert.Equal(all, gdb.Ask("g"));
        uint result = Place(task, "handled") + 4;
        Assert.Equal("OK", gdb.Ask($"M{Hex(result)},4:{Little(456)}"));
        gdb.Send(PacketWriter.Pack(Encoding.ASCII.GetBytes($"X{Hex(Place(task, "buffer") + 4)},2:"), "J$"u8));
        Assert.Equal("OK", gdb.Answer());
        Assert.Equal("E0e", gdb.Ask("m0,4"));
        Assert.StartsWith("E.", gdb.Ask("M0,4:00000000"), StringComparison.Ordinal);
        gdb.Ask($"z0,{Hex(gdb.Eip)},1");
        Assert.Equal("W03", gdb.Ask("c"));
        Assert.Equal("456 J$llo\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public void Threads_are_listed_stepped_and_held()
    {
        using var machine = Start("frames", out var task, "threads");
        using var gdb = new GdbClient(task);
        Assert.Contains("multiprocess+", gdb.Ask("qSupported:multiprocess+;swbreak+"), StringComparison.Ordinal);
        gdb.Ask($"Z0,{Hex(Place(task, "recurse"))},1");
        Assert.Equal("OK", gdb.Ask("QPassSignals:1e"));
        string stop = gdb.Ask("vCont;c:p2.-1");
        Assert.Contains("thread:p2.2;", stop, StringComparison.Ordinal);
        Assert.Equal("mp2.2,p2.3", gdb.Ask("qfThreadInfo"));
        Assert.Equal("l", gdb.Ask("qsThreadInfo"));
        Assert.Contains("<thread id=\"p2.3\" core=\"0\" name=\"frames\"/>", gdb.Ask("qXfer:threads:read::0,1000"), StringComparison.Ordinal);
        Assert.Equal("6672616d6573", gdb.Ask("qThreadExtraInfo,p2.3"));
        Assert.Equal("OK", gdb.Ask("Hgp2.3"));
        uint other = gdb.Eip, counted = Ticks();
        // The second thread alone, and the first one stays.
        Assert.Contains("thread:p2.3;", gdb.Ask("vCont;s:p2.3"), StringComparison.Ordinal);
        Assert.NotEqual(other, gdb.Eip);
        for (int i = 0; i < 20; i++) gdb.Ask("vCont;s:p2.3");
        Assert.True(Ticks() > counted);
        gdb.Ask("Hgp2.2");
        Assert.Equal(Place(task, "recurse"), gdb.Eip);
        Assert.Equal("OK", gdb.Ask("Tp2.3"));
        Assert.Equal("E03", gdb.Ask("Tp2.9"));
        Assert.Equal("E03", gdb.Ask("Hgp7.2"));
        gdb.Ask($"z0,{Hex(Place(task, "recurse"))},1");
        Assert.Equal("W04;process:2", gdb.Ask("vCont;c"));
        Assert.Equal("watched 21\n", GuestRun.Finish(machine, task).Text);

        uint Ticks() => BitConverter.ToUInt32(Convert.FromHexString(gdb.Ask($"m{Hex(Place(task, "ticks"))},4")));
    }

    [Fact]
    public void Another_program_is_told_of_and_its_breakpoints_are_gone()
    {
        using var machine = Start("execer", out var task);
        using var gdb = new GdbClient(task);
        string features = gdb.Ask("qSupported:exec-events+");
        Assert.Contains("exec-events+", features, StringComparison.Ordinal);
        uint entry = gdb.Eip;
        gdb.Ask("vCont;s");
        Assert.Equal("OK", gdb.Ask($"Z0,{Hex(entry)},1"));
        // It executes itself three times, at the same addresses.
        for (int i = 0; i < 3; i++) Assert.Matches("^T05.*exec:[0-9a-f]+;", gdb.Ask("vCont;c"));
        Assert.Equal("W2d", gdb.Ask("vCont;c"));
    }

    [Fact]
    public void Detaching_lets_the_program_run_to_its_right_end()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        gdb.Ask($"Z0,{Hex(Place(task, "factorial"))},1");
        gdb.Ask("vCont;c");
        Assert.Equal("OK", gdb.Ask("D"));
        Assert.Equal(GdbSessionEnd.Detached, gdb.End());
        Assert.Equal("120 hello\n", GuestRun.Finish(machine, task).Text);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_lost_connection_leaves_the_task_where_it_was_for_the_next_one()
    {
        using var machine = Start("stepper", out var task);
        var target = new LiveTarget(task);
        using var server = new GdbServer(target, 0);
        var serving = System.Threading.Tasks.Task.Run(() => server.Run(Token), Token);
        uint factorial = Place(task, "factorial");
        using (var first = Connect(server))
        {
            Assert.Equal("OK", Exchange(first, $"Z0,{Hex(factorial)},1"));
            Assert.StartsWith("T05", Exchange(first, "vCont;c"), StringComparison.Ordinal);
            // There is one place.
            using var second = Connect(server);
            Assert.Equal(-1, ReadByte(second));
        }
        Assert.True(SpinWait.SpinUntil(() => server.State == GdbServerState.Waiting, Soon));
        Assert.True(task.IsFrozen);
        using var third = Connect(server);
        Assert.Equal(Little(factorial), Exchange(third, "p8"));
        Assert.Equal("OK", Exchange(third, "D"));
        Assert.Equal(GdbSessionEnd.Detached, await serving);
        Assert.Equal("120 hello\n", GuestRun.Finish(machine, task).Text);
    }

    static int ReadByte(TcpClient client)
    {
        try
        {
            return client.GetStream().ReadByte();
        }
        catch (IOException)
        {
            return -1;
        }
    }

    static TcpClient Connect(GdbServer server)
    {
        var client = new TcpClient { ReceiveTimeout = 60_000 };
        client.Connect(server.EndPoint);
        return client;
    }

    static string Exchange(TcpClient client, string packet)
    {
        client.GetStream().Write(PacketWriter.Pack(packet));
        var reader = new PacketReader();
        while (client.GetStream().ReadByte() is >= 0 and var value)
            if (reader.Take((byte)value) is { Kind: InputKind.Packet } input) return Encoding.Latin1.GetString(input.Data);
        throw new EndOfStreamException();
    }

    [Fact]
    public void Ending_ends()
    {
        using var machine = Start("counter", out var task);
        using var gdb = new GdbClient(task);
        Assert.Equal("OK", gdb.Ask("vKill;2"));
        Assert.Equal(GdbSessionEnd.Killed, gdb.End());
        Assert.True(machine.WaitForExit(task, Soon, Token));
        Assert.Equal(137, task.ExitCode);
    }

    [Fact]
    public void A_process_has_one_debugger()
    {
        using var machine = Start("counter", out var task);
        using var first = DebugControl.Attach(task, static _ => { });
        Assert.Throws<DebuggerPresentException>(() => DebugControl.Attach(task, static _ => { }));
        first.Dispose();
        DebugControl.Attach(task, static _ => { }).Dispose();
    }

    [Fact]
    public void A_machine_that_somebody_else_thaws_waits_for_the_debugger()
    {
        using var machine = Start("counter", out var task);
        using var gdb = new GdbClient(task);
        ulong before = task.Instructions;
        machine.Thaw(task);
        Assert.True(SpinWait.SpinUntil(() => machine.State == MachineState.Frozen, Soon));
        Assert.Equal(before, task.Instructions);
        Assert.StartsWith("T05", gdb.Ask("vCont;s"), StringComparison.Ordinal);
        Assert.Equal(before + 1, task.Instructions);
    }

    [Fact]
    public void Files_of_the_root_are_served_to_read_and_nothing_else()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        byte[] program = File.ReadAllBytes(Guests.GuestFiles.Program("stepper"));
        Assert.Equal("l/stepper", gdb.Ask("qXfer:exec-file:read::0,100"));
        string name = Convert.ToHexStringLower("/stepper"u8);
        Assert.Equal("F3", gdb.Ask($"vFile:open:{name},0,0"));
        string stat = gdb.Ask("vFile:fstat:3");
        Assert.StartsWith("F40;", stat, StringComparison.Ordinal);
        Assert.Equal(program.Length, System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(Encoding.Latin1.GetBytes(stat).AsSpan(4 + 28)));
        var read = new List<byte>();
        while (gdb.Ask($"vFile:pread:3,1000,{Hex((uint)read.Count)}") is var part && part != "F0;") read.AddRange(Encoding.Latin1.GetBytes(part[(part.IndexOf(';', StringComparison.Ordinal) + 1)..]));
        Assert.Equal(program, read);
        Assert.Equal("F0", gdb.Ask("vFile:close:3"));
        Assert.Equal("F-1,9", gdb.Ask("vFile:close:3"));
        Assert.Equal("F-1,2", gdb.Ask($"vFile:open:{Convert.ToHexStringLower("/none"u8)},0,0"));
        Assert.Equal("F-1,15", gdb.Ask($"vFile:open:{Convert.ToHexStringLower("/"u8)},0,0"));
        Assert.Equal("F-1,1e", gdb.Ask($"vFile:open:{name},1,0"));
        Assert.Equal("F-1,1e", gdb.Ask($"vFile:unlink:{name}"));
        Assert.Equal("F0", gdb.Ask("vFile:setfs:0"));
        for (int i = 0; i < 64; i++) Assert.StartsWith("F", gdb.Ask($"vFile:open:{name},0,0"), StringComparison.Ordinal);
        Assert.Equal("F-1,18", gdb.Ask($"vFile:open:{name},0,0"));
    }

    [Fact]
    public void The_target_describes_itself()
    {
        using var machine = Start("stepper", out var task);
        using var gdb = new GdbClient(task);
        string xml = gdb.Ask("qXfer:features:read:target.xml:0,10000")[1..];
        var root = System.Xml.Linq.XDocument.Parse(xml[xml.IndexOf("<target", StringComparison.Ordinal)..]).Root!;
        Assert.Equal(42, root.Descendants("reg").Count());
        Assert.Equal("i386", root.Element("architecture")!.Value);
        Assert.Equal("E00", gdb.Ask("qXfer:features:read:other.xml:0,100"));
        Assert.Equal("m", gdb.Ask("qXfer:features:read:target.xml:0,10")[..1]);
        string auxv = gdb.Ask("qXfer:auxv:read::0,1000")[1..];
        Assert.Equal(0, auxv.Length % 8);
        Assert.NotEmpty(auxv);
        Assert.Equal("1", gdb.Ask("qAttached"));
        Assert.Equal("QC2", gdb.Ask("qC"));
        Assert.Equal("", gdb.Ask("vMustReplyEmpty"));
        Assert.Equal("vCont;c;C;s;S;t;r", gdb.Ask("vCont?"));
    }

    [Fact]
    public void An_image_is_looked_into_and_neither_runs_nor_changes()
    {
        using var machine = Start("frames", out var task, "threads");
        machine.StepTask(task, StepGoal.At(Place(task, "innermost")), Soon, Token);
        using var checkpoint = Checkpointer.Capture(task, new CaptureOptions { Format = CheckpointFormat.Extended });
        var root = new RootOptions { HostProgram = Guests.GuestFiles.Program("frames") };
        using var live = new GdbClient(task);
        using var image = new GdbClient(new ImageTarget(checkpoint, task.Pid, root));
        foreach (string packet in (string[])["g", $"m{Hex(Place(task, "recurse"))},20", $"m{Hex(live.Register(4))},100", "qfThreadInfo", "qXfer:auxv:read::0,1000", "qXfer:exec-file:read::0,100", "Hg3", "g", "qXfer:features:read:target.xml:0,10000"])
            Assert.Equal(live.Ask(packet), image.Ask(packet));
        foreach (string packet in (string[])["vCont;c", "vCont;s:2", "c", "P0=00000000", $"M{Hex(live.Register(4))},1:00", $"Z0,{Hex(Place(task, "recurse"))},1", "G00"])
            Assert.StartsWith("E.an image does not run", image.Ask(packet), StringComparison.Ordinal);
        Assert.Equal("OK", image.Ask("D"));
        Assert.Equal(GdbSessionEnd.Detached, image.End());
    }

    /// <summary>Whatever comes, the session answers the next sound packet or ends; the machine lives on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Hostile_packets_do_no_harm(int seed)
    {
        var random = new Random(seed);
        using var machine = Start("frames", out var task, "threads");
        machine.StepTask(task, StepGoal.At(Place(task, "recurse")), Soon, Token);
        string[] starts =
        [
            "qXfer:features:read:", "qXfer:auxv:read::", "qXfer:threads:read::", "qSupported:", "qCRC:", "qThreadExtraInfo,", "QPassSignals:", "vFile:open:", "vFile:pread:", "vFile:fstat:", "vFile:close:", "vFile:",
            "m", "M", "X", "P", "p", "g", "G", "Z0,", "Z2,", "Z4,", "z0,", "z3,", "H", "Hg", "T", "vCont;s:", "vCont;r", "vCont?", "vCont;", "?", "R", "!", "b", "qRcmd,", "", "v", "q", "Q", "\0", "F", "_",
        ];
        const string letters = "0123456789abcdefg,;:=-pP.#$}*\u0003\u00ff+";
        for (int round = 0; round < 15; round++)
        {
            using (var gdb = new GdbClient(new LiveTarget(task), hasAcknowledgements: true))
            {
                try
                {
                    for (int i = 0; i < 60; i++)
                    {
                        string text = starts[random.Next(starts.Length)] + string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => letters[random.Next(letters.Length)]));
                        byte[] bytes = Encoding.Latin1.GetBytes(text);
                        gdb.Send(random.Next(8) == 0 ? bytes : PacketWriter.Pack([], bytes));
                    }
                    gdb.Send([3, 3]);
                    gdb.Send(PacketWriter.Pack("vMustReplyEmpty"));
                }
                catch (IOException)
                {
                    // It has hung up, as it may.
                }
            }
        }
        Assert.Null(machine.Failure);
        Assert.False(machine.HasEnded);
    }
}
