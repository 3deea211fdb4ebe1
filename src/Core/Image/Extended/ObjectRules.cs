using System.Buffers.Binary;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>What holds of an object's bytes whatever its kind: fields that end where the object ends, names and objects that exist, pages that are in the image.</summary>
/// <param name="names">Names of the image.</param>
/// <param name="pages">Pages of the image.</param>
/// <param name="isObject">Whether there is an object of a number.</param>
internal sealed class ObjectRules(int names, long pages, Func<uint, bool> isObject)
{
    /// <summary>Structures within structures.</summary>
    const int MostDepth = 8;

    /// <summary>By depth and name, in which structure the name stood last.</summary>
    readonly int[]?[] seen = new int[MostDepth + 1][];
    int structures;

    /// <exception cref="CheckpointImageException">A rule is broken; the offset is that of the object's first record.</exception>
    public void Check(ReadOnlySpan<byte> bytes, in RecordRules rules)
    {
        int at = 0;
        CheckFields(bytes, ref at, bytes.Length, 0, rules);
    }

    void CheckFields(ReadOnlySpan<byte> bytes, ref int at, int end, int depth, in RecordRules rules)
    {
        rules.Require(depth <= MostDepth, "structures lie in each other at most eight deep");
        var here = seen[depth] ??= new int[names];
        int structure = ++structures;
        while (at < end)
        {
            rules.Require(end - at >= 3, "a field has a name and a tag");
            ushort name = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            rules.Require(name < names, "a field's name is one of the image's names", name);
            rules.Require(here[name] != structure, "a field's name stands once in its structure", name);
            here[name] = structure;
            var tag = (FieldTag)bytes[at + 2];
            at += 3;
            switch (tag)
            {
                case FieldTag.None: break;
                case FieldTag.U8: Skip(1, ref at, end, rules); break;
                case FieldTag.U16: Skip(2, ref at, end, rules); break;
                case FieldTag.U32: Skip(4, ref at, end, rules); break;
                case FieldTag.U64 or FieldTag.S64: Skip(8, ref at, end, rules); break;
                case FieldTag.Reference:
                    uint number = Count(bytes, ref at, end, rules);
                    rules.Require(isObject(number), "a reference leads to an object of the image", number);
                    break;
                case FieldTag.Bytes or FieldTag.Text:
                    Skip(Count(bytes, ref at, end, rules), ref at, end, rules);
                    break;
                case FieldTag.Structure:
                    CheckStructure(bytes, ref at, end, depth, rules);
                    break;
                case FieldTag.List:
                    for (uint left = Count(bytes, ref at, end, rules); left > 0; left--) CheckStructure(bytes, ref at, end, depth, rules);
                    break;
                case FieldTag.Pages:
                    CheckPages(bytes, ref at, end, rules);
                    break;
                default:
                    throw rules.Broken("a field has a known tag", found: $"{(byte)tag}");
            }
        }
    }

    void CheckStructure(ReadOnlySpan<byte> bytes, ref int at, int end, int depth, in RecordRules rules)
    {
        uint length = Count(bytes, ref at, end, rules);
        rules.Require(length <= end - at, "a structure ends within its object", length);
        CheckFields(bytes, ref at, at + (int)length, depth + 1, rules);
    }

    void CheckPages(ReadOnlySpan<byte> bytes, ref int at, int end, in RecordRules rules)
    {
        uint count = Count(bytes, ref at, end, rules);
        rules.Require(count <= (end - at) / 16, "runs of pages end within their object", count);
        long next = 0;
        for (; count > 0; count--, at += 16)
        {
            var run = FieldScanner.RunAt(bytes, new ScannedField(0, FieldTag.Pages, at, 1), 0);
            rules.Require(run.Count > 0 && run.First >= next, "runs of pages ascend and none is empty", run.First)
                 .Require((long)run.First + run.Count <= 1L << 32, "pages of an object have numbers of 32 bits", run.First)
                 .Require((long)run.Page + run.Count <= pages, "pages of an object are pages of the image", run.Page);
            next = (long)run.First + run.Count;
        }
    }

    static uint Count(ReadOnlySpan<byte> bytes, ref int at, int end, in RecordRules rules)
    {
        rules.Require(end - at >= 4, "a field ends within its object");
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        at += 4;
        return count;
    }

    static void Skip(uint count, ref int at, int end, in RecordRules rules)
    {
        rules.Require(count <= end - at, "a field ends within its object", count);
        at += (int)count;
    }
}
