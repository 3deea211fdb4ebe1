using System.Management.Automation;
using System.Management.Automation.Host;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.Pictures.Terminal;

namespace CheckpointRestart.PS.Commands;

/// <summary>Draws the regions of an address space to scale, with the condition of their pages, as lines of text.</summary>
[Cmdlet(VerbsCommon.Show, "CrVma", DefaultParameterSetName = PathSet), OutputType(typeof(string))]
public sealed class ShowCrVmaCommand : InspectCommand
{
    const int UsualWidth = 120;

    bool hasBefore;

    /// <summary>Columns; those of the console unless given.</summary>
    [Parameter]
    [ValidateRange(MapPicture.LeastWidth, 1000)]
    public int Width { get; set; }

    /// <summary>Uses no sign beyond ASCII.</summary>
    [Parameter]
    public SwitchParameter Ascii { get; set; }

    private protected override void Inspect(Subject subject)
    {
        var lines = MapPicture.Draw(subject.Label, subject.Map(Cancellation), Width > 0 ? Width : HostWidth(), WantsColor(), Ascii);
        if (hasBefore) WriteObject("");
        hasBefore = true;
        WriteObject(lines, enumerateCollection: true);
    }

    /// <summary>The columns of the console; the usual ones where there is none.</summary>
    int HostWidth()
    {
        int width;
        try
        {
            width = Host.UI.RawUI.BufferSize.Width;
        }
        catch (Exception exception) when (exception is HostException or NotImplementedException or NullReferenceException or IOException or PlatformNotSupportedException)
        {
            width = 0;
        }
        return width >= MapPicture.LeastWidth ? width : UsualWidth;
    }

    /// <summary>As NO_COLOR, $PSStyle.OutputRendering and the console have it.</summary>
    bool WantsColor()
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))) return false;
        var style = SessionState.PSVariable.GetValue("PSStyle");
        return (style == null ? null : PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value?.ToString()) switch
        {
            "PlainText" => false,
            "Ansi" => true,
            _ => Host.UI is { SupportsVirtualTerminal: true } && !Console.IsOutputRedirected,
        };
    }
}
