namespace CheckpointRestart.Mutate;

/// <summary>Changes that no program can tell from the original, with the reason: equivalent.tsv, a change a line. A file, a member, the old text, the new one,
/// a part of the source's line, and the reason, with tabs between.</summary>
internal sealed class Equivalents
{
    readonly List<string[]> rows;

    internal Equivalents(string path)
    {
        rows = [.. File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('\t'))];
        if (rows.Find(row => row.Length != 6) is { } bad) throw new InvalidDataException($"{path}: six columns are needed: {string.Join(' ', bad)}");
    }

    /// <summary>Why a change means nothing; null when it should mean something.</summary>
    internal string? Reason(Mutation mutation) => rows.Find(row => mutation.Member.File.Replace('\\', '/').EndsWith("/" + row[0], StringComparison.Ordinal) && mutation.Member.Name == row[1]
        && mutation.Old.Trim() == row[2] && mutation.New.Trim() == row[3] && mutation.Text.Contains(row[4], StringComparison.Ordinal))?[5];
}
