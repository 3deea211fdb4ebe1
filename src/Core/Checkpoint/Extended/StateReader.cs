using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Makes a machine's objects from an image: first each object, with what its constructor needs, then the fields of each, then what has to wait until all are filled.</summary>
internal sealed class StateReader : StateVisitor
{
    /// <summary>Objects whose making needs another one's: never more in real images than a file needs its name, that its inode, that its file system.</summary>
    const int MostDepth = 8;

    readonly ExtendedImage image;
    readonly Dictionary<string, ushort> names = new(StringComparer.Ordinal);
    readonly Dictionary<uint, object> made = [];
    readonly Stack<Level> levels = new();
    readonly List<(int Rank, int Order, Action Action)> later = [];
    readonly ImageFrames frames;
    readonly nint[] batch = new nint[512];
    ExtendedObject current = null!;
    int depth;
    /// <summary>A page belongs to several objects.</summary>
    bool isSharing;

    /// <summary>Fields of an object or a structure of it.</summary>
    sealed class Level
    {
        public ScannedField[] Fields = [];
        public int Next;
        /// <summary>Of a list: where its next structure begins, and how many are left.</summary>
        public int ListAt, ListEnd, Left = -1;
    }

    /// <param name="image">A valid image.</param>
    /// <param name="machine">A new machine to fill.</param>
    /// <param name="frames">Where it gets the image's pages.</param>
    public StateReader(ExtendedImage image, Machine machine, ImageFrames frames)
    {
        this.image = image;
        this.frames = frames;
        Machine = machine;
        for (int i = 0; i < image.Names.Count; i++) names.TryAdd(image.Names[i], (ushort)i);
    }

    /// <summary>The machine that is filled.</summary>
    public Machine Machine { get; }

    /// <inheritdoc/>
    public override bool IsReading => true;

    /// <summary>Makes and fills all objects. On the machine's thread.</summary>
    /// <exception cref="CheckpointImageException">An object breaks a rule.</exception>
    /// <exception cref="RestoreException">Something cannot be had here.</exception>
    public void Read()
    {
        foreach (var one in image.Objects) Make(one);
        foreach (var one in image.Objects)
        {
            Begin(one);
            ((IStateObject)made[one.Number]).Visit(this);
            levels.Clear();
        }
        foreach (var (_, _, action) in later.OrderBy(static entry => entry.Rank).ThenBy(static entry => entry.Order)) action();
        if (isSharing) foreach (var space in All<AddressSpace>()) space.MayShare = true;
    }

    /// <summary>All objects of a type.</summary>
    public IEnumerable<T> All<T>() => image.Objects.Select(one => made[one.Number]).OfType<T>();

    object Make(ExtendedObject one)
    {
        if (made.TryGetValue(one.Number, out var there)) return there;
        var (outer, outerLevels, outerDepth) = (current, levels.ToArray(), depth);
        if (++depth > MostDepth) throw new CheckpointImageException((RecordType)ExtendedRecord.Object, one.Offset, "objects that need each other to be made do so in no circle and not deep");
        Begin(one);
        var result = StateKinds.Find(one.Kind)?.Invoke(this) ?? throw Broken($"its kind is known, {one.Kind} is not");
        levels.Clear();
        for (int i = outerLevels.Length - 1; i >= 0; i--) levels.Push(outerLevels[i]);
        (current, depth) = (outer, outerDepth);
        made.Add(one.Number, result);
        return result;
    }

    void Begin(ExtendedObject one)
    {
        current = one;
        levels.Clear();
        levels.Push(Scan(0, one.Bytes.Length));
    }

    Level Scan(int start, int end)
    {
        var found = new List<ScannedField>();
        var scanner = new FieldScanner(current.Bytes.Span, start, end);
        while (scanner.Next(out var field)) found.Add(field);
        return new Level { Fields = [.. found], ListEnd = end };
    }

