using CheckpointRestart.Core.Memory;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>One page of 4096 bytes: of an image when it is stored there, of a live task when it is present.</summary>
public sealed class CrPage
{
    readonly Subject subject;
    byte[]? bytes;

    internal CrPage(Subject subject, uint address, PageState state, CrVma vma)
    {
        this.subject = subject;
        Address = address;
        State = state;
        Vma = vma;
    }

    /// <summary>First byte.</summary>
    public uint Address { get; }

    /// <summary>Present; Private when an image stores it; Dirty when written since the last full look.</summary>
    public PageState State { get; }

    /// <summary>The region that it lies in.</summary>
    public CrVma Vma { get; }

    /// <summary>The 4096 bytes, read when first asked for.</summary>
    public byte[] Bytes => bytes ??= subject.ReadAll(Address, 4096);

    /// <summary>True when all bytes are zero.</summary>
    public bool IsZero => !Bytes.AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>Lower-case hexadecimal SHA-256 of the bytes.</summary>
    public string Hash => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes));

    /// <summary>The task or image that it belongs to.</summary>
    public string Source => subject.Label;

    /// <inheritdoc/>
    public override string ToString() => $"{Address:x8}";
}
