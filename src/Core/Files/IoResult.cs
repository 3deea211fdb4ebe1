namespace CheckpointRestart.Core.Files;

/// <summary>What a file operation gave: a value, an errno, or "would block". Blocking is a value, never a wait.</summary>
public readonly struct IoResult
{
    IoResult(long value, WaitQueue? wait)
    {
        Value = value;
        Wait = wait;
    }

    /// <summary>Bytes moved or another value of at least 0; -errno on failure (-EAGAIN when it would block).</summary>
    public long Value { get; }

    /// <summary>Not null when the operation would block: nothing was done; do it again when this queue wakes.</summary>
    public WaitQueue? Wait { get; }

    /// <summary>True when the operation must be done again later.</summary>
    public bool WouldBlock => Wait != null;

    /// <summary>The error, or None. EAGAIN when it would block.</summary>
    public Errno Errno => Value < 0 ? (Errno)(-Value) : Errno.None;

    /// <summary>True for an errno; "would block" is not an error.</summary>
    public bool IsError => Value < 0 && Wait == null;

    /// <summary>A value of at least 0.</summary>
    public static IoResult From(long value) => new(value, null);

    /// <summary>A failure.</summary>
    public static IoResult Error(Errno errno) => new(-(long)errno, null);

    /// <summary>Nothing was done; try again when <paramref name="queue"/> wakes.</summary>
    public static IoResult Block(WaitQueue queue) => new(-(long)Errno.EAGAIN, queue);

    /// <summary>None is success with the value 0.</summary>
    public static implicit operator IoResult(Errno errno) => Error(errno);

    /// <inheritdoc/>
    public override string ToString() => WouldBlock ? "would block" : Value < 0 ? Errno.ToString() : Value.ToString();
}
