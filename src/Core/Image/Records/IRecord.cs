namespace CheckpointRestart.Core.Image.Records;

/// <summary>
/// A record with a fixed payload. The struct is its layout; reader, writer, inspector and documentation are all derived
/// from it and its attributes. What lies between its fields is padding: written as zero, ignored when read.
/// </summary>
public interface IRecord
{
    static abstract RecordType Type { get; }

    /// <summary>Checks what the payload alone can tell. Rules that span records are <see cref="ImageRules"/>.</summary>
    void Validate(in RecordRules rules);
}

/// <summary>How a field's value reads best.</summary>
public enum FieldFormat
{
    Decimal, Hexadecimal, Flags, Text, Time, Bytes,
}

/// <summary>Describes a record for inspector and documentation.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class RecordAttribute(string name, string summary) : Attribute
{
    /// <summary>The reference's name, such as CR_HDR_VMA.</summary>
    public string Name { get; } = name;

    public string Summary { get; } = summary;

    /// <summary>What the header's parent holds.</summary>
    public string Parent { get; init; } = "0";

    /// <summary>What follows the payload.</summary>
    public string Then { get; init; } = "";
}

/// <summary>Describes a field for inspector and documentation.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class FieldAttribute(string name, string summary, FieldFormat format = FieldFormat.Decimal) : Attribute
{
    /// <summary>The reference's name, such as vm_start.</summary>
    public string Name { get; } = name;

    public string Summary { get; } = summary;

    public FieldFormat Format { get; } = format;

    /// <summary>The enum that names the value, where the field itself is wider.</summary>
    public Type? As { get; init; }
}

/// <summary>Names bytes that no field covers: the original leaves them undefined, here they are written as zero and ignored.</summary>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
public sealed class UnusedAttribute(int offset, string name) : Attribute
{
    public int Offset { get; } = offset;

    public string Name { get; } = name;
}
