using System.Text.Json.Nodes;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>Fills a small object from the fields of an image's JSON, or writes it back there. References and pages stay as they are.</summary>
internal sealed class JsonState(JsonObject fields, bool isReading) : StateVisitor
{
    readonly Stack<JsonObject> outer = new();
    JsonObject here = fields;

    /// <inheritdoc/>
    public override bool IsReading => isReading;

    /// <inheritdoc/>
    public override long Number(string name, long value, long least = long.MinValue, long most = long.MaxValue)
    {
        if (!isReading) here[name] = value;
        else if (here[name] is JsonValue given) Require(given.TryGetValue(out value) && value >= least && value <= most, $"{name} is a number from {least} to {most}");
        return value;
    }

    /// <inheritdoc/>
    public override ulong Word(string name, ulong value)
    {
        if (!isReading) here[name] = value;
        else if (here[name] is JsonValue given) Require(given.TryGetValue(out value), $"{name} is a number of 64 bits");
        return value;
    }

    /// <inheritdoc/>
    public override byte[]? Bytes(string name, byte[]? value, int most)
    {
        if (!isReading)
        {
            here[name] = value == null ? null : new JsonObject { ["$bytes"] = Convert.ToBase64String(value) };
            return value;
        }
        if (here[name]?["$bytes"] is not JsonValue given || !given.TryGetValue(out string? text)) return value;
        var bytes = Convert.FromBase64String(text);
        Require(bytes.Length <= most, $"{name} has at most {most} bytes");
        return bytes;
    }

    /// <inheritdoc/>
    public override object? Reference(string name, object? value) => value;

    /// <inheritdoc/>
    public override bool BeginStructure(string name, bool isThere)
    {
        if (here[name] is not JsonObject inner)
        {
            if (isReading) return false;
            here[name] = inner = [];
        }
        outer.Push(here);
        here = inner;
        return true;
    }

    /// <inheritdoc/>
    public override void EndStructure() => here = outer.Pop();

    /// <inheritdoc/>
    public override string? Text(string name, string? value, int most = 4096) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int BeginList(string name, int count, int most) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Item() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void EndList() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Pages(string name, IStatePages pages) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Exception Broken(string rule) => new CheckpointImageException((RecordType)ExtendedRecord.Object, 0, rule);

    /// <inheritdoc/>
    public override void Later(int rank, Action action) => throw new NotSupportedException();
}
