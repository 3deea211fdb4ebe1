using System.Management.Automation;
using System.Management.Automation.Host;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>The screen's size, colours and keys; a redirected output is 120 columns wide, as pwsh has it.</summary>
internal sealed class ConsoleRawInterface : PSHostRawUserInterface
{
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw Unsupported();
    }

    public override Size WindowSize
    {
        get
        {
            if (Console.IsOutputRedirected) return new Size(DefaultWidth, DefaultHeight);
            try
            {
                return Console.WindowWidth > 0 ? new Size(Console.WindowWidth, Math.Max(1, Console.WindowHeight)) : new Size(DefaultWidth, DefaultHeight);
            }
            catch (IOException)
            {
                return new Size(DefaultWidth, DefaultHeight);
            }
        }
        set => throw Unsupported();
    }

    public override Size MaxPhysicalWindowSize => WindowSize;
    public override Size MaxWindowSize => WindowSize;
    public override Coordinates CursorPosition { get; set; }
    public override int CursorSize { get; set; } = 25;
    public override Coordinates WindowPosition { get; set; }
    public override string WindowTitle { get; set; } = "PSHost";

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (Console.IsInputRedirected) throw new PSInvalidOperationException("Standard input is no terminal.");
        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable) Console.ReadKey(intercept: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Unsupported();
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host asks for the whole screen to be blanked; nothing else is supported.
        if (rectangle is { Left: -1, Top: -1, Right: -1, Bottom: -1 } && !Console.IsOutputRedirected) Console.Clear();
        else if (!Console.IsOutputRedirected) throw Unsupported();
    }

    private static PSNotSupportedException Unsupported() => new("This host cannot read or write the screen buffer.");
}
