using System.Text;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>Puts answers into packets.</summary>
static class PacketWriter
{
    /// <summary>A packet of text.</summary>
    public static byte[] Pack(string text) => Pack(Encoding.ASCII.GetBytes(text), []);

    /// <summary>A packet of text and binary data behind it.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> text, ReadOnlySpan<byte> binary)
    {
        var packet = new List<byte>(text.Length + binary.Length + 16) { (byte)'$' };
        byte sum = 0;
        void Add(byte value)
        {
            packet.Add(value);
            sum += value;
        }

        foreach (byte value in text) Add(value);
        foreach (byte value in binary)
        {
            if (value is (byte)'#' or (byte)'$' or (byte)'}' or (byte)'*')
            {
                Add((byte)'}');
                Add((byte)(value ^ 0x20));
            }
            else
            {
                Add(value);
            }
        }
        packet.Add((byte)'#');
        packet.AddRange(Encoding.ASCII.GetBytes(Hex.Of([sum])));
        return [.. packet];
    }
}