    bool TryFind(string name, out ScannedField field)
    {
        field = default;
        if (!names.TryGetValue(name, out ushort index)) return false;
        var level = levels.Peek();
        for (int i = 0; i < level.Fields.Length; i++)
        {
            int at = level.Next + i;
            if (at >= level.Fields.Length) at -= level.Fields.Length;
            if (level.Fields[at].Name != index) continue;
            field = level.Fields[at];
            level.Next = at + 1;
            return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public override long Number(string name, long value, long least = long.MinValue, long most = long.MaxValue)
    {
        if (!TryFind(name, out var field)) return value;
        Require(field.Tag is >= FieldTag.U8 and <= FieldTag.S64, $"{name} is a number");
        ulong word = FieldScanner.NumberOf(current.Bytes.Span, field);
        Require(field.Tag == FieldTag.S64 || word <= long.MaxValue, $"{name} has at most 63 bits");
        long read = (long)word;
        if (read < least || read > most) throw Broken($"{name} lies between {least} and {most}, {read} does not");
        return read;
    }

    /// <inheritdoc/>
    public override ulong Word(string name, ulong value)
    {
        if (!TryFind(name, out var field)) return value;
        Require(field.Tag is >= FieldTag.U8 and <= FieldTag.U64, $"{name} is a number");
        return FieldScanner.NumberOf(current.Bytes.Span, field);
    }

    /// <inheritdoc/>
    public override byte[]? Bytes(string name, byte[]? value, int most)
    {
        if (!TryFind(name, out var field)) return value;
        if (field.Tag == FieldTag.None) return null;
        Require(field.Tag == FieldTag.Bytes, $"{name} is bytes");
        Require(field.Count <= most, $"{name} has at most {most} bytes");
        return current.Bytes.Slice(field.Start, field.Count).ToArray();
    }

    /// <inheritdoc/>
    public override string? Text(string name, string? value, int most = 4096)
    {
        if (!TryFind(name, out var field)) return value;
        if (field.Tag == FieldTag.None) return null;
        Require(field.Tag == FieldTag.Text, $"{name} is a text");
        Require(field.Count <= most, $"{name} has at most {most} bytes");
        var bytes = current.Bytes.Span.Slice(field.Start, field.Count);
        Require(bytes.IndexOf((byte)0) < 0, $"{name} has no NUL in it");
        return GuestText.FromBytes(bytes);
    }

    /// <inheritdoc/>
    public override object? Reference(string name, object? value)
    {
        if (!TryFind(name, out var field)) return value;
        if (field.Tag == FieldTag.None) return null;
        Require(field.Tag == FieldTag.Reference, $"{name} is a reference");
        uint number = (uint)FieldScanner.NumberOf(current.Bytes.Span, field);
        return made.TryGetValue(number, out var there) ? there : Make(image.Find(number)!);
    }

    /// <inheritdoc/>
    public override int BeginList(string name, int count, int most)
    {
        if (!TryFind(name, out var field) || field.Tag == FieldTag.None)
        {
            levels.Push(new Level { Left = 0 });
            return 0;
        }
        Require(field.Tag == FieldTag.List, $"{name} is a list");
        Require(field.Count <= most, $"{name} has at most {most} entries");
        levels.Push(new Level { ListAt = field.Start, ListEnd = levels.Peek().ListEnd, Left = field.Count });
        return field.Count;
    }

    /// <inheritdoc/>
    public override void Item()
    {
        if (levels.Peek().Left < 0) levels.Pop();
        var list = levels.Peek();
        if (list.Left-- == 0) throw Broken("a list has all of its entries");
        var scanner = new FieldScanner(current.Bytes.Span, list.ListAt, list.ListEnd);
        var (start, end) = scanner.SkipStructure();
        list.ListAt = scanner.Position;
        levels.Push(Scan(start, end));
    }

    /// <inheritdoc/>
    public override void EndList()
    {
        if (levels.Peek().Left < 0) levels.Pop();
        levels.Pop();
    }

    /// <inheritdoc/>
    public override bool BeginStructure(string name, bool isThere)
    {
        if (!TryFind(name, out var field) || field.Tag == FieldTag.None) return false;
        Require(field.Tag == FieldTag.Structure, $"{name} is a structure");
        levels.Push(Scan(field.Start, field.Start + field.Count));
        return true;
    }

    /// <inheritdoc/>
    public override void EndStructure() => levels.Pop();

    /// <inheritdoc/>
    public override void Pages(string name, IStatePages pages)
    {
        if (!TryFind(name, out var field)) return;
        Require(field.Tag == FieldTag.Pages, $"{name} is pages");
        for (int i = 0; i < field.Count; i++)
        {
            var run = FieldScanner.RunAt(current.Bytes.Span, field, i);
            Span<nint> some = batch;
            for (uint done = 0; done < run.Count; done += (uint)some.Length)
            {
                some = batch.AsSpan(0, (int)Math.Min(run.Count - done, (uint)batch.Length));
                frames.Take((int)(run.Page + done), some, out bool wasThere);
                isSharing |= wasThere;
                int taken = pages is AddressSpace space ? space.Accept(run.First + done, run.State, some) : Accept(pages, run, done, some);
                if (taken == some.Length) continue;
                FrameStore.Release(some[taken..]);
                throw Broken($"{name} lie where there can be pages, page {run.First + done + (uint)taken} does not");
            }
        }
    }

    int Accept(IStatePages pages, in PageRun run, uint done, ReadOnlySpan<nint> some)
    {
        for (int i = 0; i < some.Length; i++)
        {
            uint at = done + (uint)i;
            if (!pages.Accept(run.First + at, run.State, some[i])) return i;
            frames.GiveUp((int)(run.Page + at));
        }
        return some.Length;
    }

    /// <inheritdoc/>
    public override Exception Broken(string rule) => new CheckpointImageException((RecordType)ExtendedRecord.Object, current.Offset, $"of {current.Kind} {current.Number}, {rule}");

    /// <inheritdoc/>
    public override void Later(int rank, Action action)
    {
        var owner = current;
        later.Add((rank, later.Count, () =>
        {
            current = owner;
            action();
        }
        ));
    }
}
