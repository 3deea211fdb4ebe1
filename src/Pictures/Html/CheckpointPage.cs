using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Pictures.Html;

/// <summary>A checkpoint as one self-contained page for a browser, which asks nothing of a network: all that it shows lies in it as data that its script draws.</summary>
public static class CheckpointPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="checkpoint">What it shows.</param>
    /// <param name="stream">Where it goes: UTF-8.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <exception cref="CheckpointImageException">A page is damaged.</exception>
    /// <exception cref="IOException">The image, or the root, cannot be read.</exception>
    public static void Write(Core.Checkpoint.Checkpoint checkpoint, Stream stream, PageOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        using var data = new MemoryStream();
        using var contents = new PageContents(options.MostContentBytes);
        PageData.Write(data, checkpoint, options, contents, cancellation);
        string style = PageSource.Style, script = PageSource.Script;
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        foreach (var (text, hole) in PageSource.Template())
        {
            writer.Write(text);
            switch (hole)
            {
                // Nothing but this very script and style may act, whatever the guest's names and bytes are.
                case "policy": writer.Write($"default-src 'none'; script-src {HashOf(script)}; style-src {HashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'"); break;
                case "style": writer.Write(style); break;
                case "script": writer.Write(script); break;
                case "data": writer.Write(Encoding.UTF8.GetString(data.GetBuffer(), 0, (int)data.Length)); break;
                case "contents": contents.WriteTo(writer); break;
                default: break;
            }
        }
    }

    /// <summary>As a policy names an inline element.</summary>
    static string HashOf(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
