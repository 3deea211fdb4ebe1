using System.Text.Json;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Pictures.Html;

/// <summary>The code around the next instruction of a saved task.</summary>
static class CodeExcerpt
{
    const int Before = 8, After = 20;

    public static void Write(Utf8JsonWriter json, AddressSpaceView space, CheckpointImage view)
    {
        var segment = view.DescriptorOf((ushort)view.Cpu.Cs);
        uint next = segment.Base + (uint)view.Cpu.Ip;
        var symbols = space.Symbols;
        var disassembler = new Disassembler(space.Memory.Read, (address, exact) => symbols.Find(address) is { } place && (!exact || place.Offset == 0) ? (place.Name, place.Start) : null, segment is { IsEmpty: false, Big: false });
        json.WriteStartArray("code");
        if (symbols.Find(next - 1) is { } around)
            foreach (var found in disassembler.Before(around.Start, next, Before)) Write(json, found, symbols.Find(found.Address)?.ToString(), false);
        int zeros = 0;
        foreach (var found in disassembler.From(next, After))
        {
            // Padding is no code.
            zeros = found.Bytes.AsSpan().ContainsAnyExcept((byte)0) ? 0 : zeros + 1;
            if (zeros == 2) break;
            Write(json, found, symbols.Find(found.Address)?.ToString(), found.Address == next);
        }
        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, DecodedInstruction found, string? place, bool isNext)
    {
        json.WriteStartObject();
        json.WriteNumber("address", found.Address);
        json.WriteString("bytes", Convert.ToHexStringLower(found.Bytes));
        json.WriteString("text", Words.Valid(found.Text));
        if (place != null) json.WriteString("place", Words.Valid(place));
        if (found.Target is { } target) json.WriteNumber("target", target);
        if (isNext) json.WriteBoolean("next", true);
        json.WriteEndObject();
    }
}
