namespace CheckpointRestart.Core.Roots;

/// <summary>A version of a Debian package, ordered as deb-version(7) says.</summary>
internal static class DebianVersion
{
    public static int Compare(string first, string second)
    {
        var (epoch, upstream, revision) = Parts(first);
        var (otherEpoch, otherUpstream, otherRevision) = Parts(second);
        int order = epoch.CompareTo(otherEpoch);
        if (order == 0) order = CompareText(upstream, otherUpstream);
        return order != 0 ? order : CompareText(revision, otherRevision);
    }

    /// <summary>A relation as in a dependency: &lt;&lt; &lt;= = &gt;= &gt;&gt;.</summary>
    public static bool Holds(string version, string relation, string wanted)
    {
        int order = Compare(version, wanted);
        return relation switch
        {
            "<<" => order < 0,
            "<=" or "<" => order <= 0,
            "=" => order == 0,
            ">=" or ">" => order >= 0,
            ">>" => order > 0,
            _ => false,
        };
    }

    static (long Epoch, string Upstream, string Revision) Parts(string version)
    {
        int colon = version.IndexOf(':', StringComparison.Ordinal);
        long epoch = colon > 0 && long.TryParse(version.AsSpan(0, colon), System.Globalization.NumberStyles.None, null, out long number) ? number : 0;
        string rest = version[(colon + 1)..];
        int dash = rest.LastIndexOf('-');
        return dash < 0 ? (epoch, rest, "") : (epoch, rest[..dash], rest[(dash + 1)..]);
    }

    static int CompareText(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (a.Length > 0 || b.Length > 0)
        {
            while ((a.Length > 0 && !char.IsAsciiDigit(a[0])) || (b.Length > 0 && !char.IsAsciiDigit(b[0])))
            {
                int difference = Weight(a) - Weight(b);
                if (difference != 0) return difference;
                a = a.Length > 0 ? a[1..] : a;
                b = b.Length > 0 ? b[1..] : b;
            }
            var number = Digits(ref a);
            var other = Digits(ref b);
            int order = number.Length != other.Length ? number.Length - other.Length : number.SequenceCompareTo(other);
            if (order != 0) return order;
        }
        return 0;
    }

    static int Weight(ReadOnlySpan<char> text) =>
        text.IsEmpty || char.IsAsciiDigit(text[0]) ? 0 : text[0] == '~' ? -1 : char.IsAsciiLetter(text[0]) ? text[0] : text[0] + 256;

    static ReadOnlySpan<char> Digits(ref ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length])) length++;
        var digits = text[..length].TrimStart('0');
        text = text[length..];
        return digits;
    }
}
