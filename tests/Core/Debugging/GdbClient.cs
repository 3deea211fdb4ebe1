using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Debugging.Gdb;
using CheckpointRestart.Core.Kernel;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Debugging;

/// <summary>A debugger of our own, connected to a server of a machine here.</summary>
sealed class GdbClient : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly GdbServer server;
    readonly System.Threading.Tasks.Task<GdbSessionEnd> serving;
    readonly CancellationTokenSource stopping = new();
    readonly TcpClient client = new();
    readonly PacketReader reader = new();

    public GdbClient(DebugTarget target, bool hasAcknowledgements = false)
    {
        server = new GdbServer(target, 0);
        serving = System.Threading.Tasks.Task.Run(() => server.Run(stopping.Token));
        client.Connect(server.EndPoint);
        client.NoDelay = true;
        client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        if (hasAcknowledgements) return;
        if (Ask("QStartNoAckMode") != "OK") throw new InvalidOperationException("acknowledgements stay");
    }

    public GdbClient(Task task) : this(new LiveTarget(task))
    {
    }

    public GdbServer Server => server;

    /// <summary>Sends bytes as they are.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => client.GetStream().Write(bytes);

    /// <summary>Sends a packet.</summary>
    public void Tell(string packet) => Send(PacketWriter.Pack(Encoding.Latin1.GetBytes(packet), []));

    /// <summary>The next packet's text.</summary>
    public string Answer()
    {
        while (client.GetStream().ReadByte() is >= 0 and var value)
            if (reader.Take((byte)value) is { Kind: InputKind.Packet } input) return Encoding.Latin1.GetString(input.Data);
        throw new EndOfStreamException();
    }

    /// <summary>Sends a packet, and gives its answer.</summary>
    public string Ask(string packet)
    {
        Tell(packet);
        return Answer();
    }

    /// <summary>The value of a register by its number.</summary>
    public uint Register(int number)
    {
        string answer = Ask(string.Create(CultureInfo.InvariantCulture, $"p{number:x}"));
        return answer.Length == 8 ? BitConverter.ToUInt32(Convert.FromHexString(answer)) : throw new InvalidOperationException($"register {number} is '{answer}'");
    }

    public uint Eip => Register(8);

    /// <summary>How the server ended.</summary>
    public GdbSessionEnd End()
    {
        if (!serving.Wait(Patience)) throw new TimeoutException("the server does not end");
        return serving.Result;
    }

    /// <summary>Breaks the connection off.</summary>
    public void Break() => client.Close();

    public void Dispose()
    {
        client.Dispose();
        stopping.Cancel();
        try
        {
            serving.Wait(Patience);
        }
        catch (AggregateException error) when (error.InnerException is OperationCanceledException)
        {
        }
        server.Dispose();
        stopping.Dispose();
    }
}
