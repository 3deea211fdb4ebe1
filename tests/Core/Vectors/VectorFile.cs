using System.Text;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Recorded outcomes: for each form its name, and a 32-bit hash a case. Little endian; see <see cref="Write"/>.</summary>
internal sealed class VectorFile
{
    const uint Magic = 0x43455643;

    internal Dictionary<string, uint[]> Forms { get; } = new(StringComparer.Ordinal);

    internal static VectorFile Read(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        if (reader.ReadUInt32() != Magic) throw new InvalidDataException("not a file of vectors");
        var file = new VectorFile();
        for (int forms = reader.ReadInt32(); forms > 0; forms--)
        {
            string name = reader.ReadString();
            var hashes = new uint[reader.ReadInt32()];
            for (int i = 0; i < hashes.Length; i++) hashes[i] = reader.ReadUInt32();
            file.Forms.Add(name, hashes);
        }
        return file;
    }

    internal void Write(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Forms.Count);
        foreach (var (name, hashes) in Forms.OrderBy(form => form.Key, StringComparer.Ordinal))
        {
            writer.Write(name);
            writer.Write(hashes.Length);
            foreach (uint hash in hashes) writer.Write(hash);
        }
    }
}
