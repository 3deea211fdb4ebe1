using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>The environment strings that a program was started with, on its stack. Pointers to them may be anywhere, so that a string stays where it is.</summary>
/// <param name="read">Copies guest memory.</param>
public sealed class GuestEnvironment(Cpu.CodeSource read)
{
    const int MostStrings = 1 << 16, MostBytes = 1 << 21;

    /// <summary>A string, and where its pointer is.</summary>
    public readonly record struct Entry(uint Pointer, uint Address, byte[] Bytes);

    /// <summary>The strings, in their order.</summary>
    /// <param name="stack">The stack pointer at the program's start.</param>
    /// <exception cref="Kernel.ChangeRefusedException">The program has overwritten what the kernel had put there.</exception>
    public IReadOnlyList<Entry> Entries(uint stack)
    {
        uint count = Word(stack);
        if (count > MostStrings) throw Lost();
        uint at = stack + 4 * (count + 2);
        var found = new List<Entry>();
        int bytes = 0;
        while (Word(at) is var address and not 0)
        {
            if (found.Count == MostStrings) throw Lost();
            var text = Text(address);
            if ((bytes += text.Length) > MostBytes) throw Lost();
            found.Add(new Entry(at, address, text));
            at += 4;
        }
        return found;
    }

    /// <summary>The auxiliary vector behind them: pairs of words, the last of type 0.</summary>
    /// <param name="stack">The stack pointer at the program's start.</param>
    /// <returns>Nothing where it is not there any more.</returns>
    public byte[] AuxiliaryVector(uint stack)
    {
        const int most = 1 << 20, longest = 4096;
        if (stack == 0) return [];
        Span<byte> pair = stackalloc byte[8];
        var word = pair[..4];
        uint at = stack + 4;
        for (int words = 0, zeros = 0; zeros < 2 && words < most; words++, at += 4)
        {
            if (read(at, word) < 4) return [];
            if (BinaryPrimitives.ReadUInt32LittleEndian(word) == 0) zeros++;
        }
        var vector = new List<byte>();
        for (; vector.Count < longest; at += 8)
        {
            if (read(at, pair) < 8) return [];
            vector.AddRange(pair);
            if (BinaryPrimitives.ReadUInt32LittleEndian(pair) == 0) return [.. vector];
        }
        return [];
    }

    /// <summary>What is to be written so that a variable has a value.</summary>
    /// <param name="stack">The stack pointer at the program's start.</param>
    /// <param name="variable">Its name.</param>
    /// <param name="value">Null takes it away.</param>
    /// <returns>Addresses and bytes.</returns>
    /// <exception cref="Kernel.ChangeRefusedException">There is no such variable, or no room for the value.</exception>
    public IReadOnlyList<(uint Address, byte[] Bytes)> Set(uint stack, string variable, string? value)
    {
        var entries = Entries(stack);
        byte[] start = GuestText.ToBytes(variable + "=");
        int index = -1;
        for (int i = 0; i < entries.Count && index < 0; i++)
            if (entries[i].Bytes.AsSpan().StartsWith(start)) index = i;
        if (index < 0)
        {
            throw new Kernel.ChangeRefusedException(Errno.ENOENT, value == null ? $"the program was not started with a variable {variable}"
                : $"the program was not started with a variable {variable}, and there is no room on its stack for another one");
        }
        var entry = entries[index];
        if (value == null) return Remove(entries, index);
        byte[] text = GuestText.ToBytes($"{variable}={value}");
        if (text.Length > entry.Bytes.Length)
            throw new Kernel.ChangeRefusedException(Errno.ENOSPC, $"{variable} has room for a value of {entry.Bytes.Length - start.Length} bytes, and this one has {text.Length - start.Length}");
        var room = new byte[entry.Bytes.Length];
        text.CopyTo(room, 0);
        return [(entry.Address, room)];
    }

    static List<(uint, byte[])> Remove(IReadOnlyList<Entry> entries, int index)
    {
        var pointers = new byte[(entries.Count - index) * 4];
        for (int i = index + 1; i < entries.Count; i++) BinaryPrimitives.WriteUInt32LittleEndian(pointers.AsSpan((i - index - 1) * 4), entries[i].Address);
        return [(entries[index].Pointer, pointers), (entries[index].Address, new byte[entries[index].Bytes.Length])];
    }

    uint Word(uint address)
    {
        Span<byte> word = stackalloc byte[4];
        return read(address, word) == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(word) : throw Lost();
    }

    byte[] Text(uint address)
    {
        var text = new List<byte>();
        Span<byte> piece = stackalloc byte[64];
        while (text.Count < MostBytes)
        {
            int count = read(address, piece);
            if (count == 0) throw Lost();
            int end = piece[..count].IndexOf((byte)0);
            text.AddRange(piece[..(end < 0 ? count : end)]);
            if (end >= 0) return [.. text];
            address += (uint)count;
        }
        throw Lost();
    }

    static Kernel.ChangeRefusedException Lost() => new(Errno.EFAULT, "what the kernel had put on the program's stack at its start is not there any more");
}
