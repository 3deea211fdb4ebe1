using System.Management.Automation;

namespace CheckpointRestart.PS.Completion;

/// <summary>Takes a place in code: a symbol, a symbol with an offset, or an address as AddressTransformation has it. Numbers become hexadecimal text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CodeAddressTransformationAttribute : ArgumentTransformationAttribute
{
    static readonly AddressTransformationAttribute Address = new();

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is string or null ? value! : $"0x{Address.Transform(engineIntrinsics, value):x8}";
    }
}
