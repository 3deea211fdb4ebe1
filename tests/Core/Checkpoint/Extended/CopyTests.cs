using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using CheckpointFile = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Many machines of one checkpoint: they take the memory of one and what they change.</summary>
public class CopyTests
{
    const int Megabytes = 100, Count = 100;

    static GuestSession Begin(int megabytes)
    {
        var session = GuestSession.StartAlone("touch", megabytes.ToString(System.Globalization.CultureInfo.InvariantCulture), "7");
        session.RunUntil("ready");
        return session;
    }

    static string Answer(Machine machine, string order)
    {
        machine.SendInput(Encoding.ASCII.GetBytes(order));
        machine.Thaw();
        Assert.True(machine.Streams.WaitForOutput(StreamKind.Output, GuestSession.Patience, default));
        Thread.Sleep(10);
        return Encoding.ASCII.GetString(machine.Streams.TakeAll(StreamKind.Output));
    }

    [Fact]
    public void AHundredCopiesTakeTheMemoryOfOneAndWhatTheyChange()
    {
        using var session = Begin(Megabytes);
        using var checkpoint = Checkpointer.Capture(session.Machine);
        long one = session.Machine.Account.Used;
        Assert.True(one > Megabytes * 256);
        var copies = new List<Machine>();
        try
        {
            for (int copy = 0; copy < Count; copy++)
                copies.Add(Restorer.Restore(checkpoint, new RestoreOptions { Suspended = true, Reseed = (ulong)copy, HostName = $"copy-{copy}" }).Machine);
            // A machine is charged for the pages that it has had made: those that it shares are the original's.
            Assert.True(copies.Sum(static copy => copy.Account.Used) < one / 50, "copies have pages of their own before they run");
            Assert.Equal(Count, copies.Select(static copy => copy.Version.NodeName).Distinct().Count());
            Assert.Equal(Count, copies.Select(static copy => copy.Execute(m => m.Random.State)).Distinct().Count());
            string sum = Answer(copies[0], "r");
            Answer(copies[1], "1");
            Assert.InRange(copies[1].Account.Used, one / 100 - 8, one / 50);
            // Neither the original nor another copy has felt it.
            Assert.Equal(sum, Answer(copies[2], "r"));
            Assert.Equal(sum, Answer(session.Machine, "r"));
            Answer(copies[1], "9");
            Assert.NotEqual(sum, Answer(copies[1], "r"));
        }
        finally
        {
            foreach (var copy in copies) copy.Dispose();
        }
    }

    [Fact]
    public void CopiesOfAnImageInAFileShareItsPagesToo()
    {
        string path = Path.Combine(Path.GetTempPath(), $"cr-copies-{Guid.NewGuid():n}.cr");
        try
        {
            using (var session = Begin(8))
            using (var taken = Checkpointer.Capture(session.Machine)) Checkpointer.Write(taken, path);
            using var file = CheckpointFile.Open(path);
            var options = new RestoreOptions { Root = new RootOptions { HostProgram = GuestFiles.Program("touch") }, Suspended = true };
            using var copies = new ImageCopies(file);
            using var first = Restorer.Restore(file, options with { Copies = copies, Eager = true }).Machine;
            using var second = Restorer.Restore(file, options with { Copies = copies, Eager = true, HostName = "second" }).Machine;
            Assert.True(first.Account.Used + second.Account.Used < 64);
            Assert.Equal(Answer(first, "r"), Answer(second, "r"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("sixty-five bytes are one more than a host name may have, as here.")]
    public void AHostNameHasItsRules(string name)
    {
        using var session = GuestSession.StartAlone("counter");
        using var checkpoint = Checkpointer.Capture(session.Machine);
        Assert.Equal(Errno.EINVAL, Assert.Throws<RestoreException>(() => Restorer.Restore(checkpoint, new RestoreOptions { HostName = name })).Errno);
    }
}
