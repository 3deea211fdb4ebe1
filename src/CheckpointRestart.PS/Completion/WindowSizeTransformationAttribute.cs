using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Completion;

/// <summary>The size of a terminal as COLUMNSxROWS, such as 80x24.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class WindowSizeTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData is PSObject { BaseObject: var inner }) inputData = inner;
        if (inputData is WindowSize size) return size;
        string text = Convert.ToString(inputData, CultureInfo.InvariantCulture) ?? "";
        var parts = text.Split('x', 'X');
        return parts.Length == 2 && Parse(parts[0], out ushort columns) && Parse(parts[1], out ushort rows)
            ? new WindowSize(rows, columns)
            : throw new ArgumentTransformationMetadataException($"'{text}' is no size of a terminal: give columns and rows, such as 80x24.");

        static bool Parse(string part, out ushort value) => ushort.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0;
    }
}
