using System.Globalization;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>What tells two images apart, as a text.</summary>
internal static class ImageComparison
{
    /// <returns>Empty when all objects, their fields and their pages are the same.</returns>
    public static string FirstDifference(ExtendedImage left, ExtendedImage right)
    {
        for (int i = 0; i < Math.Min(left.Objects.Count, right.Objects.Count); i++)
        {
            var (one, other) = (left.Objects[i], right.Objects[i]);
            if (one.Kind != other.Kind || one.Number != other.Number) return $"object {i} is {one} here and {other} there";
            if (Difference(one.Fields, other.Fields, left, right) is { } text) return $"{one}: {text}";
        }
        return left.Objects.Count == right.Objects.Count ? "" : $"{left.Objects.Count} objects here and {right.Objects.Count} there";
    }

    static string? Difference(IReadOnlyList<ExtendedField> left, IReadOnlyList<ExtendedField> right, ExtendedImage leftImage, ExtendedImage rightImage)
    {
        if (left.Count != right.Count) return $"{left.Count} fields here and {right.Count} there: {string.Join(' ', left.Select(f => f.Name).Except(right.Select(f => f.Name)))}";
        for (int i = 0; i < left.Count; i++)
        {
            var (one, other) = (left[i], right[i]);
            if (one.Name != other.Name) return $"{one.Name} here, {other.Name} there";
            if (Difference(one.Value, other.Value, leftImage, rightImage) is { } text) return $"{one.Name}: {text}";
        }
        return null;
    }

    static string? Difference(object? left, object? right, ExtendedImage leftImage, ExtendedImage rightImage)
    {
        switch (left, right)
        {
            case (null, null): return null;
            case (byte[] one, byte[] other): return one.AsSpan().SequenceEqual(other) ? null : $"{Convert.ToHexString(one)} here, {Convert.ToHexString(other)} there";
            case (ExtendedObject one, ExtendedObject other): return one.Number == other.Number ? null : $"{one} here, {other} there";
            case (IReadOnlyList<ExtendedField> one, IReadOnlyList<ExtendedField> other): return Difference(one, other, leftImage, rightImage);
            case (IReadOnlyList<IReadOnlyList<ExtendedField>> one, IReadOnlyList<IReadOnlyList<ExtendedField>> other):
                if (one.Count != other.Count) return $"{one.Count} entries here, {other.Count} there";
                for (int i = 0; i < one.Count; i++)
                    if (Difference(one[i], other[i], leftImage, rightImage) is { } text) return $"[{i}] {text}";
                return null;
            case (PageRun[] one, PageRun[] other): return Difference(one, other, leftImage, rightImage);
            default: return Equals(left, right) ? null : string.Create(CultureInfo.InvariantCulture, $"{left ?? "nothing"} here, {right ?? "nothing"} there");
        }
    }

    static string? Difference(PageRun[] left, PageRun[] right, ExtendedImage leftImage, ExtendedImage rightImage)
    {
        if (left.Length != right.Length) return $"{left.Length} runs here, {right.Length} there";
        Span<byte> one = stackalloc byte[ExtendedLimits.PageSize], other = stackalloc byte[ExtendedLimits.PageSize];
        for (int i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i]) return $"{left[i]} here, {right[i]} there";
            for (int page = 0; page < left[i].Count; page++)
            {
                leftImage.Pages.CopyTo((int)left[i].Page + page, one);
                rightImage.Pages.CopyTo((int)right[i].Page + page, other);
                if (!one.SequenceEqual(other)) return $"page {left[i].First + page} has other contents";
            }
        }
        return null;
    }
}
