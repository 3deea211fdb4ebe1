using System.Collections.Specialized;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.PS.Objects;

/// <summary>An object of an Extended image as it stands there. Each field is a property of its own too, and a reference leads to the object itself.</summary>
public sealed class CrObject
{
    static readonly ConditionalWeakTable<ExtendedObject, CrObject> Known = [];
    readonly ExtendedObject item;
    OrderedDictionary? fields;

    CrObject(ExtendedObject item, string source) => (this.item, Source) = (item, source);

    /// <summary>Its number, which references have.</summary>
    public uint Number => item.Number;

    /// <summary>What it is, such as task or pipe.</summary>
    public string Kind => item.Kind;

    /// <summary>Byte offset of its first record; 0 in memory.</summary>
    public long Offset => item.Offset;

    /// <summary>Bytes that its fields take.</summary>
    public int Length => item.Bytes.Length;

    /// <summary>The fields by the image's names.</summary>
    public OrderedDictionary Fields => fields ??= Dictionary(item.Fields);

    /// <summary>The objects that it refers to, each once.</summary>
    public IReadOnlyList<CrObject> References
    {
        get
        {
            var found = new List<ExtendedObject>();
            Collect(item.Fields, found);
            return found.Distinct().Select(other => Of(other, Source)).ToArray();
        }
    }

    /// <summary>The fields in one line.</summary>
    public string Summary => string.Join(", ", item.Fields.Where(static entry => entry.Value is ulong or long or string or ExtendedObject).Select(static entry => $"{entry.Name}={entry.Value}"));

    /// <summary>The image that it belongs to.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public override string ToString() => item.ToString();

    /// <summary>The one for an object of an image.</summary>
    internal static CrObject Of(ExtendedObject item, string source)
    {
        if (Known.TryGetValue(item, out var known)) return known;
        var made = new CrObject(item, source);
        Known.Add(item, made);
        var properties = PSObject.AsPSObject(made).Properties;
        foreach (var field in item.Fields)
            if (Named(field.Name) is var name && properties[name] == null) properties.Add(new FieldProperty(name, made, field));
        return made;
    }

    OrderedDictionary Dictionary(IReadOnlyList<ExtendedField> list)
    {
        var result = new OrderedDictionary(StringComparer.OrdinalIgnoreCase);
        foreach (var field in list) result[field.Name] = Convert(field.Value);
        return result;
    }

    object? Convert(object? value) => value switch
    {
        ulong number when number <= long.MaxValue => (long)number,
        ExtendedObject other => Of(other, Source),
        IReadOnlyList<ExtendedField> structure => Structure(structure),
        IReadOnlyList<IReadOnlyList<ExtendedField>> list => list.Select(entry => entry is [{ Name: "object" } only] ? Convert(only.Value) : Structure(entry)).ToArray(),
        _ => value,
    };

    PSObject Structure(IReadOnlyList<ExtendedField> list)
    {
        var result = new PSObject();
        foreach (var field in list)
            if (Named(field.Name) is var name && result.Properties[name] == null) result.Properties.Add(new PSNoteProperty(name, Convert(field.Value)));
        return result;
    }

    static void Collect(IReadOnlyList<ExtendedField> list, List<ExtendedObject> found)
    {
        foreach (var field in list)
        {
            if (field.Value is ExtendedObject other) found.Add(other);
            else if (field.Value is IReadOnlyList<ExtendedField> structure) Collect(structure, found);
            else if (field.Value is IReadOnlyList<IReadOnlyList<ExtendedField>> entries)
                foreach (var entry in entries) Collect(entry, found);
        }
    }

    /// <summary>exit-status is ExitStatus.</summary>
    static string Named(string name) => string.Concat(name.Split('-').Select(static word => word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>Decoded when it is asked for: objects refer to each other in circles.</summary>
    sealed class FieldProperty(string name, CrObject owner, ExtendedField content) : PSNoteProperty(name, null)
    {
        public override object Value
        {
            get => owner.Convert(content.Value)!;
            set => throw new SetValueException("an image does not change");
        }

        public override PSMemberInfo Copy() => new FieldProperty(Name, owner, content);
    }
}
