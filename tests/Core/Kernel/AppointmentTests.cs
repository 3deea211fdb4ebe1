using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Checkpoint;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>What is to happen at an instruction count happens at exactly that count, and changes nothing.</summary>
public class AppointmentTests
{
    static GuestSession Counter() => GuestSession.StartAlone("counter", "12", "20000");

    [Fact]
    public void AnAppointmentIsKeptAtItsExactInstructionAndTheRunIsTheSame()
    {
        string output, hash;
        ulong end;
        using (var straight = Counter())
        {
            StateHash.RecordAtExit(straight.Machine);
            (output, _) = straight.Finish();
            (hash, end) = (StateHash.Compute(straight.Task), straight.Task.Instructions);
        }
        using var session = Counter();
        StateHash.RecordAtExit(session.Machine);
        var seen = new List<ulong>();
        // In no order, two of them at one count, and one that makes another.
        foreach (ulong at in (ulong[])[400_003, 7, 100_001, 100_001])
            session.Machine.RunAt(at, machine =>
            {
                seen.Add(machine.RetiredInstructions);
                return true;
            });
        session.Machine.RunAt(500_000, machine =>
        {
            machine.RunAt(500_001, inner =>
            {
                seen.Add(inner.RetiredInstructions);
                return true;
            });
            return true;
        });
        Assert.Equal(output, session.Finish().Output);
        Assert.Equal([7, 100_001, 100_001, 400_003, 500_001], seen);
        Assert.Equal((hash, end), (StateHash.Compute(session.Task), session.Task.Instructions));
    }

    [Fact]
    public void AMachineStandsWhileAnAppointmentCannotBeKeptAndHearsCommands()
    {
        using var session = Counter();
        using var asked = new SemaphoreSlim(0);
        bool may = false;
        session.Machine.RunAt(100_001, _ =>
        {
            asked.Release();
            return Volatile.Read(ref may);
        });
        session.Run();
        for (int i = 0; i < 3; i++) Assert.True(asked.Wait(GuestSession.Patience));
        Assert.Equal(100_001ul, session.Machine.Execute(machine => machine.RetiredInstructions));
        Volatile.Write(ref may, true);
        Assert.Equal(0, session.Finish().ExitCode);
    }

    [Fact]
    public void ACancelledAppointmentIsNotKeptAndAPastOneIsRefused()
    {
        using var session = Counter();
        bool kept = false;
        session.Machine.RunAt(1000, _ => kept = true).Dispose();
        session.RunTo(2000);
        Assert.False(kept);
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Machine.RunAt(1999, static _ => true));
        session.Machine.RunAt(2000, _ => kept = true);
        session.Machine.Execute(static _ => { });
        session.Finish();
        Assert.True(kept);
    }

    [Fact]
    public void AnAppointmentAtTheCountWhereTheMachineIsFrozenIsKeptBefore()
    {
        using var session = Counter();
        ulong at = 0;
        session.Machine.RunAt(3000, machine =>
        {
            at = machine.RetiredInstructions;
            return true;
        });
        session.RunTo(3000);
        Assert.Equal(3000ul, at);
        Assert.Equal(MachineState.Frozen, session.Machine.State);
    }
}
