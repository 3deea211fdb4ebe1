namespace CheckpointRestart.Core.Checkpoint.External;

/// <summary>What takes the place of the other end of a pipe, socket or terminal that led out of a saved subtree.</summary>
public abstract record BindTarget
{
    /// <summary>A stream of the host: what the guest writes goes there, and what is read from there comes to the guest. Contents that were on their way stay.</summary>
    /// <param name="Host">It stays the caller's, and open.</param>
    public sealed record HostStream(Stream Host) : BindTarget;

    /// <summary>A guest file, opened anew for each who has the name open; also the machine's own streams, such as /dev/.cr/stdout.</summary>
    /// <param name="Path">Guest path. What is only written is created, or emptied.</param>
    public sealed record GuestFile(string Path) : BindTarget;

    /// <summary>The open file that the saved task has as another descriptor.</summary>
    /// <param name="Number">The descriptor.</param>
    public sealed record Descriptor(int Number) : BindTarget;

    /// <summary>Nothing: those inside see that the other end was closed.</summary>
    public sealed record Closed : BindTarget;
}
