using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Images with one field changed, whatever that means for the rest.</summary>
internal static class ImageEditor
{
    /// <summary>An image in which the first field at a path of an object of a kind has another number. The pages stay the original's.</summary>
    /// <param name="image">The original.</param>
    /// <param name="one">The object.</param>
    /// <param name="path">Names with dots; a list's name ends in [].</param>
    /// <param name="change">Gets the value and gives the one it shall have; null leaves the field as it is.</param>
    /// <returns>Null when there is no such field that changes.</returns>
    public static ExtendedImage? Change(ExtendedImage image, ExtendedObject one, string path, Func<object?, object?> change)
    {
        bool isDone = false;
        var writer = new FieldWriter();
        Write(image, writer, one.Fields, "", path, value =>
        {
            if (isDone || change(value) is not { } changed) return value;
            isDone = true;
            return changed;
        });
        if (!isDone) return null;
        byte[] bytes = writer.Written.ToArray();
        var objects = image.Objects.Select(old => new ExtendedObject { Number = old.Number, Kind = old.Kind, Bytes = ReferenceEquals(old, one) ? bytes : old.Bytes });
        return new ExtendedImage(image.Names, [.. objects], new BorrowedPages(image.Pages)) { Head = image.Head };
    }

    static void Write(ExtendedImage image, FieldWriter writer, IReadOnlyList<ExtendedField> fields, string above, string path, Func<object?, object?> change)
    {
        foreach (var field in fields)
        {
            ushort name = (ushort)image.Names.ToList().IndexOf(field.Name);
            string here = above + field.Name;
            switch (here == path ? change(field.Value) : field.Value)
            {
                case null: writer.None(name); break;
                case ulong number: writer.Word(name, number); break;
                case long number: writer.Number(name, number); break;
                case byte[] bytes: writer.Bytes(name, FieldTag.Bytes, bytes); break;
                case string text: writer.Bytes(name, FieldTag.Text, System.Text.Encoding.UTF8.GetBytes(text)); break;
                case ExtendedObject other: writer.Reference(name, other.Number); break;
                case PageRun[] runs: writer.Pages(name, runs); break;
                case IReadOnlyList<ExtendedField> structure:
                    writer.BeginStructure(name);
                    int start = writer.BeginCount();
                    Write(image, writer, structure, here + ".", path, change);
                    writer.EndCount(start);
                    break;
                case IReadOnlyList<IReadOnlyList<ExtendedField>> list:
                    writer.BeginList(name, list.Count);
                    foreach (var item in list)
                    {
                        int at = writer.BeginCount();
                        Write(image, writer, item, here + "[].", path, change);
                        writer.EndCount(at);
                    }
                    break;
                default: throw new InvalidOperationException($"{here} has a value of no known kind");
            }
        }
    }

    /// <summary>What an image is in a file.</summary>
    public static byte[] Bytes(ExtendedImage image)
    {
        using var stream = new MemoryStream();
        ExtendedWriter.Write(image, stream);
        return stream.ToArray();
    }
}

/// <summary>Pages that another image owns.</summary>
internal sealed class BorrowedPages(ImagePages pages) : ImagePages
{
    public override int Count => pages.Count;

    public override void CopyTo(int page, Span<byte> destination) => pages.CopyTo(page, destination);

    protected override void Dispose(bool disposing)
    {
    }
}
