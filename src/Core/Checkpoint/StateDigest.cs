using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>SHA-256 over named values in a fixed order. Equal states give equal digests on every host: nothing of the host goes in.</summary>
internal sealed class StateDigest : IDisposable, IStateDigest
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Begins a part; its name separates it from what stands before.</summary>
    public void Section(string name) => Text(name);

    public void Number(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }

    public void Number(long value) => Number((ulong)value);

    public void Text(string? value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value ?? "");
        Number((ulong)bytes.Length);
        hash.AppendData(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        hash.AppendData(bytes);
    }

    /// <summary>The digest, 64 lower-case hexadecimal digits.</summary>
    public string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();

    /// <summary>An address space by its contents: regions joined where nothing tells them apart, and every page that is not all zero.</summary>
    public void Memory(AddressSpace space)
    {
        var layout = space.Layout;
        foreach (uint field in (ReadOnlySpan<uint>)[layout.StartCode, layout.EndCode, layout.StartData, layout.EndData, layout.StartBrk, layout.Brk,
            layout.StartStack, layout.ArgStart, layout.ArgEnd, layout.EnvStart, layout.EnvEnd]) Number(field);
        Section("regions");
        for (int index = 0; index < space.Regions.Count;)
        {
            var first = space.Regions[index];
            var last = first;
            while (++index < space.Regions.Count && Continues(last, space.Regions[index])) last = space.Regions[index];
            Number(first.Start);
            Number(last.End);
            Number((ulong)first.Flags);
            Text(first.Source?.Name);
            Number(first.Source == null ? 0 : first.PageOffset);
        }
        Section("pages");
        foreach (var vma in space.Regions) Pages(space, vma);
    }

    /// <summary>A pseudo-terminal: modes, what is in its queues, sizes and groups.</summary>
    public void Terminal(PseudoTerminal pair)
    {
        Section("terminal");
        pair.Master.Describe(this);
        pair.Slave.Describe(this);
    }

    static bool Continues(Vma low, Vma high) =>
        low.End == high.Start && low.Flags == high.Flags && low.Source?.Name == high.Source?.Name
        && (low.Source == null || low.PageOffset + (low.Length >> 12) == high.PageOffset);

    void Pages(AddressSpace space, Vma vma)
    {
        uint end = vma.End >> 12;
        if (vma.Source == null)
        {
            for (long page = space.NextPresent(vma.Start >> 12, end); page >= 0; page = space.NextPresent((uint)page + 1, end))
                Page((uint)page, space.GetFrame((uint)page));
            return;
        }
        for (uint page = vma.Start >> 12; page < end; page++)
        {
            var frame = space.GetFrame(page);
            if (frame.IsNone) frame = vma.Source.GetPage(vma.PageOffset + (page - (vma.Start >> 12)));
            if (!frame.IsNone) Page(page, frame);
        }
    }

    void Page(uint page, Frame frame)
    {
        if (frame == FrameStore.Zero || frame.Bytes.IndexOfAnyExcept((byte)0) < 0) return;
        Number(page);
        hash.AppendData(frame.Bytes);
    }
}
