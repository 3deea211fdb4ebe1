using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Moving;
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

    [Theory]
    [InlineData("nothing")]
    [InlineData("secret")]
    [InlineData("certificate")]
    public void WhereverTheWayIsCutOneEndGoesOn(string known)
    {
        using var certificate = Certificates.New("CN=both");
        var protection = new LinkProtection { Secret = known == "secret" ? new SharedSecret("between us") : null, Certificate = known == "certificate" ? certificate : null };
        string record = Path.Combine(Path.GetTempPath(), $"cr-move-{Guid.NewGuid():n}");
        long length;
        {
            var (_, source) = Begin();
            length = Move(source.Task, long.MaxValue, record, protection, out _, out var received).Sent;
            received!.Dispose();
            source.Dispose();
            File.Delete(record);
        }
        // In front of, within and behind every word of the protocol, and here and there in the image.
        long[] cuts = [0, 5, 8, 30, 40, 41, 3_000, length / 2, length - 42, length - 41, length - 40, length - 34, length - 33, length - 2, length - 1];
        if (!protection.IsNone) cuts = [8, 160, 400, 2_000, length / 2, length - 130, length - 90, length - 60, length - 20, length - 1];
        foreach (long cut in cuts)
        {
            var (output, source) = Begin();
            using (source)
            {
                string before = source.TakeOutput();
                var (_, given) = Move(source.Task, cut, record, protection, out var error, out var machine);
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
                // One whose image is some bytes shorter than the first one's gets over whole, and then there is no record.
                machine?.Thaw();
                machine ??= held!.Release(Convert.FromHexString(File.ReadAllText(record).Trim()));
                Assert.Equal(output, before + Rest(machine));
                machine.Dispose();
                File.Delete(record);
            }
        }
    }

    [Fact]
    public void MeanwhileItSaysNothingAndTakesNothing()
    {
        var (output, source) = Begin();
        using (source)
        {
            // What it has said so far nobody has heard.
            Assert.True(source.Machine.Streams.Unread(StreamKind.Output) > 0);
            byte[] early = [];
            bool isAsked = false;
            var watcher = new Once(() =>
            {
                isAsked = true;
                early = source.Machine.Streams.TakeAll(StreamKind.Output);
            });
            using var receiving = new Receiving();
            new MachineSender { Progress = watcher }.Send(source.Task, receiving.Way);
            using var machine = receiving.Finish().Machine;
            Assert.True(isAsked);
            Assert.Empty(early);
            machine!.Thaw();
            Assert.Equal(output, Rest(machine));
            Assert.Empty(source.Machine.Streams.TakeAll(StreamKind.Output));
        }
    }

    [Fact]
    public void OneToWhichSomethingWasDoneMeanwhileStays()
    {
        var (output, source) = Begin();
        using (source)
        {
            string before = source.TakeOutput();
            using var receiving = new Receiving();
            var watcher = new Once(() => source.Machine.SendSignal(source.Task, Signal.SIGCONT));
            var error = Assert.Throws<TransferException>(() => new MachineSender { Progress = watcher }.Send(source.Task, receiving.Way));
            Assert.False(error.IsGivenUp);
            Assert.Contains("something was done to the machine", error.Message, StringComparison.Ordinal);
            receiving.Way.Dispose();
            var (machine, held) = receiving.Finish();
            Assert.Null(machine);
            held!.Dispose();
            source.Machine.Thaw();
            Assert.Equal(output, before + Rest(source.Machine));
        }
    }

    [Fact]
    public void OfManyWhoSendToOneReceiverOneIsTaken()
    {
        var sources = Enumerable.Range(0, 3).Select(_ => Begin()).ToArray();
        using var receiver = new MachineListener(new IPEndPoint(IPAddress.Loopback, 0));
        int port = receiver.LocalEndPoint.Port;
        var sending = sources.Select(one => new Thread(() =>
        {
            try
            {
                new MachineSender { Timeout = GuestSession.Patience }.Send(one.Source.Task, "127.0.0.1", port);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // Somebody else was first.
            }
        })).ToArray();
        foreach (var thread in sending) thread.Start();
        var received = receiver.Receive(static _ => Here, GuestSession.Patience);
        foreach (var thread in sending) thread.Join();
        Assert.Single(sources, static one => one.Source.Machine.HasEnded);
        Assert.Equal(received.Task.Pid, sources[0].Source.Task.Pid);
        received.Machine.Dispose();
        foreach (var (_, source) in sources) source.Dispose();
    }

    /// <summary>Moves a machine over a way that carries only so many bytes from the sender.</summary>
    static (long Sent, bool IsGivenUp) Move(Core.Kernel.Task task, long most, string record, LinkProtection protection, out TransferException? receiverError, out Machine? received)
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
                there = MachineTransfer.Receive(protection.Receive(new CutStream(forthEnd, back, long.MaxValue)), static _ => Here).Machine;
            }
            catch (TransferException exception)
            {
                error = exception;
            }
            catch (Exception exception) when (exception is Core.Image.CheckpointImageException or IOException)
            {
                // An image that ends too early, or an end that never got to know the other.
            }
            back.Dispose();
        });
        receiver.Start();
        var way = new CutStream(backEnd, forth, most);
        bool given = false;
        try
        {
            new MachineSender { Protection = protection, RecordPath = record }.Send(task, way);
            given = true;
        }
        catch (TransferException exception)
        {
            given = exception.IsGivenUp;
        }
        catch (IOException)
        {
            given = false;
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
}
