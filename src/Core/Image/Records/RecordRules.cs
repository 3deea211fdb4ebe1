namespace CheckpointRestart.Core.Image.Records;

/// <summary>Where a rule is being checked: says so when it is broken.</summary>
/// <param name="Record">The record under test.</param>
/// <param name="Offset">Byte offset of its header, or of a raw byte after it.</param>
public readonly record struct RecordRules(RecordType Record, long Offset)
{
    /// <exception cref="CheckpointImageException">The condition does not hold.</exception>
    public RecordRules Require(bool condition, string rule, Errno errno = Errno.EINVAL) =>
        condition ? this : throw Broken(rule, errno);

    /// <inheritdoc cref="Require(bool, string, Errno)"/>
    public RecordRules Require(bool condition, string rule, ulong found, Errno errno = Errno.EINVAL) =>
        condition ? this : throw Broken(rule, errno, $"0x{found:x}");

    /// <inheritdoc cref="Require(bool, string, Errno)"/>
    public RecordRules Require(bool condition, string rule, Errno errno, string found) =>
        condition ? this : throw Broken(rule, errno, found);

    public CheckpointImageException Broken(string rule, Errno errno = Errno.EINVAL, string? found = null) =>
        new(Record, Offset, rule, errno, found);
}
