namespace CheckpointRestart.Core.Files;

/// <summary>What one send put into the queue of a UNIX socket (Linux: sk_buff with its scm_cookie).</summary>
internal sealed partial class UnixPacket
{
    /// <summary>Who sent it; its buffer is charged until the packet is gone.</summary>
    public required UnixSocket Sender { get; init; }

    /// <summary>The bytes.</summary>
    public required byte[] Data { get; init; }

    /// <summary>Bytes of <see cref="Data"/> that a stream's reader has had.</summary>
    public int Consumed { get; set; }

    /// <summary>What the sender's buffer is charged.</summary>
    public int Charge { get; init; }

    /// <summary>SCM_RIGHTS, one reference each; null once they were taken.</summary>
    public OpenFile[]? Files { get; set; }

    /// <summary>The sender as SCM_CREDENTIALS; <see cref="PeerIdentity.None"/> unless one side asked for it.</summary>
    public PeerIdentity Credentials { get; init; }

    /// <summary>Wall clock time of arrival.</summary>
    public Timespec Arrived { get; init; }

    /// <summary>The sender's sockaddr when it was sent; empty without a name.</summary>
    public byte[] From { get; init; } = [];

    public int Left => Data.Length - Consumed;
}
