using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Goes through a machine's objects and writes each down once, however often it is referred to. Its pages are held, not copied.</summary>
internal sealed class StateWriter(FrameCollector collector) : StateVisitor
{
    readonly Dictionary<object, uint> numbers = new(ReferenceEqualityComparer.Instance);
    readonly Queue<(IStateObject Object, uint Number)> pending = new();
    readonly Dictionary<string, ushort> nameIndex = new(StringComparer.Ordinal);
    readonly (string? Name, ushort Index)[] recent = new (string?, ushort)[512];
    readonly List<string> names = [];
    readonly List<ExtendedObject> objects = [];
    readonly FieldWriter fields = new();
    readonly Stack<int> structures = new();
    readonly List<Obstacle> obstacles = [];
    IStateObject? current;

    /// <summary>What stands in the way of an image, once all was visited.</summary>
    public IReadOnlyList<Obstacle> Obstacles => obstacles;

    /// <inheritdoc/>
    public override bool IsReading => false;

    /// <summary>Names of fields and kinds.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Writes an object and all that it leads to.</summary>
    public IReadOnlyList<ExtendedObject> Write(IStateObject root)
    {
        Reference("root", root);
        fields.Clear();
        while (pending.TryDequeue(out var next))
        {
            fields.Clear();
            current = next.Object;
            string kind = next.Object.StateKind;
            NameOf(kind);
            next.Object.Visit(this);
            objects.Add(new ExtendedObject { Number = next.Number, Kind = kind, Bytes = fields.Written.ToArray() });
        }
        return objects;
    }

    /// <summary>True when an object is in what was written.</summary>
    public bool Has(object one) => numbers.ContainsKey(one);

    /// <summary>Writes one more object, which refers to others that were written and to no new ones. Any thread.</summary>
    public ExtendedObject WriteOne(IStateObject one)
    {
        int before = objects.Count;
        var written = Write(one);
        return written.Count == before + 1 ? written[before] : throw new InvalidOperationException($"{one.StateKind} leads to objects that were not written");
    }

    void Obstruct(Errno errno, string name, string reason) => obstacles.Add(new Obstacle(errno, name, reason));

    /// <inheritdoc/>
    public override long Number(string name, long value, long least = long.MinValue, long most = long.MaxValue)
    {
        fields.Number(NameOf(name), value);
        return value;
    }

    /// <inheritdoc/>
    public override ulong Word(string name, ulong value)
    {
        fields.Word(NameOf(name), value);
        return value;
    }

    /// <inheritdoc/>
    public override byte[]? Bytes(string name, byte[]? value, int most)
    {
        if (value == null) fields.None(NameOf(name));
        else fields.Bytes(NameOf(name), FieldTag.Bytes, value);
        return value;
    }

    /// <inheritdoc/>
    public override string? Text(string name, string? value, int most = 4096)
    {
        if (value == null) fields.None(NameOf(name));
        else fields.Bytes(NameOf(name), FieldTag.Text, GuestText.ToBytes(value));
        return value;
    }

    /// <inheritdoc/>
    public override object? Reference(string name, object? value)
    {
        if (value == null)
        {
            fields.None(NameOf(name));
            return null;
        }
        if (!numbers.TryGetValue(value, out uint number))
        {
            numbers.Add(value, number = (uint)numbers.Count + 1);
            if (value is IStateObject known) pending.Enqueue((known, number));
            else if (value is IStateObstacle obstacle) Obstruct(obstacle.Errno, $"{current}", obstacle.Reason);
            else Obstruct(Errno.ENOSYS, $"{value}", $"is a {value.GetType().Name}, the {name} of {current} ({current?.StateKind}), and no image carries one yet");
        }
        fields.Reference(NameOf(name), number);
        return value;
    }

    /// <inheritdoc/>
    public override int BeginList(string name, int count, int most)
    {
        fields.BeginList(NameOf(name), count);
        structures.Push(-1);
        return count;
    }

    /// <inheritdoc/>
    public override void Item()
    {
        if (structures.Pop() is var start and >= 0) fields.EndCount(start);
        structures.Push(fields.BeginCount());
    }

    /// <inheritdoc/>
    public override void EndList()
    {
        if (structures.Pop() is var start and >= 0) fields.EndCount(start);
    }

    /// <inheritdoc/>
    public override bool BeginStructure(string name, bool isThere)
    {
        if (!isThere)
        {
            fields.None(NameOf(name));
            return false;
        }
        fields.BeginStructure(NameOf(name));
        structures.Push(fields.BeginCount());
        return true;
    }

    /// <inheritdoc/>
    public override void EndStructure() => fields.EndCount(structures.Pop());

    /// <inheritdoc/>
    public override void Pages(string name, IStatePages pages)
    {
        if (pages is AddressSpace space)
        {
            var found = space.Capture(collector);
            fields.Pages(NameOf(name), Array.ConvertAll(found, static run => new PageRun(run.First, run.Count, run.Number, run.State)));
            return;
        }
        var runs = new List<PageRun>();
        collector.Expect(pages.PageCount);
        PageRun run = default;
        pages.Give((index, address, state) =>
        {
            uint number = (uint)collector.Add(address);
            if (run.Count > 0 && index == run.First + run.Count && number == run.Page + run.Count && state == run.State)
            {
                run = run with { Count = run.Count + 1 };
                return;
            }
            if (run.Count > 0) runs.Add(run);
            run = new PageRun(index, 1, number, state);
        });
        if (run.Count > 0) runs.Add(run);
        fields.Pages(NameOf(name), runs);
    }

    /// <inheritdoc/>
    public override Exception Broken(string rule) => new InvalidOperationException($"{current}: {rule}");

    /// <inheritdoc/>
    public override void Later(int rank, Action action) => throw new InvalidOperationException("only when reading");

    ushort NameOf(string name)
    {
        // Names are literals: the same name is the same string, nearly always.
        ref var slot = ref recent[(name.Length * 37 + name[0] + name[^1] * 11) & (recent.Length - 1)];
        if (ReferenceEquals(slot.Name, name)) return slot.Index;
        if (!nameIndex.TryGetValue(name, out ushort index))
        {
            index = checked((ushort)names.Count);
            names.Add(name);
            nameIndex.Add(name, index);
        }
        slot = (name, index);
        return index;
    }
}
