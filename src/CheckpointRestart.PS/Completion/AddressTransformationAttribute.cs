using System.Globalization;
using System.Management.Automation;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a 32-bit address: a number, also one that PowerShell reads as negative (0xbffff000), or text in hexadecimal with or without 0x.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        uint? address = value switch
        {
            uint number => number,
            int number => unchecked((uint)number),
            long number and >= 0 and <= uint.MaxValue => (uint)number,
            ulong number and <= uint.MaxValue => (uint)number,
            double number when number is >= 0 and <= uint.MaxValue && double.IsInteger(number) => (uint)number,
            string text => Parse(text.Trim()),
            _ => null,
        };
        return address ?? throw new ArgumentTransformationMetadataException($"'{value}' is no address: give 0 to 0xffffffff, as a number or in hexadecimal.");
    }

    static uint? Parse(string text)
    {
        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint address) ? address : null;
    }
}
