using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes an encoding by PowerShell's name, by its IANA name or by code page number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EncodingTransformationAttribute : ArgumentTransformationAttribute
{
    internal static readonly string[] Names = ["utf8", "ascii", "latin1", "unicode", "bigendianunicode", "utf32"];

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            return value switch
            {
                Encoding encoding => encoding,
                int page => Encoding.GetEncoding(page),
                string name => Find(name),
                _ => throw new ArgumentTransformationMetadataException($"'{value}' is no encoding."),
            };
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException($"'{value}' is no encoding: {string.Join(", ", Names)} are, and what .NET knows by name or number.", exception);
        }
    }

    static Encoding Find(string name) => name.ToLowerInvariant() switch
    {
        "utf8" or "utf8nobom" => new UTF8Encoding(false),
        "latin1" => Encoding.Latin1,
        "unicode" => Encoding.Unicode,
        "bigendianunicode" => Encoding.BigEndianUnicode,
        _ when int.TryParse(name, CultureInfo.InvariantCulture, out int page) => Encoding.GetEncoding(page),
        "utf32" => Encoding.UTF32,
        _ => Encoding.GetEncoding(name),
    };
}
