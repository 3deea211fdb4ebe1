namespace CheckpointRestart.Core.Image;

/// <summary>
/// An image breaks a rule of its format. It is the only exception that the content of an image can cause; errors of the
/// underlying stream or file pass through as they are.
/// </summary>
public sealed class CheckpointImageException : Exception
{
    /// <param name="record">The record that the rule belongs to; where another one stands, the one that should stand there.</param>
    /// <param name="offset">Byte offset in the image: of the record's header, or of the first offending byte of a raw run.</param>
    /// <param name="rule">The rule, as a sentence.</param>
    /// <param name="errno">What restart(2) returns for it: EINVAL, EPIPE for an image that ends too early, EMFILE, ENOSYS.</param>
    /// <param name="found">What the image has instead, or null.</param>
    public CheckpointImageException(RecordType record, long offset, string rule, Errno errno = Errno.EINVAL, string? found = null)
        : base($"{Records.RecordSchema.NameOf(record)} at offset {offset}: {rule}{(found is null ? "" : $", not {found}")} ({errno})")
    {
        Record = record;
        Offset = offset;
        Rule = rule;
        Errno = errno;
    }

    /// <param name="place">What the rule belongs to outside the image's records, such as "chunk 3" of a protected image.</param>
    /// <param name="offset">Byte offset of it in the file or stream.</param>
    /// <param name="rule">The rule, as a sentence.</param>
    /// <param name="errno">What restart(2) returns for it.</param>
    /// <param name="found">What the image has instead, or null.</param>
    internal CheckpointImageException(string place, long offset, string rule, Errno errno = Errno.EINVAL, string? found = null)
        : base($"{place} at offset {offset}: {rule}{(found is null ? "" : $", not {found}")} ({errno})")
    {
        Offset = offset;
        Rule = rule;
        Errno = errno;
    }

    public RecordType Record { get; }

    public long Offset { get; }

    public string Rule { get; }

    public Errno Errno { get; }
}
