using System.Globalization;
using System.Management.Automation;
using System.Text;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Writes guest memory of frozen tasks, or of copies of images.</summary>
[Cmdlet(VerbsCommon.Set, "CrMemory", SupportsShouldProcess = true, DefaultParameterSetName = TaskCommand.TaskSet), OutputType(typeof(CrTask), typeof(CrCheckpoint))]
public sealed class SetCrMemoryCommand : ChangeCommand
{
    /// <summary>First byte.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint Address { get; set; }

    /// <summary>Bytes, text, or an unsigned number of 1, 2, 4 or 8 bytes.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public object? Value { get; set; }

    /// <summary>Bytes as pairs of hexadecimal digits.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HexString { get; set; }

    /// <summary>Of text.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);

    byte[] bytes = [];

    protected override string Action => string.Create(CultureInfo.InvariantCulture, $"Write {bytes.Length} {(bytes.Length == 1 ? "byte" : "bytes")} at {Address:x8}");

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Value is null == HexString is null)
            Fail(new CrException("ValueOrHexString", ErrorCategory.InvalidArgument, "What is to be written comes from -Value or from -HexString, from one of them.", "Give one of -Value and -HexString."), null);
        var found = HexString is not null ? HexText.Parse(HexString) : MemoryValue.Parse(Value, Encoding);
        if (found is not { Length: > 0 })
        {
            Fail(new CrException("InvalidMemoryValue", ErrorCategory.InvalidArgument, $"'{HexString ?? RegisterValue.Show(Value!)}' are no bytes: give bytes, text, an unsigned number such as [uint32]5, or -HexString with pairs of hexadecimal digits.", "Get-Help Set-CrMemory -Parameter Value says what is taken."), HexString ?? Value);
            return;
        }
        if (Address + (ulong)found.Length > 1ul << 32)
            Fail(new CrException("AddressNotWritable", ErrorCategory.WriteError, $"{found.Length} bytes at {Address:x8} go beyond the end of the address space.", "Give a lower address."), Address);
        bytes = found;
    }

    private protected override StateChange ChangeOf(int pid) => new MemoryChange(pid, Address, bytes);
}
