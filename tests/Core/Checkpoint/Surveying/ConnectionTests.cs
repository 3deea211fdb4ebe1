using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Surveying;

/// <summary>What descriptors and shared mappings lead to is found once, with all of its ends.</summary>
public class ConnectionTests
{
    [Theory]
    [InlineData("pipeholder", ConnectionKind.Pipe, "pipe:[")]
    [InlineData("sockstate", ConnectionKind.Socket, "")]
    [InlineData("sharedmap", ConnectionKind.Memory, "")]
    [InlineData("eventstates", ConnectionKind.Object, "anon_inode:")]
    [InlineData("counter", ConnectionKind.Stream, "")]
    public void AThingIsFoundWithItsEnds(string guest, ConnectionKind kind, string name)
    {
        using var checkpoint = Capture(guest, 20_000);
        var all = Connection.Of(checkpoint);
        var found = all.Where(connection => connection.Kind == kind && connection.Name.StartsWith(name, StringComparison.Ordinal)).ToArray();
        Assert.True(found.Length > 0, string.Join("\n", all.Select(static connection => $"{connection.Kind} {connection.Name}: {string.Join(", ", connection.Ends)}")));
        Assert.All(all, static connection => Assert.NotEmpty(connection.Ends));
        // Every descriptor leads somewhere, and to one thing only.
        foreach (var task in checkpoint.Tasks.Where(static task => task.IsAlive && task.Pid == task.ThreadGroupId))
        {
            var numbers = all.SelectMany(static connection => connection.Ends).Where(end => end.ProcessId == task.Pid && end.Descriptor != null).Select(static end => end.Descriptor!.Value).Order();
            Assert.Equal(checkpoint.ViewOf(task.Pid).Files.Descriptors.Select(static descriptor => descriptor.Number).Order(), numbers);
        }
    }

    [Fact]
    public void APipeHasAReaderAndAWriter()
    {
        using var checkpoint = Capture("pipeholder", 20_000);
        var pipe = Connection.Of(checkpoint).First(static connection => connection.Kind == ConnectionKind.Pipe);
        Assert.Contains(pipe.Ends, static end => end.Role == "reads");
        Assert.Contains(pipe.Ends, static end => end.Role == "writes");
    }

    [Fact]
    public void ConnectedSocketsAreOneThing()
    {
        using var checkpoint = Capture("sockstate", 50_000);
        var sockets = Connection.Of(checkpoint).Where(static connection => connection.Kind == ConnectionKind.Socket).ToArray();
        Assert.Contains(sockets, static socket => socket.Ends.Count(static end => end.Role == "talks") >= 2);
        Assert.All(sockets, static socket => Assert.NotEmpty(socket.Name));
    }

    [Fact]
    public void AV5ImageHasItsTasksDescriptors()
    {
        using var session = GuestSession.StartAlone("counter").RunTo(20_000);
        using var checkpoint = Checkpointer.Capture(session.Task);
        Assert.Equal(session.Task.Files!.Numbers.Count(), Connection.Of(checkpoint).Sum(static connection => connection.Ends.Count));
    }

    static Core.Checkpoint.Checkpoint Capture(string guest, ulong instruction)
    {
        // The holders stay where they are unless they are told to go on.
        var known = guest is "pipeholder" or "sharedmap" ? null : GuestCase.Own.FirstOrDefault(candidate => candidate.Name == guest);
        using var session = GuestSession.Start(GuestSession.Options(GuestSession.SharedRoot), new ProgramOptions { FilePath = known?.Program ?? "/guests/" + guest, Arguments = known?.Arguments ?? [], Suspended = true });
        using var stop = session.Machine.RunAt(instruction, static machine =>
        {
            machine.Freeze();
            return true;
        });
        session.Machine.Thaw(session.Task);
        // Some wait for good before they come so far.
        ulong before = 0;
        while (!session.Machine.WaitUntil(() => session.Machine.State == MachineState.Frozen, TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken))
        {
            ulong now = session.Machine.RetiredInstructions;
            if (session.Machine.State == MachineState.Idle && now > 0 && now == before) break;
            before = now;
        }
        session.Machine.Freeze();
        return Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
    }
}
