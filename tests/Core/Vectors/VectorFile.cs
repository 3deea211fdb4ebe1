using System.IO.Compression;
using System.Text;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The recorded outcomes of one form.</summary>
/// <param name="Hashes">A CRC-32C for each case.</param>
/// <param name="Shown">The first cases' outcomes, normalised, in full.</param>
internal sealed record RecordedForm(uint[] Hashes, byte[][] Shown);

/// <summary>Recorded outcomes of one family: the processor, then each form's name and count, the first outcomes as the bytes that changed against
/// the case, and a hash a case. Little endian, compressed as a whole (Brotli).</summary>
internal sealed class VectorFile
{
    internal const int MostShown = 20;
    const uint Magic = 0x46565243;

    /// <summary>The processor that it was recorded on: vendor, family and model.</summary>
    internal string Processor { get; set; } = "";

    internal Dictionary<string, RecordedForm> Forms { get; } = new(StringComparer.Ordinal);

    internal static string ReadProcessor(string path)
    {
        using var reader = new BinaryReader(new BrotliStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        reader.ReadUInt32();
        return reader.ReadString();
    }

    internal static VectorFile Read(string path, IEnumerable<VectorForm> forms)
    {
        var known = forms.ToDictionary(form => form.Name, StringComparer.Ordinal);
        using var reader = new BinaryReader(new BrotliStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic) throw new InvalidDataException($"{path} is not a file of vectors");
        var file = new VectorFile { Processor = reader.ReadString() };
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            string name = reader.ReadString();
            var hashes = new uint[reader.ReadInt32()];
            var shown = new byte[reader.ReadByte()][];
            for (int i = 0; i < shown.Length; i++) shown[i] = ReadChanges(reader, known.GetValueOrDefault(name), i);
            for (int i = 0; i < hashes.Length; i++) hashes[i] = reader.ReadUInt32();
            file.Forms.Add(name, new(hashes, shown));
        }
        return file;
    }

    internal void Write(string path, IEnumerable<VectorForm> forms)
    {
        using var writer = new BinaryWriter(new BrotliStream(File.Create(path), CompressionLevel.SmallestSize), Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Processor);
        writer.Write(Forms.Count);
        foreach (var form in forms)
        {
            var recorded = Forms[form.Name];
            writer.Write(form.Name);
            writer.Write(recorded.Hashes.Length);
            writer.Write((byte)recorded.Shown.Length);
            for (int i = 0; i < recorded.Shown.Length; i++) WriteChanges(writer, form, i, recorded.Shown[i]);
            foreach (uint hash in recorded.Hashes) writer.Write(hash);
        }
    }

    /// <summary>The case as its outcome would be if nothing happened.</summary>
    static byte[] Unchanged(VectorForm form, int index)
    {
        var made = form.MakeCase(index);
        VectorState.Normalise(ref made, default);
        return VectorState.Bytes(ref made).ToArray();
    }

    static void WriteChanges(BinaryWriter writer, VectorForm form, int index, byte[] outcome)
    {
        var before = Unchanged(form, index);
        var changed = Enumerable.Range(0, outcome.Length).Where(i => before[i] != outcome[i]).ToArray();
        writer.Write((ushort)changed.Length);
        foreach (int i in changed) writer.Write((ushort)i);
        foreach (int i in changed) writer.Write(outcome[i]);
    }

    static byte[] ReadChanges(BinaryReader reader, VectorForm? form, int index)
    {
        var places = new ushort[reader.ReadUInt16()];
        for (int i = 0; i < places.Length; i++) places[i] = reader.ReadUInt16();
        var values = reader.ReadBytes(places.Length);
        if (form == null) return [];
        var outcome = Unchanged(form, index);
        for (int i = 0; i < places.Length; i++) outcome[places[i]] = values[i];
        return outcome;
    }
}
