namespace CheckpointRestart.Core.Memory;

/// <summary>Where the contents of pages lie that memory does not have yet: the pages of an image, by number. May be used by several threads.</summary>
internal interface IPendingPages
{
    /// <summary>The most pages that are read together.</summary>
    const int MostTogether = 256;

    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>True for a page that is known to be zero: it needs no reading.</summary>
    bool IsZero(int page);

    /// <summary>False when none of the pages is known to be zero.</summary>
    bool AnyIsZero(int first, int count);

    /// <summary>The pages that are read together with a page, itself among them; at most <see cref="MostTogether"/>.</summary>
    (int First, int Count) BlockOf(int page);

    /// <summary>Reads such pages.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="targets">Where 4096 bytes of each go; 0 for one that nobody wants. What was written is void when it throws.</param>
    /// <exception cref="LostPagesException">They are damaged, or cannot be read.</exception>
    void Read(int first, ReadOnlySpan<nint> targets);

    /// <summary>No page is asked for any more.</summary>
    void Close();
}

/// <summary>Pages of a machine's memory that were still in an image, and cannot be had from it.</summary>
/// <param name="message">What was to be read, where, and what is wrong with it.</param>
/// <param name="cause">The rule that is broken, or the host's error.</param>
public sealed class LostPagesException(string message, Exception cause) : Exception(message, cause);
