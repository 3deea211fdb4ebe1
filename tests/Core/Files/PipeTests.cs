using CheckpointRestart.Core.Files;
using FsCheck.Xunit;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

public class PipeTests
{
    sealed class Counter : IWaiter
    {
        public int Count { get; private set; }

        public void Woken(WaitQueue queue) => Count++;
    }

    [RepeatableProperty(MaxTest = 40)]
    public void WhatGoesInComesOutInOrder(int seed)
    {
        using var machine = new TestMachine();
        Pipe.Create(machine.Tree, OpenFlags.NonBlock, out var reader, out var writer);
        var random = new Random(seed);
        var sent = new List<byte>();
        var received = new List<byte>();
        for (int step = 0; step < 200; step++)
        {
            var bytes = new byte[random.Next(4) == 0 ? random.Next(100_000) : random.Next(6000)];
            if (random.Next(2) == 0)
            {
                random.NextBytes(bytes);
                // A page that was not read to its end is not free yet, so there may be less room than bytes are missing.
                int room = Pipe.DefaultCapacity - (sent.Count - received.Count);
                bool hasPage = (writer.Poll() & PollEvents.Out) != 0;
                var result = writer.Write(bytes);
                Assert.True(result.Value <= room);
                if (result.IsError) Assert.Equal((Errno.EAGAIN, false), (result.Errno, hasPage));
                else if (bytes.Length <= Pipe.AtomicBytes) Assert.Equal(bytes.Length, result.Value);
                else Assert.True(result.Value > 0);
                if (sent.Count == received.Count) Assert.Equal(Math.Min(bytes.Length, Pipe.DefaultCapacity), result.Value);
                if (result.Value > 0) sent.AddRange(bytes[..(int)result.Value]);
            }
            else
            {
                var result = reader.Read(bytes);
                if (bytes.Length > 0 && sent.Count == received.Count) Assert.Equal(Errno.EAGAIN, result.Errno);
                else Assert.Equal(Math.Min(bytes.Length, sent.Count - received.Count), result.Value);
                if (result.Value > 0) received.AddRange(bytes[..(int)result.Value]);
            }
            Assert.Equal(sent.Count > received.Count, (reader.Poll() & PollEvents.In) != 0);
        }
        writer.Release();
        received.AddRange(TestMachine.ReadAll(reader));
        Assert.True(sent.SequenceEqual(received));
        Assert.Equal(PollEvents.HangUp, reader.Poll());
        reader.Release();
    }

    [Fact]
    public void ReadersAndWritersWaitAndAreWoken()
    {
        using var machine = new TestMachine();
        Pipe.Create(machine.Tree, OpenFlags.ReadOnly, out var reader, out var writer);
        var readerWaits = new Counter();
        var writerWaits = new Counter();
        var bytes = new byte[Pipe.DefaultCapacity + 1];
        var result = reader.Read(bytes);
        Assert.True(result.WouldBlock);
        Assert.Same(reader.Readable, result.Wait);
        result.Wait!.Add(readerWaits);
        Assert.Equal(Pipe.DefaultCapacity, writer.Write(bytes).Value);
        Assert.Equal(1, readerWaits.Count);
        result = writer.Write(bytes);
        Assert.True(result.WouldBlock);
        result.Wait!.Add(writerWaits);
        Assert.Equal(PollEvents.None, writer.Poll());
        Assert.Equal(4095, reader.Read(bytes.AsSpan(0, 4095)).Value);
        Assert.Equal(0, writerWaits.Count);
        Assert.Equal(1, reader.Read(bytes.AsSpan(0, 1)).Value);
        Assert.Equal(1, writerWaits.Count);
        reader.Release();
        Assert.Equal(2, writerWaits.Count);
        Assert.Equal(Errno.EPIPE, writer.Write(bytes).Errno);
        Assert.Equal(PollEvents.Error, writer.Poll() & PollEvents.Error);
        Assert.Equal(Errno.EBADF, writer.Read(bytes).Errno);
        Assert.Equal(Errno.ESPIPE, writer.Seek(0, Whence.Current).Errno);
        Assert.Equal(Errno.ESPIPE, writer.WriteAt(0, bytes).Errno);
        Assert.Equal(Errno.EINVAL, writer.Truncate(0));
        Assert.StartsWith("pipe:[", writer.Dentry.FullPath(), StringComparison.Ordinal);
        writer.Release();
    }

    [Fact]
    public void AFifoIsOpenWhenBothSidesAre()
    {
        using var machine = new TestMachine();
        Assert.Equal(Errno.None, machine.Tree.MakeNode(machine.At, "/tmp/fifo", FileModeBits.Fifo | 0x180, 0));
        Assert.Equal(Errno.ENXIO, machine.TryOpen("/tmp/fifo", OpenFlags.WriteOnly | OpenFlags.NonBlock, out _));
        var result = machine.Tree.Open(machine.At, "/tmp/fifo", OpenFlags.ReadOnly, 0, out var reader);
        Assert.True(result.WouldBlock);
        var waits = new Counter();
        result.Wait!.Add(waits);
        var writer = machine.Open("/tmp/fifo", OpenFlags.WriteOnly);
        Assert.Equal(1, waits.Count);
        writer.Write("abc"u8);
        writer.Release();
        // The writer has come and gone before the reader was run again: the open is done all the same.
        Assert.Equal(0, reader!.ContinueOpen().Value);
        Assert.Equal("abc"u8.ToArray(), TestMachine.ReadAll(reader));
        reader.Release();
        var both = machine.Open("/tmp/fifo", OpenFlags.ReadWrite);
        Assert.True(both.Read(new byte[1]).WouldBlock);
        both.Release();
    }

    [Fact]
    public void ManyPipesBecomeSmall()
    {
        using var machine = new TestMachine();
        var ends = new List<OpenFile>();
        for (int count = 0; count < 1100; count++)
        {
            Pipe.Create(machine.Tree, OpenFlags.ReadOnly, out var reader, out var writer);
            ends.Add(reader);
            ends.Add(writer);
        }
        Assert.Equal(Pipe.AtomicBytes, ends[^1].Write(new byte[100_000]).Value);
        foreach (var end in ends) end.Release();
        Pipe.Create(machine.Tree, OpenFlags.ReadOnly, out var last, out var lastWriter);
        Assert.Equal(Pipe.DefaultCapacity, lastWriter.Write(new byte[100_000]).Value);
        last.Release();
        lastWriter.Release();
    }
}
