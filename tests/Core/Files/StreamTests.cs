using CheckpointRestart.Core.Files;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

public class StreamTests
{
    [Fact]
    public void ToTheGuestAStreamIsARegularAppendOnlyFile()
    {
        using var machine = new TestMachine();
        var output = machine.Open("/dev/.cr/stdout", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate);
        Assert.Equal(5, output.Write("hello"u8).Value);
        Assert.Equal(0, output.Seek(0, Whence.Set).Value);
        Assert.Equal(6, output.Write(" world"u8).Value);
        Assert.Equal(11, output.Position);
        Assert.Equal(OpenFlags.WriteOnly | OpenFlags.Append, output.Flags);
        Assert.Equal(11, machine.Stat("/dev/.cr/stdout").Size);
        Assert.Equal(0x81B6u, machine.Stat("/dev/.cr/stdout").Mode);
        Assert.Equal("hello world"u8.ToArray(), machine.Streams.TakeAll(StreamKind.Output));
        Assert.Equal(11, machine.Stat("/dev/.cr/stdout").Size);
        Assert.Equal(Errno.ENOTTY, output.Ioctl(0x5401, 0, null!).Errno);
        Assert.Equal(Errno.EPERM, output.Truncate(0));
        Assert.Equal(FileOrigin.Stream, output.Inode.Origin);
        Assert.Equal("/dev/.cr/stdout", output.Dentry.FullPath());
        Assert.Equal(Errno.EACCES, machine.TryOpen("/dev/.cr/stdout", OpenFlags.ReadOnly, out _));
        Assert.Equal(Errno.EACCES, machine.TryOpen("/dev/.cr/stdin", OpenFlags.ReadWrite, out _));
        output.Release();
    }

    [Fact]
    public void ReadingWaitsForInputOrItsEnd()
    {
        using var machine = new TestMachine();
        var input = machine.Open("/dev/.cr/stdin");
        var bytes = new byte[10];
        Assert.True(input.Read(bytes).WouldBlock);
        Assert.Equal(PollEvents.None, input.Poll());
        Assert.Equal(3, machine.Streams.DeliverInput("abc"u8));
        Assert.Equal(2, input.Read(bytes.AsSpan(0, 2)).Value);
        Assert.Equal(2, input.Position);
        Assert.Equal(1, machine.Streams.Unread(StreamKind.Input));
        Assert.Equal(1, input.Read(bytes).Value);
        input.SetFlags(OpenFlags.NonBlock);
        Assert.Equal(Errno.EAGAIN, input.Read(bytes).Errno);
        Assert.False(input.Read(bytes).WouldBlock);
        machine.Streams.DeliverInput("d"u8);
        machine.Streams.DeliverEndOfInput();
        Assert.Equal(1, input.Read(bytes).Value);
        Assert.Equal(0, input.Read(bytes).Value);
        Assert.Equal(4, input.Position);
        Assert.Equal(Errno.ESPIPE, input.Seek(0, Whence.Current).Errno);
        Assert.Equal(0, machine.Streams.DeliverInput("late"u8));
        input.Release();
    }

    [Fact]
    public void AFullStreamHoldsItsWriterUntilTheHostTakes()
    {
        using var machine = new TestMachine(streamLimit: 1000);
        var output = machine.Open("/dev/.cr/stderr", OpenFlags.WriteOnly);
        bool drained = false;
        machine.Streams.OutputDrained = () => drained = true;
        Assert.Equal(1000, output.Write(new byte[1500]).Value);
        var result = output.Write(new byte[500]);
        Assert.True(result.WouldBlock);
        Assert.True(machine.Streams.IsFull(StreamKind.Error));
        Assert.False(drained);
        Assert.Equal(10, machine.Streams.Take(StreamKind.Error, new byte[10]));
        Assert.True(drained);
        var woken = new Waiter();
        result.Wait!.Add(woken);
        machine.Streams.WakeWriters();
        Assert.True(woken.IsWoken);
        Assert.Equal(10, output.Write(new byte[500]).Value);
        Assert.Equal(1010, machine.Streams.Position(StreamKind.Error));
        Assert.Equal(1000, machine.Streams.DeliverInput(new byte[1001]));
        Assert.Equal(0, machine.Streams.WaitForInputRoom(TimeSpan.Zero, default));
        output.Release();
    }

    [Fact]
    public void PositionsGoOnAfterARestore()
    {
        using var machine = new TestMachine();
        var output = machine.Open("/dev/.cr/stdout", OpenFlags.WriteOnly);
        output.RestorePosition(1234);
        output.Write("x"u8);
        Assert.Equal(1235, output.Position);
        var input = machine.Open("/dev/.cr/stdin");
        input.RestorePosition(77);
        machine.Streams.DeliverInput("y"u8);
        input.Read(new byte[1]);
        Assert.Equal(78, input.Position);
        Assert.Equal(78, machine.Streams.Position(StreamKind.Input));
        output.Release();
        input.Release();
    }

    [Fact]
    public async System.Threading.Tasks.Task TheHostWaitsOnAnotherThread()
    {
        using var machine = new TestMachine(streamLimit: 4096);
        var output = machine.Open("/dev/.cr/stdout", OpenFlags.WriteOnly);
        var random = new Random(1);
        var sent = new byte[300_000];
        random.NextBytes(sent);
        var reader = System.Threading.Tasks.Task.Run(() =>
        {
            var all = new List<byte>();
            var part = new byte[777];
            while (machine.Streams.WaitForOutput(StreamKind.Output, Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken))
                all.AddRange(part.AsSpan(0, machine.Streams.Take(StreamKind.Output, part)));
            return all.ToArray();
        }, TestContext.Current.CancellationToken);
        for (int done = 0; done < sent.Length;)
        {
            var result = output.Write(sent.AsSpan(done, Math.Min(sent.Length - done, random.Next(1, 5000))));
            if (result.WouldBlock) Thread.Yield();
            else done += (int)result.Value;
        }
        machine.Streams.Close();
        Assert.Equal(sent, await reader);
        Assert.False(machine.Streams.WaitForOutput(StreamKind.Output, TimeSpan.FromSeconds(10), default));
        output.Release();
    }

    [Fact]
    public void WaitingEndsAtTheTimeAndWhenCancelled()
    {
        var streams = new MachineStreams();
        Assert.False(streams.WaitForOutput(StreamKind.Output, TimeSpan.FromMilliseconds(20), default));
        using var source = new CancellationTokenSource(20);
        Assert.Throws<OperationCanceledException>(() => streams.WaitForOutput(StreamKind.Output, Timeout.InfiniteTimeSpan, source.Token));
    }

    [Fact]
    public void AWaitThatIsCancelledAtAnyMomentEnds()
    {
        var streams = new MachineStreams();
        for (int round = 0; round < 500; round++)
        {
            using var source = new CancellationTokenSource();
            var thread = new Thread(() =>
            {
                try
                {
                    while (true) streams.WaitForOutput(StreamKind.Output, TimeSpan.FromMilliseconds(1 + round % 3), source.Token);
                }
                catch (OperationCanceledException)
                {
                    // What the test waits for.
                }
            })
            {
                IsBackground = true,
            };
            thread.Start();
            Thread.SpinWait(round * 20);
            source.Cancel();
            Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "the wait did not end");
        }
    }

    sealed class Waiter : IWaiter
    {
        public bool IsWoken { get; private set; }

        public void Woken(WaitQueue queue) => IsWoken = true;
    }
}
