using System.Buffers.Binary;

namespace CheckpointRestart.PS.Objects;

/// <summary>One entry of an auxiliary vector (getauxval(3)).</summary>
public sealed class CrAuxiliaryValue
{
    CrAuxiliaryValue(uint type, uint value) => (Type, Value) = (type, value);

    /// <summary>AT_* as a number.</summary>
    public uint Type { get; }

    /// <summary>Its name, such as AT_PAGESZ; the number where it has none.</summary>
    public string Name => Type switch
    {
        1 => "AT_IGNORE",
        2 => "AT_EXECFD",
        3 => "AT_PHDR",
        4 => "AT_PHENT",
        5 => "AT_PHNUM",
        6 => "AT_PAGESZ",
        7 => "AT_BASE",
        8 => "AT_FLAGS",
        9 => "AT_ENTRY",
        10 => "AT_NOTELF",
        11 => "AT_UID",
        12 => "AT_EUID",
        13 => "AT_GID",
        14 => "AT_EGID",
        15 => "AT_PLATFORM",
        16 => "AT_HWCAP",
        17 => "AT_CLKTCK",
        23 => "AT_SECURE",
        24 => "AT_BASE_PLATFORM",
        25 => "AT_RANDOM",
        26 => "AT_HWCAP2",
        27 => "AT_RSEQ_FEATURE_SIZE",
        28 => "AT_RSEQ_ALIGN",
        31 => "AT_EXECFN",
        32 => "AT_SYSINFO",
        33 => "AT_SYSINFO_EHDR",
        51 => "AT_MINSIGSTKSZ",
        _ => $"AT_{Type}",
    };

    /// <summary>The word.</summary>
    public uint Value { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}=0x{Value:x}";

    internal static CrAuxiliaryValue[] Of(byte[] vector)
    {
        var found = new List<CrAuxiliaryValue>();
        for (int at = 0; at + 8 <= vector.Length; at += 8)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(vector.AsSpan(at));
            if (type == 0) break;
            found.Add(new CrAuxiliaryValue(type, BinaryPrimitives.ReadUInt32LittleEndian(vector.AsSpan(at + 4))));
        }
        return [.. found];
    }
}
