using System.Text;

namespace CheckpointRestart.PS.Objects;

/// <summary>Up to sixteen bytes of guest memory, a line of the hexadecimal view.</summary>
public sealed class CrMemory
{
    internal const int LineLength = 16;

    internal CrMemory(uint address, byte[] bytes, string source)
    {
        Address = address;
        Bytes = bytes;
        Source = source;
    }

    /// <summary>Guest address of the first byte.</summary>
    public uint Address { get; }

    public byte[] Bytes { get; }

    /// <summary>The bytes in hexadecimal, in groups of four.</summary>
    public string Hex
    {
        get
        {
            var text = new StringBuilder(LineLength * 3 + 3);
            for (int i = 0; i < Bytes.Length; i++)
            {
                if (i > 0) text.Append(i % 4 == 0 ? "  " : " ");
                text.Append($"{Bytes[i]:x2}");
            }
            return text.ToString();
        }
    }

    /// <summary>The bytes as ASCII, a dot for what is not printable.</summary>
    public string Text => string.Concat(Bytes.Select(value => value is >= 0x20 and < 0x7f ? (char)value : '.'));

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Address:x8}  {Hex}  {Text}";
}
