using System.Text;
using System.Text.RegularExpressions;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>docs/image-format.md says what the code does: its record tables are made from the structs.</summary>
/// <remarks>To bring the page up to date, run the tests with CR_UPDATE_DOCS=1.</remarks>
public class DocumentationTests
{
    private static readonly string s_path = Path.Combine(Root(), "docs", "image-format.md");

    internal static string Text { get; } = File.ReadAllText(s_path);

    [Fact]
    public void TheRecordTablesAreThoseOfTheStructs()
    {
        var marked = new Regex("(?<=<!-- records:[^\n]*-->\n).*?(?=<!-- end of records -->)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        var expected = string.Concat(RecordSchema.All.Select(Table));
        if (Environment.GetEnvironmentVariable("CR_UPDATE_DOCS") == "1") File.WriteAllText(s_path, marked.Replace(Text, _ => expected));
        else Assert.Equal(expected, marked.Match(Text).Value);
    }

    [Fact]
    public void TheExampleIsTheSmallImage()
    {
        var bytes = Samples.Bytes(Samples.Small());
        int start = Text.IndexOf("## A small image, byte by byte", StringComparison.Ordinal);
        string section = Text[start..Text.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
        var lines = Regex.Matches(section, @"^ +(?<offset>\d+)  (?<bytes>([0-9a-f]{2} )+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        Assert.True(lines.Count > 10);
        foreach (Match line in lines)
        {
            var expected = Convert.FromHexString(line.Groups["bytes"].Value.Replace(" ", "", StringComparison.Ordinal));
            Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(bytes, int.Parse(line.Groups["offset"].Value), expected.Length));
        }
    }

    /// <summary>Every rule that a test sees broken is on the page, in the same words.</summary>
    internal static void Mentions(string rule)
    {
        if (rule.StartsWith("a payload has ", StringComparison.Ordinal) || rule.StartsWith("the parent is ", StringComparison.Ordinal) || rule.EndsWith(" record stands here", StringComparison.Ordinal)) return;
        rule = Regex.Replace(rule, "^[efg]s is null", "ds is null", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.Contains($"\"{rule}\"", Text, StringComparison.Ordinal);
    }

    private static string Table(RecordSchema schema)
    {
        var text = new StringBuilder();
        var size = schema.Size == schema.MaxSize ? $"{schema.Size}" : $"{schema.Size} to {schema.MaxSize}";
        text.Append($"### {schema.Name}\nType {(short)schema.Type}, {size} bytes. {schema.Summary}\n\n");
        text.Append($"Parent: {schema.Parent}.");
        if (schema.Then.Length > 0) text.Append($" Then: {schema.Then}.");
        text.Append("\n\n");
        if (schema.Size != schema.MaxSize) return text.ToString();
        text.Append("| offset | type | field | meaning |\n|---|---|---|---|\n");
        var end = 0;
        foreach (var field in schema.Fields)
        {
            Gap(field.Offset);
            text.Append($"| {field.Offset} | {TypeOf(field)} | {field.Name} | {field.Summary} |\n");
            end = field.Offset + field.Size;
        }
        Gap(schema.Size);
        text.Append('\n');
        return text.ToString();

        void Gap(int until)
        {
            if (until == end) return;
            var name = schema.Unused.FirstOrDefault(one => one.Offset == end).Name ?? "padding";
            text.Append($"| {end} | {until - end} bytes | *{name}* | 0 |\n");
        }
    }

    private static string TypeOf(FieldSchema field)
    {
        if (field.Format is FieldFormat.Text) return $"char[{field.Size}]";
        if (field.Format is FieldFormat.Bytes) return $"u8[{field.Size}]";
        var type = field.Type.IsEnum ? Enum.GetUnderlyingType(field.Type) : field.Type;
        var signed = type == typeof(short) || type == typeof(int);
        return $"{(signed ? 's' : 'u')}{field.Size * 8}";
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CheckpointRestart.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
