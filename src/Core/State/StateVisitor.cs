namespace CheckpointRestart.Core.State;

/// <summary>Goes through the fields of objects, to write them down or to fill them. A field has a name, so that an image says itself what it holds,
/// and an image without a field leaves it as it is.</summary>
/// <remarks>Each method gets the value that the field has and gives the one that it shall have: the same when writing.</remarks>
internal abstract class StateVisitor
{
    /// <summary>True when objects are filled from an image.</summary>
    public abstract bool IsReading { get; }

    /// <summary>A number.</summary>
    /// <param name="name">Letters, digits and hyphens.</param>
    /// <param name="value">What it is now.</param>
    /// <param name="least">Less breaks a rule when reading.</param>
    /// <param name="most">More breaks a rule when reading.</param>
    public abstract long Number(string name, long value, long least = long.MinValue, long most = long.MaxValue);

    /// <summary>64 bits.</summary>
    public abstract ulong Word(string name, ulong value);

    /// <summary>Bytes, at most so many.</summary>
    public abstract byte[]? Bytes(string name, byte[]? value, int most);

    /// <summary>A guest's text.</summary>
    public abstract string? Text(string name, string? value, int most = 4096);

    /// <summary>Another object, by reference.</summary>
    public abstract object? Reference(string name, object? value);

    /// <summary>Begins a list of structures: <see cref="Item"/> begins each, <see cref="EndList"/> ends it.</summary>
    /// <returns>How many there are.</returns>
    public abstract int BeginList(string name, int count, int most);

    /// <summary>Begins the next structure of the list.</summary>
    public abstract void Item();

    /// <summary>Ends the list.</summary>
    public abstract void EndList();

    /// <summary>Begins a structure that may be absent.</summary>
    /// <returns>True when it is there: then <see cref="EndStructure"/> follows.</returns>
    public abstract bool BeginStructure(string name, bool isThere);

    /// <summary>Ends a structure.</summary>
    public abstract void EndStructure();

    /// <summary>Pages.</summary>
    public abstract void Pages(string name, IStatePages pages);

    /// <summary>The rule that a value breaks.</summary>
    public abstract Exception Broken(string rule);

    /// <summary>Reading: has something done when every object is filled, in the order of its rank and then as it was asked for.</summary>
    public abstract void Later(int rank, Action action);

    /// <summary>Reading: makes sure of a rule.</summary>
    public void Require(bool condition, string rule)
    {
        if (!condition) throw Broken(rule);
    }

    /// <summary>A number of 32 bits with a sign.</summary>
    public int Int(string name, int value, int least = int.MinValue, int most = int.MaxValue) => (int)Number(name, value, least, most);

    /// <summary>A number of 32 bits without one.</summary>
    public uint Uint(string name, uint value, uint most = uint.MaxValue) => (uint)Number(name, value, 0, most);

    /// <summary>Yes or no.</summary>
    public bool Flag(string name, bool value) => Number(name, value ? 1 : 0, 0, 1) != 0;

    /// <summary>One of an enumeration's values, or several of its flags.</summary>
    public T Enum<T>(string name, T value) where T : struct, Enum
    {
        long number = Number(name, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
        if (!IsReading) return value;
        var read = (T)System.Enum.ToObject(typeof(T), number);
        Require(Convert.ToInt64(read, System.Globalization.CultureInfo.InvariantCulture) == number, $"{name} fits its kind of number");
        Require(typeof(T).IsDefined(typeof(FlagsAttribute), false) || System.Enum.IsDefined(read), $"{name} has one of its values");
        return read;
    }

    /// <summary>Another object that may be absent.</summary>
    public T? Ref<T>(string name, T? value) where T : class
    {
        object? found = Reference(name, value);
        if (found is null or T) return (T?)found;
        throw Broken($"{name} is a {typeof(T).Name}");
    }

    /// <summary>Another object that must be there.</summary>
    public T Need<T>(string name, T? value) where T : class => Ref(name, value) ?? throw Broken($"{name} is there");

    /// <summary>A list of other objects.</summary>
    /// <returns>The objects, when reading.</returns>
    public IReadOnlyList<T> Refs<T>(string name, IReadOnlyCollection<T> values, int most) where T : class
    {
        int count = BeginList(name, values.Count, most);
        if (IsReading)
        {
            var read = new List<T>(Math.Min(count, 1 << 16));
            for (int i = 0; i < count; i++)
            {
                Item();
                read.Add(Need<T>("object", null));
            }
            EndList();
            return read;
        }
        foreach (var value in values)
        {
            Item();
            Need("object", value);
        }
        EndList();
        return values as IReadOnlyList<T> ?? [.. values];
    }

    /// <summary>A list of structures.</summary>
    /// <param name="name">The list's name.</param>
    /// <param name="values">What is in it when writing.</param>
    /// <param name="most">The most there may be.</param>
    /// <param name="visit">Names the fields of one; gets the default value when reading, and gives what was read.</param>
    /// <returns>What was read, or <paramref name="values"/>.</returns>
    public IReadOnlyList<T> List<T>(string name, IReadOnlyCollection<T> values, int most, Func<StateVisitor, T?, T> visit)
    {
        int count = BeginList(name, values.Count, most);
        if (IsReading)
        {
            var read = new List<T>(Math.Min(count, 1 << 16));
            for (int i = 0; i < count; i++)
            {
                Item();
                read.Add(visit(this, default));
            }
            EndList();
            return read;
        }
        foreach (var value in values)
        {
            Item();
            visit(this, value);
        }
        EndList();
        return values as IReadOnlyList<T> ?? [.. values];
    }
}
