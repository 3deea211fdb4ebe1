using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Memory;

/// <content>The window, in which the host's own page protection does what the look-up tables do. The tables are the authority: a page is in the
/// window only while it has an entry there, with no more rights than that gives.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>The window; null while there is none.</summary>
    internal Window? Window { get; private set; }

    /// <summary>Makes a window, if there is none yet and the host has room for one more.</summary>
    internal bool OpenWindow() => (Window ??= Window.TryMake(this)) != null;

    /// <summary>Gives the window back.</summary>
    internal void DropWindow()
    {
        Window?.Dispose();
        Window = null;
    }

    /// <summary>The page's next write takes the slow path.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void ForgetWrite(uint page)
    {
        writeTable[page] = 0;
        pages[page] &= ~(ulong)PageState.Told;
        Window?.DropWrite(page);
    }

    /// <summary>The page's next access takes the slow path.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void ForgetPage(uint page)
    {
        readTable[page] = writeTable[page] = 0;
        pages[page] &= ~(ulong)PageState.Told;
        Window?.Drop(page);
    }
}
