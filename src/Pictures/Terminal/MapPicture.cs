using System.Globalization;
using CheckpointRestart.Core.Checkpoint.Surveying;
using Spectre.Console;

namespace CheckpointRestart.Pictures.Terminal;

/// <summary>A map of an address space for a terminal: each region with its pages, all on one scale.</summary>
public static class MapPicture
{
    /// <summary>Columns that are needed at least.</summary>
    public const int LeastWidth = 40;

    /// <summary>Lines that the pages of one region take, at most.</summary>
    const int MostLines = 6;

    const int AddressWidth = 8, PermissionWidth = 4, SizeWidth = 8, Gaps = 4;

    static readonly PageCondition[] InOrder = [PageCondition.Dirty, PageCondition.Stored, PageCondition.Shared, PageCondition.Clean, PageCondition.Zero, PageCondition.Absent];

    /// <summary>Draws it.</summary>
    /// <param name="title">What it is of.</param>
    /// <param name="map">The regions and their pages.</param>
    /// <param name="width">Columns, from <see cref="LeastWidth"/> on.</param>
    /// <param name="withColor">Writes escape sequences for colours; the signs tell the same without.</param>
    /// <param name="asciiOnly">Uses no sign beyond ASCII.</param>
    /// <returns>Its lines, none of them longer than the width.</returns>
    public static IReadOnlyList<string> Draw(string title, MemoryMap map, int width, bool withColor, bool asciiOnly = false)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, LeastWidth);
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = withColor ? AnsiSupport.Yes : AnsiSupport.No,
            // The sixteen colours that the user's terminal has chosen.
            ColorSystem = withColor ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = !asciiOnly;
        var style = new CellStyle(asciiOnly);
        int names = Math.Clamp(map.Regions.Max(static region => (int?)Words.Printable(region.Name).Length) ?? 0, 1, width / 3);
        int cells = width - AddressWidth - PermissionWidth - SizeWidth - names - Gaps;
        int grain = GrainOf(map, cells);
        string separator = asciiOnly ? " - " : " · ";
        console.Write(new Paragraph()
            .Append(Fit(Words.Printable(title), width, asciiOnly), new Style(decoration: Decoration.Bold)));
        console.WriteLine();
        console.Write(new Paragraph(Fit(string.Join(separator, Plural(map.Regions.Count, "region"), $"{Size(map.Regions.Sum(static region => (long)region.End - region.Start))} mapped", $"a sign is {Size(grain * 4096L)}"), width, asciiOnly), CellStyle.Soft));
        console.WriteLine();
        console.Write(Table(map, style, cells, names, grain, asciiOnly));
        console.Write(Legend(map, style));
        console.WriteLine();
        return [.. writer.ToString().TrimEnd('\n').Split('\n').Select(static line => line.TrimEnd(' '))];
    }

    static Table Table(MemoryMap map, CellStyle style, int cells, int names, int grain, bool asciiOnly)
    {
        var table = new Table().NoBorder().HideHeaders();
        foreach (int width in (int[])[AddressWidth, PermissionWidth, SizeWidth, cells, names])
            table.AddColumn(new TableColumn("") { Width = width, NoWrap = true, Padding = new Padding(0, 0, 0, 0) });
        for (int i = 0; i < 4; i++) table.Columns[i].Padding = new Padding(0, 0, 1, 0);
        foreach (var region in map.Regions)
        {
            var signs = region.Coarse(grain).Pages.Chunk(cells).ToArray();
            for (int line = 0; line < signs.Length; line++)
            {
                bool isFirst = line == 0;
                table.AddRow(
                    new Text(isFirst ? region.Start.ToString("x8", CultureInfo.InvariantCulture) : "", CellStyle.Plain),
                    new Text(isFirst ? region.Permissions : "", CellStyle.Of(region)),
                    new Text(isFirst ? Size(region.End - region.Start).PadLeft(SizeWidth) : "", CellStyle.Plain),
                    style.Paint(signs[line]),
                    new Text(isFirst ? Fit(Words.Printable(region.Name), names, asciiOnly) : "", CellStyle.Plain));
            }
        }
        return table;
    }

    static Paragraph Legend(MemoryMap map, CellStyle style)
    {
        var counts = map.Regions.SelectMany(static region => region.Pages).CountBy(static page => page).ToDictionary();
        var legend = new Paragraph();
        foreach (var condition in InOrder.Where(counts.ContainsKey))
            legend.Append(style.SignOf(condition).ToString(), CellStyle.StyleOf(condition)).Append($" {counts[condition].ToString("n0", CultureInfo.InvariantCulture)} {WordsOf(condition)}  ", CellStyle.Plain);
        return legend;
    }

    static string WordsOf(PageCondition condition) => condition switch
    {
        PageCondition.Dirty => "written",
        PageCondition.Stored => "in the image",
        PageCondition.Shared => "shared",
        PageCondition.Clean => "not written",
        PageCondition.Zero => "zero",
        _ => "absent",
    };

    /// <summary>Pages of a sign: a power of two, so that no region takes more lines than it may.</summary>
    static int GrainOf(MemoryMap map, int cells)
    {
        int grain = 1;
        while (map.Regions.Any(region => region.Pages.Count > (long)cells * MostLines * grain)) grain *= 2;
        return grain;
    }

    /// <summary>The end of a text that is too long: of a path it tells the most.</summary>
    static string Fit(string text, int width, bool asciiOnly)
    {
        string mark = asciiOnly ? "..." : "…";
        return text.Length <= width ? text : mark + text[^(width - mark.Length)..];
    }

    static string Plural(int count, string one) => count == 1 ? $"1 {one}" : $"{count.ToString("n0", CultureInfo.InvariantCulture)} {one}s";

    static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => Scaled(bytes, 1L << 30, "GiB"),
        >= 1L << 20 => Scaled(bytes, 1L << 20, "MiB"),
        _ => Scaled(bytes, 1L << 10, "KiB"),
    };

    static string Scaled(long bytes, long unit, string name) => ((double)bytes / unit).ToString(bytes % unit == 0 || bytes >= 100 * unit ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + name;
}
