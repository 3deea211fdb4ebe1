using CheckpointRestart.Core;
using CheckpointRestart.Core.Checkpoint.Surveying;
using Spectre.Console;

namespace CheckpointRestart.Pictures.Terminal;

/// <summary>The signs and colours that pages have on a terminal.</summary>
/// <param name="asciiOnly">Uses no sign beyond ASCII.</param>
sealed class CellStyle(bool asciiOnly)
{
    /// <summary>The terminal's own.</summary>
    public static readonly Style Plain = Style.Plain;

    /// <summary>What matters less.</summary>
    public static readonly Style Soft = new(Color.Grey);

    /// <summary>By what may be done in a region: code, data or neither.</summary>
    public static Style Of(MappedRegion region) => (region.Flags & VmFlags.Exec) != 0 ? new Style(Color.Olive) : (region.Flags & VmFlags.Write) != 0 ? new Style(Color.Green) : Soft;

    /// <summary>The sign of a condition: they differ without colours too.</summary>
    public char SignOf(PageCondition condition) => condition switch
    {
        PageCondition.Dirty => asciiOnly ? '#' : '█',
        PageCondition.Stored => asciiOnly ? '@' : '■',
        PageCondition.Shared => asciiOnly ? '%' : '▓',
        PageCondition.Clean => asciiOnly ? '=' : '▒',
        PageCondition.Zero => asciiOnly ? 'o' : '░',
        _ => asciiOnly ? '.' : '·',
    };

    /// <summary>The colour of a condition.</summary>
    public static Style StyleOf(PageCondition condition) => new(condition switch
    {
        PageCondition.Dirty => Color.Red,
        PageCondition.Stored => Color.Blue,
        PageCondition.Shared => Color.Fuchsia,
        PageCondition.Clean => Color.Teal,
        _ => Color.Grey,
    });

    /// <summary>Signs in their colours.</summary>
    public Paragraph Paint(IReadOnlyList<PageCondition> signs)
    {
        var painted = new Paragraph();
        for (int first = 0, next; first < signs.Count; first = next)
        {
            next = first + 1;
            while (next < signs.Count && signs[next] == signs[first]) next++;
            painted.Append(new string(SignOf(signs[first]), next - first), StyleOf(signs[first]));
        }
        return painted;
    }
}
