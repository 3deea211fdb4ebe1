using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A machine that is moved goes on at the other end and nowhere else; and wherever the way is cut, exactly one end can go on.</summary>
public class MachineTransferTests
{
    static readonly MachineOptions Options = GuestSession.Options(GuestSession.SharedRoot);

    static RestoreOptions Here => new() { Root = Options.Root };

    [Fact]
    public async System.Threading.Tasks.Task AMachineGoesOnAtTheOtherEnd()
    {
        var (output, source) = Begin();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var receiving = System.Threading.Tasks.Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            return MachineTransfer.Receive(client.GetStream(), static _ => Here).Machine;
        });
        using var there = new TcpClient();
        await there.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        string before = source.TakeOutput();
        var result = MachineTransfer.Send(source.Machine, there.GetStream());
        using var machine = await receiving;
        Assert.True(source.Machine.HasEnded);
        Assert.True(result.Bytes > 4096);
        Assert.True(machine.IsFrozen, "as it was at its sender");
        machine.Thaw();
        Assert.Equal(output, before + Rest(machine));
    }

    [Fact]
    public void WhereverTheWayIsCutOneEndGoesOn()
    {
        string record = Path.Combine(Path.GetTempPath(), $"cr-move-{Guid.NewGuid():n}");
        long length;
        {
            var (_, source) = Begin();
            length = Move(source.Machine, long.MaxValue, record, out _, out var received).Sent;
            received!.Dispose();
            source.Dispose();
            File.Delete(record);
        }
        // In front of, within and behind every word of the protocol, and here and there in the image.
        long[] cuts = [0, 5, 8, 30, 40, 41, 3_000, length / 2, length - 42, length - 41, length - 40, length - 34, length - 33, length - 2, length - 1];
        foreach (long cut in cuts)
        {
            var (output, source) = Begin();
            using (source)
            {
                string before = source.TakeOutput();
                var (_, given) = Move(source.Machine, cut, record, out var error, out var machine);
                HeldMachine? held = error?.Machine;
                Assert.Equal(given, source.Machine.HasEnded);
                if (!given)
                {
                    Assert.Null(machine);
                    // Whatever is said, the receiver's cannot run.
                    Assert.True(held == null || Assert.Throws<InvalidDataException>(() => held.Release(new byte[32])) != null);
                    Assert.False(File.Exists(record));
                    source.Machine.Thaw();
                    Assert.Equal(output, before + Rest(source.Machine));
                    held?.Dispose();
                    continue;
                }
                Assert.True(File.Exists(record));
                machine ??= held!.Release(Convert.FromHexString(File.ReadAllText(record).Trim()));
                Assert.Equal(output, before + Rest(machine));
                machine.Dispose();
                File.Delete(record);
            }
        }
    }

    /// <summary>Moves a machine over a way that carries only so many bytes from the sender.</summary>
    static (long Sent, bool IsGivenUp) Move(Machine machine, long most, string record, out TransferException? receiverError, out Machine? received)
    {
        using var forth = new AnonymousPipeServerStream(PipeDirection.Out);
        using var forthEnd = new AnonymousPipeClientStream(PipeDirection.In, forth.ClientSafePipeHandle);
        using var back = new AnonymousPipeServerStream(PipeDirection.Out);
        using var backEnd = new AnonymousPipeClientStream(PipeDirection.In, back.ClientSafePipeHandle);
        TransferException? error = null;
        Machine? there = null;
        var receiver = new Thread(() =>
        {
            try
            {
                there = MachineTransfer.Receive(new TwoWays(forthEnd, back, long.MaxValue), static _ => Here).Machine;
            }
            catch (TransferException exception)
            {
                error = exception;
            }
            catch (Core.Image.CheckpointImageException)
            {
                // An image that ends too early.
            }
            back.Dispose();
        });
        receiver.Start();
        var way = new TwoWays(backEnd, forth, most);
        bool given = false;
        try
        {
            MachineTransfer.Send(machine, way, record);
            given = true;
        }
        catch (TransferException exception)
        {
            given = exception.IsGivenUp;
        }
        forth.Dispose();
        receiver.Join();
        (receiverError, received) = (error, there);
        return (way.Sent, given);
    }

    static (string Output, GuestSession Source) Begin()
    {
        var program = new ProgramOptions { FilePath = "/guests/counter", Arguments = ["12", "20000"], Suspended = true };
        string output;
        ulong total;
        using (var straight = GuestSession.Start(Options, program))
        {
            output = straight.Finish().Output;
            total = straight.Machine.RetiredInstructions;
        }
        var source = GuestSession.Start(Options, program);
        source.Machine.EndInput();
        Assert.True(source.Machine.RunTo(total / 2, source.Task, GuestSession.Patience));
        return (output, source);
    }

    static string Rest(Machine machine)
    {
        foreach (var task in machine.Tasks) Assert.True(machine.WaitForExit(task, GuestSession.Patience));
        return Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
    }

    /// <summary>Reads from one stream and writes to another, up to a byte at which the way is cut.</summary>
    sealed class TwoWays(Stream from, Stream to, long most) : Stream
    {
        public long Sent { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => from.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count)
        {
            int some = (int)Math.Min(count, most - Sent);
            to.Write(buffer, offset, some);
            Sent += some;
            if (some == count) return;
            to.Dispose();
            throw new IOException("the way is cut");
        }

        public override void Flush() => to.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
